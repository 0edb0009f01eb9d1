using System.Text.Json;
using McpProbe.Catalog;
using McpProbe.Drift.Findings;
using McpProbe.Model;
using McpProbe.Web.Tokens;

namespace McpProbe.Web.Pages.OneEndpoint;

/// <summary>One tool as people read it.</summary>
internal sealed class ToolView
{
    private static readonly string[] Known = ["name", "title", "description", "inputSchema", "outputSchema", "annotations"];

    private static readonly (string Key, string Yes, string No)[] Words =
    [
        ("readOnlyHint", "read-only", "writes"), ("destructiveHint", "destructive", "not destructive"),
        ("idempotentHint", "idempotent", "not idempotent"), ("openWorldHint", "open world", "closed world"),
    ];

    private ToolView(StoredTool tool, JsonElement json, ToolPart part, IReadOnlyList<Finding> findings, IReadOnlyList<Change> changes)
    {
        (Findings, Changes, Tokens, Bytes) = (findings, changes, TokenCounter.Of(tool.Json), tool.Json.Length);
        Name = part.Text(tool.Name, "/name");
        var annotations = JsonTexts.Find(json, "annotations");
        Title = JsonTexts.Text(json, "title") is { } title ? part.Text(title, "/title")
            : annotations is { } hints && JsonTexts.Text(hints, "title") is { } hinted ? part.Text(hinted, "/annotations/title") : null;
        Description = JsonTexts.Text(json, "description") is { } description ? part.Text(description, "/description") : null;
        Hints = [.. Words.Select(word => JsonTexts.Find(annotations, word.Key)?.ValueKind switch
        {
            JsonValueKind.True => word.Yes,
            JsonValueKind.False => word.No,
            _ => null,
        }).OfType<string>()];
        Input = Schema("inputSchema");
        Output = Schema("outputSchema");
        Others = [.. json.EnumerateObject().Where(member => !Known.Contains(JsonTexts.NameOf(member)) || IsOtherForm(member))
            .Select(member => (JsonTexts.NameOf(member), part.Schema(member.Value, $"/{JsonTexts.NameOf(member)}")))];

        (IReadOnlyList<ToolParameter>, ToolText)? Schema(string name) => JsonTexts.Find(json, name) is { } schema
            ? (part.Parameters(schema, $"/{name}"), part.Schema(schema, $"/{name}")) : null;

        // Annotations beyond the hints, and texts that are none, are shown as they are.
        bool IsOtherForm(JsonProperty member) => JsonTexts.NameOf(member) switch
        {
            "annotations" => member.Value.ValueKind is not JsonValueKind.Object
                || member.Value.EnumerateObject().Any(each => JsonTexts.NameOf(each) is not "title" && !Words.Any(word => word.Key == JsonTexts.NameOf(each))),
            "title" or "description" => member.Value.ValueKind is not JsonValueKind.String,
            _ => false,
        };
    }

    internal ToolText Name { get; }

    internal ToolText? Title { get; }

    internal ToolText? Description { get; }

    /// <summary>The server's own claims, in words.</summary>
    internal IReadOnlyList<string> Hints { get; }

    internal (IReadOnlyList<ToolParameter> Parameters, ToolText Json)? Input { get; }

    internal (IReadOnlyList<ToolParameter> Parameters, ToolText Json)? Output { get; }

    /// <summary>Members that have no place of their own.</summary>
    internal IReadOnlyList<(string Name, ToolText Json)> Others { get; }

    internal IReadOnlyList<Finding> Findings { get; }

    /// <summary>Since the baseline.</summary>
    internal IReadOnlyList<Change> Changes { get; }

    internal int Tokens { get; }

    internal int Bytes { get; }

    internal static ToolView Of(StoredTool tool, ToolFindings findings, IReadOnlyList<Change> changes)
    {
        using var document = JsonDocument.Parse(tool.Json, JsonTexts.Options);
        var found = findings.In(tool.Json);
        return new ToolView(tool, document.RootElement, new ToolPart(found, findings), found, changes);
    }
}
