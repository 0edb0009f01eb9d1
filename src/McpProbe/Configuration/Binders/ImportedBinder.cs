using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;

namespace McpProbe.Configuration.Binders;

/// <summary>Reads the key <c>imported</c> of an endpoint.</summary>
internal sealed class ImportedBinder(ConfigReader reader)
{
    private static readonly string[] Keys = ["from", "name", "version", "status", "paused", "watched", "allowPrivate"];

    public Imported? Imported(ConfigNode node, string path)
    {
        if (reader.Members(node, path, Keys) is not { } members) return null;
        var from = Required("from") is { } fromNode ? reader.Id(fromNode, $"{path}.from") : null;
        var name = Required("name") is { } nameNode ? reader.String(nameNode, $"{path}.name") : null;
        var imported = new Imported(from ?? "", name ?? "");
        foreach (var (key, _, value) in members.Values)
        {
            var at = $"{path}.{key}";
            imported = key switch
            {
                "version" when reader.String(value, at) is { } version => imported with { Version = version },
                "status" when reader.Choice<ListingStatus>(value, at) is { } status => imported with { Status = status },
                "paused" when reader.String(value, at) is { } why => imported with { Paused = why },
                "watched" when reader.Boolean(value, at) is { } watched => imported with { Watched = watched },
                "allowPrivate" when reader.Boolean(value, at) is { } allowed => imported with { AllowPrivate = allowed },
                _ => imported,
            };
        }

        return from is null || name is null ? null : imported;

        ConfigNode? Required(string key)
        {
            if (members.TryGetValue(key, out var found)) return found.Value;
            reader.Fail(node.At, path, $"has no '{key}'; 'mcpprobe import' writes this key, and an endpoint written by hand leaves it out");
            return null;
        }
    }
}
