using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace McpProbe.Imports.Writing;

/// <summary>JSON values as YAML on one line (YAML 1.2, 5.7 and 7.4), which reads them back as they were.</summary>
internal static partial class YamlText
{
    public static string Of(JsonElement value)
    {
        var text = new StringBuilder();
        Write(text, value, inFlow: false);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonElement value, bool inFlow)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append("{ ");
                var first = true;
                foreach (var member in value.EnumerateObject())
                {
                    text.Append(first ? "" : ", ");
                    first = false;
                    Write(text, member.Name);
                    text.Append(": ");
                    Write(text, member.Value, inFlow: true);
                }

                text.Append(first ? "}" : " }");
                break;
            case JsonValueKind.Array:
                text.Append('[');
                for (var i = 0; i < value.GetArrayLength(); i++)
                {
                    text.Append(i == 0 ? "" : ", ");
                    Write(text, value[i], inFlow: true);
                }

                text.Append(']');
                break;
            case JsonValueKind.String:
                Write(text, value.GetString()!);
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    private static void Write(StringBuilder text, string value)
    {
        // What is plain here is a string to every YAML reader: no number, date, boolean or indicator.
        if (Plain().IsMatch(value) && !Special().IsMatch(value))
        {
            text.Append(value);
            return;
        }

        text.Append('"');
        foreach (var c in value)
        {
            if (c is '"' or '\\')
                text.Append('\\').Append(c);
            else if (c < ' ' || c is '\u007f' or '\u0085' or '\u2028' or '\u2029' or '\ufeff')
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                text.Append(c);
        }

        text.Append('"');
    }

    [GeneratedRegex(@"\A[0-9]+(?:ms|s|m|h)\z|\A[A-Za-z](?:[A-Za-z0-9._/+=&?%~-]|:(?=[A-Za-z0-9/])| (?=[A-Za-z0-9]))*\z")]
    private static partial Regex Plain();

    [GeneratedRegex(@"\A(true|false|null|yes|no|on|off|y|n)\z", RegexOptions.IgnoreCase)]
    private static partial Regex Special();
}
