using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using McpProbe.Text;

namespace McpProbe.Configuration.Reading;

/// <summary>Writes a value of a YAML or JSON document as JSON, without white space.</summary>
internal static partial class ConfigJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = ConfigNode.MostDepth };

    /// <summary>Null when the value cannot be said in JSON, which the reader was told.</summary>
    public static string? TextOf(ConfigReader reader, ConfigNode node, string path)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, Options);
        if (!Write(json, reader, node, path)) return null;
        json.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    // False for a mistake; the rest is looked at all the same.
    private static bool Write(Utf8JsonWriter json, ConfigReader reader, ConfigNode node, string path)
    {
        var good = true;
        switch (node.Kind)
        {
            case ConfigKind.Null:
                json.WriteNullValue();
                break;
            case ConfigKind.Boolean:
                json.WriteBooleanValue(node.Text[0] is 't' or 'T');
                break;
            case ConfigKind.Number when JsonNumber().IsMatch(node.Text):
                json.WriteRawValue(node.Text);
                break;
            case ConfigKind.Number:
                reader.Fail(node.At, path, $"{VisibleText.Excerpt(node.Text)} is no number in JSON; write it as such as 16 or 0.5, or in quotes if it is text");
                json.WriteNullValue();
                good = false;
                break;
            case ConfigKind.String:
                json.WriteStringValue(node.Text);
                break;
            case ConfigKind.Sequence:
                json.WriteStartArray();
                for (var i = 0; i < node.Items.Count; i++) good &= Write(json, reader, node.Items[i], $"{path}[{i}]");
                json.WriteEndArray();
                break;
            default:
                json.WriteStartObject();
                var first = new Dictionary<string, ConfigPosition>();
                foreach (var (key, at, value) in node.Members)
                {
                    var member = ConfigReader.Join(path, key);
                    if (!first.TryAdd(key, at))
                    {
                        reader.Fail(at, member, $"the key stands twice; it is first on line {first[key].Line}");
                        good = false;
                    }

                    json.WritePropertyName(key);
                    good &= Write(json, reader, value, member);
                }

                json.WriteEndObject();
                break;
        }

        return good;
    }

    [GeneratedRegex(@"\A-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\z")]
    private static partial Regex JsonNumber();
}
