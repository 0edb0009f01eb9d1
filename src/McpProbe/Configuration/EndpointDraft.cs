using System.Text;
using System.Text.Json;
using McpProbe.Configuration.Binders;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;

namespace McpProbe.Configuration;

/// <summary>
/// One endpoint as a form has it: the usual keys as fields, and all others as text, YAML or JSON. Read by the same rules as a probes
/// file. A mistake that has a line is one of the text; one of a field has none, and its path begins with the field's name.
/// </summary>
public static class EndpointDraft
{
    /// <summary>The keys that have a field.</summary>
    public static readonly IReadOnlyList<string> Fields =
    [
        "id", "name", "notes", "url", "bearer", "interval", "timeout", "driftPolicy", "failureThreshold", "successThreshold",
        "channels", "group", "tags", "visibility", "hideUrl", "paused",
    ];

    private static readonly string[] Numbers = ["failureThreshold", "successThreshold"];
    private static readonly string[] Flags = ["hideUrl", "paused"];
    private static readonly string[] Lists = ["channels", "tags"];

    /// <summary>An endpoint has these in any case.</summary>
    private static readonly string[] Needed = ["id", "url"];

    private static readonly ConfigPosition NoPlace = new(0, 0);

    /// <param name="fields">What was typed, by key; blank ones are left out.</param>
    /// <param name="rest">The other keys.</param>
    /// <param name="channels">As for <see cref="EndpointJson.Read"/>.</param>
    /// <param name="longestTimeout">As for <see cref="EndpointJson.Read"/>.</param>
    /// <returns>The endpoint or every mistake; and the credentials that were written out, which nobody may be shown.</returns>
    public static (Parsed<Endpoint> Parsed, IReadOnlyList<string> Literals) Read(
        IReadOnlyDictionary<string, IReadOnlyList<string>> fields, string rest, IReadOnlyCollection<string> channels, TimeSpan? longestTimeout = null)
    {
        var reader = new ConfigReader("advanced") { LongestTimeout = longestTimeout };
        Endpoint? endpoint = null;
        var others = ReadRest(reader, rest);
        var root = new ConfigNode(ConfigKind.Mapping, NoPlace)
        {
            Members =
            [
                .. Fields.Select(key => (Key: key, Node: NodeOf(key, fields.GetValueOrDefault(key) ?? [], others)))
                    .Where(field => field.Node is not null).Select(field => new ConfigMember(field.Key, NoPlace, field.Node!)),
                .. others,
            ],
        };
        endpoint = new EndpointBinder(reader).Endpoint(root, "", EndpointBinder.NoDefaults);
        new ChannelNames(reader, channels, "none is configured").Check(root, "");
        return (new Parsed<Endpoint>(reader.HasErrors ? null : endpoint, reader.Errors), reader.Literals);
    }

    /// <summary>The fields of an endpoint and the rest as YAML; <see cref="Read"/> makes the same endpoint of them.</summary>
    public static (IReadOnlyDictionary<string, IReadOnlyList<string>> Fields, string Others) Write(Endpoint endpoint)
    {
        using var document = JsonDocument.Parse(EndpointJson.ToJson(endpoint));
        var fields = new Dictionary<string, IReadOnlyList<string>>();
        var rest = new StringBuilder();
        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (!Fields.Contains(member.Name))
                YamlText.Write(rest, member);
            else
                fields[member.Name] = member.Value.ValueKind is JsonValueKind.Array
                    ? [.. member.Value.EnumerateArray().Select(item => item.GetString()!)]
                    : [member.Value.ToString().Replace("True", "true", StringComparison.Ordinal)];
        }

        return (fields, rest.ToString());
    }

    private static IReadOnlyList<ConfigMember> ReadRest(ConfigReader reader, string rest)
    {
        try
        {
            var text = rest.Trim('\uFEFF');
            var root = string.IsNullOrWhiteSpace(text) ? null
                : text.AsSpan().TrimStart().StartsWith('{') ? JsonConfig.Read(Encoding.UTF8.GetBytes(text))
                : YamlConfig.Read(text);
            if (root is null or { Kind: ConfigKind.Null })
                return [];
            if (root.Kind is not ConfigKind.Mapping)
                reader.Fail(root.At, "", "is no mapping of keys to values; write such as 'conditions:', and what belongs to it below, indented");
            foreach (var member in root.Members.Where(member => Fields.Contains(member.Key)))
                reader.Fail(member.At, "", $"'{member.Key}' has its own field in the form; fill that in, and remove the key here");
            return [.. root.Members.Where(member => !Fields.Contains(member.Key))];
        }
        catch (ConfigSyntaxException mistake)
        {
            reader.Fail(mistake.At, "", mistake.Message);
            return [];
        }
    }

    private static ConfigNode? NodeOf(string key, IReadOnlyList<string> values, IReadOnlyList<ConfigMember> others)
    {
        if (Lists.Contains(key))
            return values.Count == 0 ? null : new(ConfigKind.Sequence, NoPlace) { Items = [.. values.Select(value => new ConfigNode(ConfigKind.String, NoPlace) { Text = value })] };
        var text = values is [var only, ..] ? only.Trim() : "";
        if (text.Length == 0)
        {
            return Needed.Contains(key) && !(key == "url" && others.Any(member => member.Key == "command"))
                ? new(ConfigKind.Null, NoPlace) : null;
        }

        var kind = Flags.Contains(key) && text is "true" or "false" ? ConfigKind.Boolean
            : Numbers.Contains(key) && text.All(char.IsAsciiDigit) ? ConfigKind.Number
            : ConfigKind.String;
        return new(kind, NoPlace) { Text = text };
    }
}
