using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using McpProbe.Text;

namespace McpProbe.Configuration;

/// <summary>JSON as block YAML, for people to read and to change. Texts that could be taken for something else stand in quotes, as in JSON.</summary>
internal static partial class YamlText
{
    /// <summary>Appends a member of a mapping, with all that belongs to it.</summary>
    public static void Write(StringBuilder yaml, JsonProperty member, int depth = 0)
    {
        Indent(yaml, depth).Append(Scalar(member.Name)).Append(':');
        WriteValue(yaml, member.Value, depth + 1);
    }

    private static void WriteValue(StringBuilder yaml, JsonElement value, int depth)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.EnumerateObject().Any():
                yaml.Append('\n');
                foreach (var member in value.EnumerateObject())
                    Write(yaml, member, depth);
                break;
            case JsonValueKind.Array when value.GetArrayLength() > 0:
                yaml.Append('\n');
                foreach (var item in value.EnumerateArray())
                {
                    Indent(yaml, depth).Append('-');
                    if (item.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                        yaml.Append(' ').Append(Flow(item)).Append('\n');
                    else
                        WriteValue(yaml, item, depth + 1);
                }

                break;
            default:
                yaml.Append(' ').Append(value.ValueKind is JsonValueKind.String ? Scalar(value.GetString()!) : value.GetRawText()).Append('\n');
                break;
        }
    }

    private static string Flow(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => $"{{{string.Join(", ", value.EnumerateObject().Select(member => $"{Scalar(member.Name)}: {Flow(member.Value)}"))}}}",
        JsonValueKind.Array => $"[{string.Join(", ", value.EnumerateArray().Select(Flow))}]",
        JsonValueKind.String => Scalar(value.GetString()!),
        _ => value.GetRawText(),
    };

    private static string Scalar(string text) =>
        Plain().IsMatch(text) && text.ToLowerInvariant() is not ("true" or "false" or "null") ? text : Quoted(text);

    // Escapes of YAML 1.2.2, 5.7; what is not printable (5.1), or not to be seen, is escaped.
    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is '"' or '\\')
                quoted.Append('\\').Append((char)rune.Value);
            else if (rune.Value is '\n')
                quoted.Append("\\n");
            else if (!VisibleText.IsHidden(rune))
                quoted.Append(rune.ToString());
            else
                quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}");
        }

        return quoted.Append('"').ToString();
    }

    private static StringBuilder Indent(StringBuilder yaml, int depth) => yaml.Append(CultureInfo.InvariantCulture, $"{new string(' ', 2 * depth)}");

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_./-]*\z")]
    private static partial Regex Plain();
}
