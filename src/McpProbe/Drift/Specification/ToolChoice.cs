using System.Text;
using McpProbe.Catalog.Json;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Drift.Specification;

/// <summary>
/// Whether a model can tell tools apart by what they say of themselves. The bounds are those that none of 1,138 tools of 70 published
/// servers is beyond (docs/published-servers.md): short words for a tool whose name says all are usual, and fine.
/// </summary>
internal sealed class ToolChoice
{
    public const string NoDescription = "choice-no-description";
    public const string ShortDescription = "choice-short-description";
    public const string SameDescription = "choice-same-description";

    public static readonly IReadOnlyList<string> Rules = [NoDescription, ShortDescription, SameDescription];

    private readonly Dictionary<string, string> _seen = new(StringComparer.Ordinal);

    /// <param name="tool">Held by the tree; the tools of one catalogue, one after the other.</param>
    public Finding? FindIn(JsonTree tool, string name)
    {
        const string Path = "/description";
        var node = tool.Member(JsonTree.Root, "\"description\""u8);
        var description = node != JsonTree.None && tool.Kind(node) is System.Text.Json.JsonValueKind.String ? CanonicalString.Decode(tool.Text(node)) : "";
        var words = Words(description);
        if (words.Length == 0)
            return new Finding(FindingLevel.Soft, NoDescription, name, Path, "The tool has no description: a model can choose it by its name alone.");
        if (!words.Contains(' ', StringComparison.Ordinal) && words.Length < 12)
            return new Finding(FindingLevel.Soft, ShortDescription, name, Path, "The tool's description is a single word: a model can choose it by little more than its name.");
        return _seen.TryAdd(words, name) ? null : new Finding(FindingLevel.Soft, SameDescription, name, Path,
            $"The tool says the same of itself as '{ForeignText.OneLine(_seen[words], 60)}': a model cannot tell which of the two to call.");
    }

    /// <summary>Letters and digits in lower case, a space between two words: case, marks and line ends make no difference.</summary>
    private static string Words(string text)
    {
        var words = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune))
                words.Append(Rune.ToLowerInvariant(rune).ToString());
            else if (words.Length > 0 && words[^1] != ' ')
                words.Append(' ');
        }

        return words.ToString().TrimEnd();
    }
}
