using System.Text;
using System.Text.Json;
using McpProbe.Catalog;
using McpProbe.Catalog.Json;
using McpProbe.Drift.Findings;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Drift.Specification;

/// <summary>
/// Tools of different endpoints that a model cannot tell apart: their names have the same words, but for those that most names of the
/// endpoint have, and of the words of their descriptions they share three in five. docs/specification.md says what that was measured on.
/// </summary>
public static class NearDuplicates
{
    public const string Rule = "choice-near-duplicate";

    private const double LeastShared = 0.6;

    /// <summary>One word in common proves nothing.</summary>
    private const int FewestWords = 2;

    /// <summary>What a description says further on is for who has chosen already; and all tools of a group are held in memory.</summary>
    private const int MostWords = 64;

    /// <summary>A catalogue may hold any number of names of the same words.</summary>
    private const int MostCompared = 500;

    private static readonly HashSet<string> Fillers = new(
        "a an the of to in on for and or with by from is are be this that it as at you your can will use used using if not any all its".Split(' '),
        StringComparer.Ordinal);

    /// <param name="canonical"><see cref="ToolCatalog.Canonical"/>.</param>
    /// <exception cref="ArgumentException">It is not the canonical document of a catalogue.</exception>
    public static ToolGists GistsOf(string endpoint, ReadOnlyMemory<byte> canonical)
    {
        var tools = StoredTools.Read(canonical).Tools;
        var names = tools.Select(tool => NameWords(tool.Name)).ToList();
        var usual = names.SelectMany(words => words.Distinct()).GroupBy(word => word, StringComparer.Ordinal)
            .Where(word => tools.Count >= 3 && 2 * word.Count() >= tools.Count).Select(word => word.Key).ToHashSet(StringComparer.Ordinal);
        return new ToolGists(endpoint, [.. tools.Select((tool, i) => new ToolGist(tool.Name, KeyOf(names[i], usual), DescriptionWords(tool.Json)))]);
    }

    /// <summary>By key, all tools of a group.</summary>
    public static ILookup<string, (ToolGists Of, ToolGist Tool)> Index(IEnumerable<ToolGists> group) =>
        group.SelectMany(endpoint => endpoint.Tools.Where(tool => tool.Words.Count >= FewestWords).Select(tool => (endpoint, tool))).ToLookup(each => each.tool.Key, StringComparer.Ordinal);

    /// <summary>The notes on one endpoint of the group, one a tool. A tool of the same name, and another instance of the same server, is <see cref="ToolShadowing"/>'s.</summary>
    public static IEnumerable<Finding> FindIn(ToolGists own, ILookup<string, (ToolGists Of, ToolGist Tool)> group)
    {
        var names = own.Tools.Select(tool => tool.Name).ToHashSet(StringComparer.Ordinal);
        var instances = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var tool in own.Tools)
        {
            foreach (var (of, other) in group[tool.Key].Take(MostCompared))
            {
                if (of.Endpoint == own.Endpoint || !AreAlike(tool, other))
                    continue;
                if (!instances.TryGetValue(of.Endpoint, out var isInstance))
                    instances[of.Endpoint] = isInstance = ToolShadowing.IsOtherInstance(names, of.Tools.Select(each => each.Name).ToList());
                if (isInstance)
                    continue;
                yield return new Finding(FindingLevel.Soft, Rule, tool.Name, "/description",
                    $"The tool says nearly the same of itself as '{ForeignText.OneLine(other.Name, 60)}' of '{of.Endpoint}': a model that uses both cannot tell which of the two to call.");
                break;
            }
        }
    }

    private static bool AreAlike(ToolGist one, ToolGist other)
    {
        if (one.Words.Count < FewestWords)
            return false;
        var common = one.Words.Count(other.Words.Contains);
        return common >= LeastShared * (one.Words.Count + other.Words.Count - common) && ToolShadowing.Plain(one.Name) != ToolShadowing.Plain(other.Name);
    }

    private static string KeyOf(List<string> words, HashSet<string> usual)
    {
        var own = words.Where(word => !usual.Contains(word)).ToList();
        return string.Join(' ', (own.Count > 0 ? own : words).Order(StringComparer.Ordinal));
    }

    private static HashSet<int> DescriptionWords(ReadOnlyMemory<byte> tool)
    {
        var words = new HashSet<int>();
        foreach (var word in Split(DescriptionIn(tool.Span), breaksCase: false))
        {
            if (!Fillers.Contains(word))
                words.Add(string.GetHashCode(Singular(word), StringComparison.Ordinal));
            if (words.Count == MostWords)
                break;
        }

        return words;
    }

    private static List<string> NameWords(string name) => [.. Split(name, breaksCase: true)];

    private static string DescriptionIn(ReadOnlySpan<byte> tool)
    {
        var reader = new Utf8JsonReader(tool, JsonTree.ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isDescription = reader.ValueTextEquals("description"u8);
            reader.Read();
            if (isDescription)
                return reader.TokenType is JsonTokenType.String ? CanonicalString.Unescape(reader.ValueSpan) : "";
            reader.Skip();
        }

        return "";
    }

    /// <summary>Letters and digits that stand together, in lower case.</summary>
    /// <param name="breaksCase">A capital after a small letter begins a word: <c>createIssue</c>.</param>
    private static IEnumerable<string> Split(string text, bool breaksCase)
    {
        var word = new StringBuilder();
        var before = default(Rune);
        foreach (var rune in text.EnumerateRunes())
        {
            var ends = !Rune.IsLetterOrDigit(rune) || (breaksCase && Rune.IsUpper(rune) && !Rune.IsUpper(before));
            if (ends && word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }

            if (Rune.IsLetterOrDigit(rune))
                word.Append(Rune.ToLowerInvariant(rune).ToString());
            before = rune;
        }

        if (word.Length > 0)
            yield return word.ToString();
    }

    /// <summary>Of English: <c>queries</c>, <c>searches</c>, <c>navigates</c>.</summary>
    private static ReadOnlySpan<char> Singular(string word) => word switch
    {
        { Length: > 4 } when word.EndsWith("ies", StringComparison.Ordinal) => word.AsSpan(..^3).ToString() + "y",
        { Length: > 4 } when word.EndsWith("es", StringComparison.Ordinal) && word[^3] is 's' or 'x' or 'h' => word.AsSpan(..^2),
        { Length: > 3 } when word[^1] == 's' && word[^2] != 's' => word.AsSpan(..^1),
        _ => word,
    };
}

/// <summary>The tools of one endpoint, for <see cref="NearDuplicates"/>.</summary>
public sealed record ToolGists(string Endpoint, IReadOnlyList<ToolGist> Tools);

/// <param name="Key">The words of its name in order, without those that most names of its endpoint have.</param>
/// <param name="Words">Hashes of the words of its description.</param>
public sealed record ToolGist(string Name, string Key, IReadOnlySet<int> Words);
