using McpProbe.Catalog;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Output;

/// <summary>The tools of a catalogue as a table for a terminal: name, title, hints, a line each, cut to its width.</summary>
internal static class ToolTable
{
    private const int Gap = 2;
    private const int MostName = 40;

    /// <summary>Of the hints, in the widest case: "not destructive, not idempotent" and more is cut.</summary>
    private const int MostHints = 34;

    public static IEnumerable<string> Lines(ToolCatalog catalog, int width)
    {
        var rows = ListedTool.Of(catalog)
            .Select(tool => (Name: Cell(tool.Name), Title: Cell(tool.Title ?? ""), Hints: string.Join(", ", tool.Hints)))
            .ToList();
        if (rows.Count == 0)
            yield break;
        var name = Math.Min(MostName, rows.Max(row => row.Name.Length));
        var hints = Math.Min(MostHints, rows.Max(row => row.Hints.Length));
        var title = Math.Min(width - name - hints - 2 * Gap, rows.Max(row => row.Title.Length));
        foreach (var row in rows)
            yield return $"{Fit(row.Name, name)}{Fit(row.Title, title, Gap)}{Fit(row.Hints, hints, Gap)}".TrimEnd();
    }

    // A name can be any text.
    private static string Cell(string text) => ForeignText.OneLine(text) is { Length: > 0 } line ? line : text.Length == 0 ? "" : "(invisible)";

    private static string Fit(string text, int width, int gap = 0)
    {
        if (width <= 0)
            return "";
        if (text.Length > width)
        {
            // Not between the halves of a character.
            var cut = char.IsHighSurrogate(text[width - 2]) ? width - 2 : width - 1;
            text = text[..cut] + "…";
        }

        return new string(' ', gap) + text.PadRight(width);
    }
}
