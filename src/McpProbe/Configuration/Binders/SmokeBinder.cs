using McpProbe.Catalog.Json;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Configuration.Binders;

/// <summary>Reads the key <c>smoke</c> of an endpoint.</summary>
internal sealed class SmokeBinder(ConfigReader reader)
{
    private static readonly string[] Keys = ["tool", "args", "expectText", "expectContent", "expectError"];

    public SmokeCall? Call(ConfigNode node, string path)
    {
        if (reader.Members(node, path, Keys) is not { } members) return null;
        var call = new SmokeCall();
        foreach (var (key, _, value) in members.Values)
        {
            var at = $"{path}.{key}";
            call = key switch
            {
                "tool" when reader.String(value, at, "a tool's name") is { } tool => call with { Tool = tool },
                "args" when Arguments(value, at) is { } arguments => call with { Arguments = arguments },
                "expectText" when reader.String(value, at) is { } text => call with { ExpectText = text },
                "expectContent" when Content(value, at) is { } content => call with { ExpectContent = content },
                "expectError" when reader.Boolean(value, at) is { } error => call with { ExpectError = error },
                _ => call,
            };
        }

        if (members.TryGetValue("args", out var args) && !members.ContainsKey("tool") && args.Value.Members.Count > 0)
            reader.Fail(args.At, $"{path}.args", "there is no 'tool' that they are for: the probe itself chooses one without arguments; name the tool, or remove them");
        return call;
    }

    private string? Arguments(ConfigNode node, string path)
    {
        if (node.Kind == ConfigKind.Mapping) return ConfigJson.TextOf(reader, node, path);
        reader.Members(node, path, []);
        return null;
    }

    private Dictionary<string, string>? Content(ConfigNode node, string path)
    {
        if (node.Kind != ConfigKind.Mapping)
        {
            reader.Members(node, path, []);
            return null;
        }

        var content = new Dictionary<string, string>();
        foreach (var (pointer, at, value) in node.Members)
        {
            var member = ConfigReader.Join(path, pointer);
            if (!JsonPointer.IsValid(pointer))
                reader.Fail(at, path, $"'{VisibleText.Excerpt(pointer)}' is not a JSON pointer (RFC 6901), such as /total or /items/0/id; in a key, write ~ as ~0 and / as ~1");
            else if (content.ContainsKey(pointer))
                reader.Fail(at, member, "the pointer stands twice");
            else if (ConfigJson.TextOf(reader, value, member) is { } json)
                content.Add(pointer, json);
        }

        return content;
    }
}
