using System.Runtime.CompilerServices;
using McpProbe.Configuration.Reading;

namespace McpProbe.Imports.Files;

/// <summary>A configuration of Gatus: its <c>endpoints</c> that are MCP servers. docs/coming-from/gatus.md says what becomes of what.</summary>
internal sealed class GatusFile(string path, ImportLimits limits) : IImportSource
{
    public string Place => path;

    public bool ListsStrangers => false;

    public async IAsyncEnumerable<Listing> ReadAsync(ImportQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var root = await BoundedFile.ReadYamlAsync(path, "a configuration of Gatus", limits, cancellationToken);
        if (root.Member("endpoints") is not { Kind: ConfigKind.Sequence } endpoints)
            throw ImportFailedException.File($"{path} has no list 'endpoints'; is it a configuration of Gatus?");
        foreach (var listing in endpoints.Items.Where(item => item.Kind == ConfigKind.Mapping).Select(Of).OfType<Listing>().Where(query.Finds))
            yield return listing;
    }

    private static Listing? Of(ConfigNode endpoint)
    {
        if (Text(endpoint, "url") is not { } url || (Text(endpoint, "name") ?? url) is not { } name)
            return null;
        var group = Text(endpoint, "group");
        var listing = new Listing(group is null ? name : $"{group}/{name}") { Title = name, Group = group };
        if (!url.StartsWith("http", StringComparison.OrdinalIgnoreCase))
            return listing with { LeftOut = McpCheck.NotHttp };
        if (!McpCheck.IsOne(url, Text(endpoint, "body")))
            return listing with { LeftOut = McpCheck.Other };
        var headers = OwnHeaders.Of(name, (endpoint.Member("headers")?.Members ?? []).Select(header => (header.Key, (string?)header.Value.Text)), out var needs);
        return listing with
        {
            Url = url,
            Headers = headers,
            // Gatus' own default.
            Interval = GoDuration.Parse(Text(endpoint, "interval")) ?? TimeSpan.FromSeconds(60),
            Timeout = GoDuration.Parse(endpoint.Member("client") is { } client ? Text(client, "timeout") : null),
            Needs = Text(endpoint, "enabled") is "false" ? "is disabled there" : needs,
        };
    }

    private static string? Text(ConfigNode node, string key) =>
        node.Member(key) is { Kind: ConfigKind.String or ConfigKind.Number or ConfigKind.Boolean, Text: { Length: > 0 } text } ? text : null;
}
