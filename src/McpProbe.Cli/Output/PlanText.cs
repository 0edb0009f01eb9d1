using System.Globalization;
using System.Text;
using System.Text.Json;
using McpProbe.Text;

namespace McpProbe.Cli.Output;

/// <summary>What a probes file changes, as a diff: <c>+</c> added, <c>~</c> changed, <c>-</c> archived.</summary>
internal static class PlanText
{
    private const int LongestValue = 200;
    private static readonly string[] Lists = ["added", "restored", "archived"];

    public static bool IsPlan(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            return root.ValueKind is JsonValueKind.Object
                && Lists.Append("changed").Append("warnings").All(name => root.TryGetProperty(name, out var list) && list.ValueKind is JsonValueKind.Array)
                && root.TryGetProperty("unchanged", out var unchanged) && unchanged.ValueKind is JsonValueKind.Number;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    public static bool IsEmpty(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        return Lists.Append("changed").All(name => document.RootElement.GetProperty(name).GetArrayLength() == 0);
    }

    public static string Of(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        var text = new StringBuilder();
        Add("+", "added", "");
        Add("+", "restored", " (restored, with its history)");
        foreach (var changed in root.GetProperty("changed").EnumerateArray())
        {
            text.Append(CultureInfo.InvariantCulture, $"~ {Shown(changed.GetProperty("id"))}\n");
            foreach (var change in changed.GetProperty("changes").EnumerateArray())
            {
                var path = ForeignText.OneLine(change.GetProperty("path").GetString() ?? "", LongestValue);
                if (change.TryGetProperty("before", out var before))
                    text.Append(CultureInfo.InvariantCulture, $"    - {path}: {Shown(before)}\n");
                if (change.TryGetProperty("after", out var after))
                    text.Append(CultureInfo.InvariantCulture, $"    + {path}: {Shown(after)}\n");
            }
        }

        Add("-", "archived", " (archived: watched no longer, its history kept)");
        text.Append(CultureInfo.InvariantCulture,
            $"{Length("added")} added, {Length("changed")} changed, {Length("restored")} restored, {Length("archived")} archived, {root.GetProperty("unchanged").GetInt64()} unchanged.\n");
        foreach (var warning in root.GetProperty("warnings").EnumerateArray())
            text.Append(CultureInfo.InvariantCulture, $"Warning: {Shown(warning)}\n");
        return text.ToString();

        int Length(string name) => root.GetProperty(name).GetArrayLength();

        void Add(string sign, string name, string remark)
        {
            foreach (var id in root.GetProperty(name).EnumerateArray())
                text.Append(CultureInfo.InvariantCulture, $"{sign} {Shown(id)}{remark}\n");
        }
    }

    private static string Shown(JsonElement value) =>
        ForeignText.OneLine(value.ValueKind is JsonValueKind.String ? value.GetString()! : value.GetRawText(), LongestValue);
}
