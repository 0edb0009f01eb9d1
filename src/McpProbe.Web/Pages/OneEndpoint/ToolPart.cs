using System.Globalization;
using System.Text;
using System.Text.Json;
using McpProbe.Drift.Findings;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Web.Pages.OneEndpoint;

/// <summary>A text of a tool with what is suspicious in it.</summary>
/// <param name="Marks">Where it stands in the text.</param>
internal sealed record ToolText(string Text, IReadOnlyList<TextMark> Marks, IReadOnlyList<Finding> Findings);

/// <summary>One parameter of a tool, or one part of its result: a property at the top of a schema.</summary>
/// <param name="Type">In words: <c>array of string</c>.</param>
/// <param name="Rest">Everything else that its schema says, as JSON; null for nothing.</param>
internal sealed record ToolParameter(ToolText Name, string Type, bool IsRequired, ToolText? Description, string? Rest);

/// <summary>Makes the parts of a tool that a page shows.</summary>
/// <param name="findings">Those of the tool.</param>
/// <param name="marks">Where in a text of the catalogue rules match.</param>
internal sealed class ToolPart(IReadOnlyList<Finding> findings, ToolFindings marks)
{
    private const int MostPath = 256;

    internal ToolText Text(string text, string path)
    {
        var here = findings.Where(finding => finding.Path == VisibleText.Line(path, MostPath)).ToList();
        if (here.Count == 0)
            return new ToolText(text, [], []);
        var parts = marks.MarksIn(text);
        // A rule that says nothing of the place, such as one about encoded text, is about the whole of it.
        return new ToolText(text, parts.Count > 0 ? parts : [new TextMark(0, text.Length, here[0].Level)], here);
    }

    /// <summary>The properties at the top of a schema; empty where it has none.</summary>
    internal IReadOnlyList<ToolParameter> Parameters(JsonElement? schema, string path)
    {
        if (JsonTexts.Find(schema, "properties") is not { ValueKind: JsonValueKind.Object } properties)
            return [];
        var required = JsonTexts.Find(schema, "required") is { ValueKind: JsonValueKind.Array } names
            ? names.EnumerateArray().Where(name => name.ValueKind is JsonValueKind.String).Select(JsonTexts.Of).ToHashSet(StringComparer.Ordinal)
            : [];
        return
        [
            .. properties.EnumerateObject().Select(property =>
            {
                var (name, at) = (JsonTexts.NameOf(property), $"{path}/properties/{Escape(JsonTexts.NameOf(property))}");
                var description = JsonTexts.Text(property.Value, "description");
                return new ToolParameter(
                    Text(name, at), TypeOf(property.Value), required.Contains(name),
                    description is null ? null : Text(description, $"{at}/description"), RestOf(property.Value));
            }).OrderByDescending(parameter => parameter.IsRequired),
        ];
    }

    /// <summary>A schema as indented JSON, in which the texts stand as they are but for line ends; suspicious ones are marked.</summary>
    internal ToolText Schema(JsonElement schema, string path)
    {
        var (text, found, all) = (new StringBuilder(), new List<TextMark>(), new List<Finding>());
        Write(schema, path, 0);
        return new ToolText(text.ToString(), found, all);

        void Write(JsonElement value, string at, int depth)
        {
            if (value.ValueKind is JsonValueKind.Object && value.EnumerateObject().Any())
            {
                text.Append('{');
                foreach (var (i, member) in value.EnumerateObject().Index())
                {
                    Line(i, depth + 1);
                    var here = $"{at}/{Escape(JsonTexts.NameOf(member))}";
                    Quote(JsonTexts.NameOf(member), here);
                    text.Append(": ");
                    Write(member.Value, here, depth + 1);
                }

                Line(0, depth).Append('}');
            }
            else if (value.ValueKind is JsonValueKind.Array && value.EnumerateArray().Any(item => item.ValueKind is JsonValueKind.Object or JsonValueKind.Array))
            {
                text.Append('[');
                foreach (var (i, item) in value.EnumerateArray().Index())
                {
                    Line(i, depth + 1);
                    Write(item, $"{at}/-", depth + 1);
                }

                Line(0, depth).Append(']');
            }
            else if (value.ValueKind is JsonValueKind.Array)
            {
                text.Append('[');
                foreach (var (i, item) in value.EnumerateArray().Index())
                {
                    text.Append(i > 0 ? ", " : "");
                    Write(item, $"{at}/-", depth);
                }

                text.Append(']');
            }
            else if (value.ValueKind is JsonValueKind.String)
                Quote(JsonTexts.Of(value), at);
            else
                text.Append(value.GetRawText());
        }

        StringBuilder Line(int before, int depth) => text.Append(before > 0 ? "," : "").Append('\n').Append(' ', 2 * depth);

        void Quote(string content, string at)
        {
            var part = Text(content, at);
            var start = text.Append('"').Length;
            // Escapes make it longer: then the whole is marked.
            var shown = Escaped(content);
            text.Append(shown).Append('"');
            if (part.Findings.Count == 0)
                return;
            all.AddRange(part.Findings.Where(finding => !all.Contains(finding)));
            if (shown.Length == content.Length)
                found.AddRange(part.Marks.Select(mark => mark with { Start = start + mark.Start, End = start + mark.End }));
            else
                found.Add(new TextMark(start, start + shown.Length, part.Findings[0].Level));
        }
    }

    /// <summary>A value as indented JSON, nothing marked.</summary>
    internal static string Indented(JsonElement value) => new ToolPart([], None).Schema(value, "").Text;

    private static readonly ToolFindings None = new(default);

    private static string Escaped(string content) => content
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal);

    private static string Escape(string key) => key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static string TypeOf(JsonElement schema)
    {
        var type = JsonTexts.Find(schema, "type") switch
        {
            { ValueKind: JsonValueKind.String } one => JsonTexts.Of(one),
            { ValueKind: JsonValueKind.Array } several => string.Join(" or ", several.EnumerateArray().Select(JsonTexts.Of)),
            _ => JsonTexts.Find(schema, "enum") is not null ? "one of a list"
                : JsonTexts.Find(schema, "$ref") is { } reference ? $"see {JsonTexts.Of(reference)}"
                : "any",
        };
        return type == "array" && JsonTexts.Find(JsonTexts.Find(schema, "items"), "type") is { ValueKind: JsonValueKind.String } of
            ? $"array of {JsonTexts.Of(of)}" : type;
    }

    private static string? RestOf(JsonElement schema)
    {
        if (schema.ValueKind is not JsonValueKind.Object)
            return schema.GetRawText();
        var rest = string.Join(", ", schema.EnumerateObject()
            .Where(member => JsonTexts.NameOf(member) is not ("type" or "description"))
            .Select(member => string.Create(CultureInfo.InvariantCulture, $"{JsonTexts.NameOf(member)}: {member.Value.GetRawText()}")));
        return rest.Length == 0 ? null : rest;
    }
}
