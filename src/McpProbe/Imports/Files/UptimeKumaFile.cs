using System.Runtime.CompilerServices;
using System.Text.Json;
using McpProbe.Catalog.Json;

namespace McpProbe.Imports.Files;

/// <summary>A backup of Uptime Kuma (JSON): its monitors that are MCP servers. docs/coming-from/uptime-kuma.md says what becomes of what.</summary>
internal sealed class UptimeKumaFile(string path, ImportLimits limits) : IImportSource
{
    public string Place => path;

    public bool ListsStrangers => false;

    public async IAsyncEnumerable<Listing> ReadAsync(ImportQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var document = await BoundedFile.ReadJsonAsync(path, "a backup of Uptime Kuma", limits, JsonRead.Strict, cancellationToken);
        var root = document.RootElement;
        var monitors = root.ValueKind is JsonValueKind.Array ? root.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object)
            : root.Member("monitorList") is { ValueKind: JsonValueKind.Array } ? root.Items("monitorList")
            : root.Member("monitorList") is { ValueKind: JsonValueKind.Object } ? root.Members("monitorList").Select(monitor => monitor.Value)
            : throw ImportFailedException.File($"{path} has no 'monitorList'; is it a backup of Uptime Kuma (Settings, Backup, Export)?");
        foreach (var listing in monitors.Select(Of).OfType<Listing>().Where(query.Finds))
            yield return listing;
    }

    private static Listing? Of(JsonElement monitor)
    {
        if ((monitor.Text("name") ?? monitor.Text("url")) is not { } name)
            return null;
        var listing = new Listing(name) { Title = name };
        if (monitor.Text("type") is not ("http" or "keyword" or "json-query") || monitor.Text("url") is not { } url)
            return listing with { LeftOut = McpCheck.NotHttp };
        if (!McpCheck.IsOne(url, monitor.Text("body")))
            return listing with { LeftOut = McpCheck.Other };
        var headers = OwnHeaders.Of(name, Headers(monitor.Text("headers")), out var needs);
        return listing with
        {
            Url = url,
            Headers = headers,
            Interval = monitor.Number("interval") is >= 1 and <= 604800 and var seconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.FromSeconds(60),
            Timeout = monitor.Number("timeout") is >= 1 and <= 3600 and var timeout ? TimeSpan.FromSeconds(timeout) : null,
            Needs = monitor.Flag("active") is false || monitor.Number("active") is 0 ? "is paused there"
                : monitor.Text("authMethod") is { } method and not "null" ? $"signs in there ({method[..Math.Min(20, method.Length)]})"
                : needs,
        };
    }

    private static List<(string, string?)> Headers(string? text)
    {
        if (text is null)
            return [];
        try
        {
            using var headers = JsonDocument.Parse(text, JsonRead.Strict);
            return headers.RootElement.ValueKind is JsonValueKind.Object
                ? [.. headers.RootElement.EnumerateObject().Select(header => (header.Name, JsonRead.TextOf(header.Value)))]
                : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
