using System.Runtime.CompilerServices;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Imports.Registries;

namespace McpProbe.Imports.Files;

/// <summary>
/// A file that somebody exported: what the official API answers (or its list of servers, or one <c>server.json</c>), a client's
/// <c>mcpServers</c>, or a listing such as MCP.so's, whose entries name an address or hold a client's configuration.
/// </summary>
internal sealed class ExportFile(string path, ImportLimits limits) : IImportSource
{
    private const string What = "a list of MCP servers in the official registry's form, or a listing with 'url', 'server_url' or 'server_config'";

    public string Place => path;

    public bool ListsStrangers => true;

    public async IAsyncEnumerable<Listing> ReadAsync(ImportQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var document = await BoundedFile.ReadJsonAsync(path, What, limits, JsonRead.Lenient, cancellationToken);
        var root = document.RootElement;
        if (root.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
            throw ImportFailedException.File($"{path} should be {What}.");
        var listings = root.Object("mcpServers") is not null
            ? ClientConfiguration.Read(root)
            : Entries(root) is { } entries ? entries.SelectMany(Of)
            : throw ImportFailedException.File($"{path} should be {What}.");
        foreach (var listing in listings.Where(query.Finds))
            yield return listing;
    }

    private static IEnumerable<JsonElement>? Entries(JsonElement root)
    {
        if (root.ValueKind is JsonValueKind.Array)
            return root.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object);
        foreach (var key in (string[])["servers", "projects", "data", "items", "list"])
        {
            if (root.Member(key) is { } list)
                return list.ValueKind is JsonValueKind.Array ? root.Items(key) : list.ValueKind is JsonValueKind.Object ? Entries(list) : null;
        }

        return root.Text("name") is not null && (root.Member("remotes") is not null || root.Member("packages") is not null || root.Member("version") is not null) ? [root] : null;
    }

    private static IEnumerable<Listing> Of(JsonElement entry)
    {
        if (entry.Object("server") is not null || entry.Member("remotes") is not null || entry.Member("packages") is not null)
            return OfficialEntry.Read(entry);
        var title = entry.Text("title");
        if ((entry.Text("name") ?? entry.Text("qualifiedName") ?? title ?? entry.Text("uuid") ?? entry.Text("id")) is not { } known)
            return [];
        var listing = new Listing(known) { Title = title };
        foreach (var key in (string[])["server_url", "serverUrl", "mcp_url", "remote_url", "sse_url", "streamable_http_url"])
        {
            if (entry.Text(key) is { } url)
                return [listing with { Url = url }];
        }

        // 'url' is often the page of the sources.
        if (entry.Text("url") is { } address && IsServer(address))
            return [listing with { Url = address }];
        return Configured(entry, listing) ?? [listing];
    }

    private static bool IsServer(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed)
        && (parsed.AbsolutePath.TrimEnd('/').EndsWith("/mcp", StringComparison.OrdinalIgnoreCase) || parsed.AbsolutePath.TrimEnd('/').EndsWith("/sse", StringComparison.OrdinalIgnoreCase))
        && parsed.Host is not ("github.com" or "gitlab.com" or "mcp.so");

    /// <summary>The addresses in the configuration that an entry recommends for clients. Its commands are others', and are never started here.</summary>
    private static List<Listing>? Configured(JsonElement entry, Listing listing)
    {
        if ((entry.Member("server_config") ?? entry.Member("serverConfig")) is not { } config)
            return null;
        JsonDocument? parsed = null;
        try
        {
            if (JsonRead.TextOf(config) is { } text)
                config = (parsed = JsonDocument.Parse(text, JsonRead.Lenient)).RootElement;
            var remotes = ClientConfiguration.Read(config).Where(each => each.Url is not null)
                .Select((each, i) => each with { Name = listing.Name, Title = listing.Title, IsFirst = i == 0 }).ToList();
            return remotes.Count > 0 ? remotes : null;
        }
        catch (JsonException)
        {
            return null;
        }
        finally
        {
            parsed?.Dispose();
        }
    }
}
