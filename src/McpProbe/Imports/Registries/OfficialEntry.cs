using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Imports.Registries;

/// <summary>
/// One entry of the official registry's API, <c>{server, _meta}</c>, or a bare <c>server.json</c>, as listings: one an address.
/// (server.schema.json of 2025-12-11 and before it.)
/// </summary>
internal static class OfficialEntry
{
    private const string Meta = "io.modelcontextprotocol.registry/official";

    /// <summary>Of this or another registry that wraps the official one.</summary>
    public static IEnumerable<Listing> Read(JsonElement entry)
    {
        var server = entry.Object("server") ?? entry;
        if (server.Text("name") is not { } name)
            yield break;
        var own = entry.Object("_meta")?.Object(Meta) ?? server.Object("_meta")?.Object(Meta);
        if (own?.Flag("isLatest") is false)
            yield break;
        var status = (own?.Text("status") ?? entry.Text("status") ?? server.Text("status")) switch
        {
            "deprecated" => ListingStatus.Deprecated,
            "deleted" => ListingStatus.Deleted,
            "active" => ListingStatus.Active,
            _ => (ListingStatus?)null,
        };
        var listing = new Listing(name) { Title = server.Text("title"), Version = server.Text("version"), Status = status };

        // Streamable HTTP first: it is what clients take, and takes the server's id.
        var remotes = server.Items("remotes").Select(remote => (Remote: remote, Type: remote.Text("type") ?? remote.Text("transport_type")))
            .OrderBy(remote => remote.Type is "sse").ToList();
        if (remotes.Count == 0)
            yield return listing;
        for (var i = 0; i < remotes.Count; i++)
            yield return Of(listing with { IsFirst = i == 0 }, remotes[i].Remote, remotes[i].Type);
    }

    private static Listing Of(Listing listing, JsonElement remote, string? type)
    {
        var headers = remote.Items("headers").Where(header => header.Flag("isRequired") ?? header.Flag("is_required") ?? false)
            .Select(header => header.Text("name")).OfType<string>().Select(header => ForeignText.OneLine(header, 60)).ToList();
        return listing with
        {
            Url = remote.Text("url"),
            Defaults = remote.Members("variables")
                .Where(variable => variable.Value.Text("default") is not null && variable.Value.Flag("isSecret") is not true)
                .GroupBy(variable => variable.Name)
                .ToDictionary(variable => variable.Key, variable => variable.Last().Value.Text("default")!),
            Transport = type switch
            {
                "sse" => TransportChoice.Sse,
                "streamable-http" or "streamable" or "http" => TransportChoice.Http,
                _ => TransportChoice.Auto,
            },
            Needs = headers.Count == 0 ? null : $"needs the header{(headers.Count > 1 ? "s" : "")} {string.Join(", ", headers.Take(5))}",
        };
    }
}
