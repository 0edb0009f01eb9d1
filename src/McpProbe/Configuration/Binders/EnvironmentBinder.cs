using McpProbe.Configuration.Reading;
using McpProbe.Text;

namespace McpProbe.Configuration.Binders;

/// <summary>Reads the key <c>environment</c> of an endpoint: names and values.</summary>
internal sealed class EnvironmentBinder(ConfigReader reader)
{
    public Dictionary<string, string>? Variables(ConfigNode node, string path)
    {
        if (node.Kind != ConfigKind.Mapping)
        {
            reader.Members(node, path, []);
            return null;
        }

        var variables = new Dictionary<string, string>();
        foreach (var (name, at, value) in node.Members)
        {
            var member = ConfigReader.Join(path, name);
            if (!IsName(name)) reader.Fail(at, path, $"'{VisibleText.Excerpt(name)}' is not a variable's name: letters, digits and '_', a digit not first");
            else if (SecretReference.IsOurs(name)) reader.Fail(at, member, "is McpProbe's own variable, which no server may be given; name another");
            else if (variables.ContainsKey(name)) reader.Fail(at, member, "the variable stands twice");
            else if (Value(value, member) is { } text) variables.Add(name, text);
        }

        return variables;
    }

    private string? Value(ConfigNode node, string path)
    {
        // A variable may be empty.
        if ((node is { Kind: ConfigKind.String, Text.Length: 0 } ? "" : reader.String(node, path)) is not { } value) return null;
        if (value.Contains('\0', StringComparison.Ordinal)) reader.Fail(node.At, path, "holds a NUL character, which no variable may");
        else if (!SecretReference.AllValid(value)) reader.Fail(node.At, path, $"holds '${{' that begins no reference; write {SecretReference.Example}");
        else return value;
        return null;
    }

    private static bool IsName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
