using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using McpProbe.Catalog.Json;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Drift.Findings;

/// <summary>The tools of one endpoint, for <see cref="ToolShadowing"/>.</summary>
public sealed record EndpointTools(string Endpoint, IReadOnlyList<string> Tools);

/// <summary>
/// What a catalogue does to the tools of other endpoints: takes their names, or speaks of them. A model that uses both servers
/// cannot tell which one it calls, and follows what either says of the other's tools.
/// </summary>
public static partial class ToolShadowing
{
    // Shorter names, and names of one word, are words of ordinary sentences.
    private const int ShortestName = 6;

    /// <summary>All tools of a group by their names as they look: made once for all that are compared.</summary>
    public static ILookup<string, (EndpointTools Of, string Tool)> Index(IEnumerable<EndpointTools> group) =>
        group.SelectMany(endpoint => endpoint.Tools.Select(tool => (endpoint, tool))).ToLookup(each => Plain(each.tool), StringComparer.Ordinal);

    /// <summary>The findings against an endpoint's catalogue, hard ones first, at most 20 of each level.</summary>
    /// <param name="endpoint">Which of the group it is; one that is not in it is compared with all.</param>
    /// <param name="canonical"><see cref="ToolCatalog.Canonical"/> of the endpoint.</param>
    /// <param name="group">
    /// The endpoints that are used together (<see cref="Index"/>). One that has half of its tools in common with this one is taken for another
    /// instance of the same server, and is left out.
    /// </param>
    /// <exception cref="ArgumentException">It is not the canonical document of a catalogue.</exception>
    public static IReadOnlyList<Finding> FindIn(string endpoint, ReadOnlyMemory<byte> canonical, ILookup<string, (EndpointTools Of, string Tool)> group)
    {
        using var tree = Tree(canonical);
        var own = NamesIn(tree);
        var foreign = new ForeignNames(endpoint, own.ToHashSet(StringComparer.Ordinal), group);
        var findings = new FindingList();
        foreach (var name in own)
        {
            if (foreign.Find(Plain(name)) is not var (other, tool)) continue;

            // A name that only looks the same was made to.
            var level = Ascii.IsValid(name) == Ascii.IsValid(tool) ? FindingLevel.Soft : FindingLevel.Hard;
            findings.Add(FindingRules.ToolShadowed, level, name, "/name", $" ('{VisibleText.Line(other)}').");
        }

        new Texts(tree, findings, foreign, own).Read();
        return findings.Sorted();
    }

    /// <summary>The names of a catalogue's tools.</summary>
    /// <param name="canonical"><see cref="ToolCatalog.Canonical"/>.</param>
    /// <exception cref="ArgumentException">It is not the canonical document of a catalogue.</exception>
    public static IReadOnlyList<string> NamesIn(ReadOnlyMemory<byte> canonical)
    {
        using var tree = Tree(canonical);
        return NamesIn(tree);
    }

    private static JsonTree Tree(ReadOnlyMemory<byte> canonical)
    {
        var tree = new JsonTree(int.MaxValue);
        var mistake = tree.Read(canonical.Span) is { } wrong ? $"The catalogue is {wrong}."
            : tree.Member(JsonTree.Root, "\"tools\""u8) == JsonTree.None ? "The JSON is not a catalogue."
            : null;
        if (mistake is null) return tree;
        tree.Dispose();
        throw new ArgumentException(mistake, nameof(canonical));
    }

    private static List<string> NamesIn(JsonTree tree)
    {
        var tools = tree.Member(JsonTree.Root, "\"tools\""u8);
        var names = new List<string>();
        for (var tool = tree.FirstChild(tools); tool != JsonTree.None; tool = tree.Next(tool))
            names.Add(CanonicalString.Decode(tree.Text(tree.Member(tool, "\"name\""u8))));
        return names;
    }

    /// <summary>Half of the tools are the same: another instance of the same server.</summary>
    internal static bool IsOtherInstance(HashSet<string> ours, IReadOnlyList<string> others)
    {
        var common = others.Count(ours.Contains);
        return common > 0 && 2 * common >= Math.Min(others.Count, ours.Count) && (common > 1 || (others.Count == 1 && ours.Count == 1));
    }

    // The name as it looks, however it is written.
    internal static string Plain(string name)
    {
        var reading = new char[name.Length];
        return new string(reading, 0, ReadText.Write(name, reading)).Replace('-', '_').ToLowerInvariant();
    }

    /// <summary>What the others of a group call their tools, without other instances of the same server.</summary>
    private sealed class ForeignNames(string endpoint, HashSet<string> own, ILookup<string, (EndpointTools Of, string Tool)> group)
    {
        private readonly Dictionary<string, bool> _instances = new(StringComparer.Ordinal);

        /// <summary>The first tool with this name, as it looks, and whose it is.</summary>
        public (string Endpoint, string Tool)? Find(string plain)
        {
            foreach (var (of, tool) in group[plain])
            {
                if (of.Endpoint != endpoint && !IsInstance(of)) return (of.Endpoint, tool);
            }

            return null;
        }

        private bool IsInstance(EndpointTools other)
        {
            if (!_instances.TryGetValue(other.Endpoint, out var known)) _instances[other.Endpoint] = known = IsOtherInstance(own, other.Tools);
            return known;
        }
    }

    private sealed partial class Texts(JsonTree tree, FindingList findings, ForeignNames foreign, List<string> own)
    {
        private readonly HashSet<string> _own = own.Select(Plain).ToHashSet();

        public void Read()
        {
            var server = tree.Member(JsonTree.Root, "\"server\""u8);
            if (server != JsonTree.None) Below(server, null, "");
            var tools = tree.Member(JsonTree.Root, "\"tools\""u8);
            var index = 0;
            for (var tool = tree.FirstChild(tools); tool != JsonTree.None; tool = tree.Next(tool)) Below(tool, own[index++], "");
        }

        private void Below(int node, string? tool, string path)
        {
            for (var child = tree.FirstChild(node); child != JsonTree.None; child = tree.Next(child))
            {
                var key = tree.Key(child) is { Length: > 0 } quoted ? CanonicalString.Decode(quoted) : "-";
                var pointer = JsonPointer.To(path, key);
                if (tree.Kind(child) != JsonValueKind.String) Below(child, tool, pointer);
                else if (pointer != "/name") Text(CanonicalString.Decode(tree.Text(child)), tool, pointer);
            }
        }

        private void Text(string text, string? tool, string path)
        {
            var buffer = new char[text.Length];
            var reading = new string(buffer, 0, ReadText.Write(text, buffer));
            foreach (var match in Identifier().EnumerateMatches(reading))
            {
                var name = reading.Substring(match.Index, match.Length).Replace('-', '_').ToLowerInvariant();
                if (name.Length < ShortestName || _own.Contains(name) || foreign.Find(name) is not var (other, itsTool)) continue;
                var level = Steers(reading, match.Index) ? FindingLevel.Hard : FindingLevel.Soft;
                findings.Add(FindingRules.NamesOtherTool, level, tool, path, $" ('{VisibleText.Line(itsTool)}' of '{VisibleText.Line(other)}').");
            }
        }

        // Says when and how to call it.
        private static bool Steers(string reading, int at)
        {
            const int nearby = 160;
            var around = reading.AsSpan(Math.Max(0, at - nearby)..Math.Min(reading.Length, at + nearby));
            return PhrasePatterns.Directive().IsMatch(around) && PhrasePatterns.Tampers().IsMatch(around);
        }

        [GeneratedRegex(@"\b(?:[A-Za-z][A-Za-z0-9]{0,40}[_-]){1,8}[A-Za-z0-9]{1,40}\b|\b[a-z]{2,30}(?:[A-Z][a-z0-9]{1,30}){1,6}\b", RegexOptions.CultureInvariant)]
        private static partial Regex Identifier();
    }
}
