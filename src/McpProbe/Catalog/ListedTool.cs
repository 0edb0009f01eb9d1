using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Model;

namespace McpProbe.Catalog;

/// <summary>What a list of tools shows of one: nothing of its schemas and its description.</summary>
/// <param name="Title">For people (specification, Tool: <c>title</c>, or else <c>annotations.title</c>); null when it has none.</param>
/// <param name="Hints">The hints that it gives, in words, such as <c>read-only</c>; the server's own claims.</param>
public sealed record ListedTool(string Name, string? Title, IReadOnlyList<string> Hints)
{
    private static readonly (string Key, string Yes, string No)[] Words =
    [
        ("\"readOnlyHint\"", "read-only", "writes"), ("\"destructiveHint\"", "destructive", "not destructive"),
        ("\"idempotentHint\"", "idempotent", "not idempotent"), ("\"openWorldHint\"", "open world", "closed world"),
    ];

    /// <summary>The tools of a catalogue, in its order.</summary>
    public static IReadOnlyList<ListedTool> Of(ToolCatalog catalog)
    {
        using var tree = new JsonTree(int.MaxValue);
        if (tree.Read(catalog.Canonical.Span) is { } mistake)
            throw new ArgumentException($"The canonical catalogue is {mistake}.", nameof(catalog));
        var tools = new List<ListedTool>();
        for (var tool = tree.FirstChild(tree.Member(JsonTree.Root, "\"tools\""u8)); tool != JsonTree.None; tool = tree.Next(tool))
        {
            var annotations = tree.Member(tool, "\"annotations\""u8);
            var hints = new List<string>();
            foreach (var (key, yes, no) in annotations == JsonTree.None ? [] : Words)
            {
                var hint = tree.Member(annotations, System.Text.Encoding.ASCII.GetBytes(key));
                if (hint != JsonTree.None && tree.Kind(hint) is JsonValueKind.True or JsonValueKind.False)
                    hints.Add(tree.Kind(hint) is JsonValueKind.True ? yes : no);
            }

            tools.Add(new ListedTool(Text(tool, "\"name\""u8)!, Text(tool, "\"title\""u8) ?? Text(annotations, "\"title\""u8), hints));
        }

        return tools;

        string? Text(int parent, ReadOnlySpan<byte> key) =>
            parent != JsonTree.None && tree.Member(parent, key) is var text && text != JsonTree.None && tree.Kind(text) == JsonValueKind.String
                ? CanonicalString.Decode(tree.Text(text)) : null;
    }
}
