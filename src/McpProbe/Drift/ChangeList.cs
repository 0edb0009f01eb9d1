using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Drift.Schemas;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Drift;

/// <summary>Gathers the changes of one comparison.</summary>
internal sealed class ChangeList
{
    /// <summary>More are counted as one change, which is unknown: a hostile catalogue must not fill memory.</summary>
    public const int Most = 10_000;

    private const int MostValueBytes = 8 * 1024;
    private const int MostValueDepth = 32;

    private readonly List<Change> _changes = [];
    private bool _more;

    /// <summary>Worst first, then by tool and path.</summary>
    public IReadOnlyList<Change> Sorted
    {
        get
        {
            if (_more)
            {
                _changes.Add(new Change(CatalogRules.MoreChanges.Class, CatalogRules.MoreChanges.Name, null, "", null, null, CatalogRules.MoreChanges.Sentence));
                _more = false;
            }

            return
            [
                .. _changes
                    .OrderByDescending(change => change.Class)
                    .ThenBy(change => change.Tool, StringComparer.Ordinal)
                    .ThenBy(change => change.Path, StringComparer.Ordinal)
                    .ThenBy(change => change.Rule, StringComparer.Ordinal),
            ];
        }
    }

    /// <param name="name">The name that the rule's sentence speaks of.</param>
    public void Add(DriftRule rule, string? tool, string path, TreeNode before, TreeNode after, string? name = null)
    {
        if (_changes.Count == Most) _more = true;
        else _changes.Add(new Change(rule.Class, rule.Name, tool, path, Value(before), Value(after), rule.Say(name)));
    }

    // Values are stored, sent and read back, so they are bounded, and hold nothing that a JSON reader refuses.
    private static JsonElement? Value(TreeNode node)
    {
        if (!node.Exists) return null;
        using var canonical = new PooledBuffer();
        CanonicalJson.Write(node.Tree, node.Id, canonical);
        if (canonical.Length > MostValueBytes || Depth(node.Tree, node.Id) > MostValueDepth)
        {
            var instead = $"({canonical.Length} bytes of JSON, too large to show)";
            canonical.CutTo(0);
            CanonicalString.Write(instead, canonical);
        }

        using var readable = new PooledBuffer();
        EscapeLoneSurrogates(canonical.Span, readable);
        var reader = new Utf8JsonReader(readable.Span);
        return JsonElement.ParseValue(ref reader);
    }

    private static int Depth(JsonTree tree, int node)
    {
        var deepest = 0;
        for (var child = tree.FirstChild(node); child != JsonTree.None; child = tree.Next(child)) deepest = Math.Max(deepest, Depth(tree, child));
        return deepest + 1;
    }

    // "\ud83d" becomes "\\ud83d": the text of the escape, since no reader makes a string of half a pair.
    private static void EscapeLoneSurrogates(ReadOnlySpan<byte> canonical, PooledBuffer output)
    {
        while (canonical.IndexOf((byte)'\\') is var at and >= 0)
        {
            output.Add(canonical[..at]);
            if (canonical[at..].StartsWith("\\ud"u8)) output.Add((byte)'\\');
            output.Add(canonical.Slice(at, 2));
            canonical = canonical[(at + 2)..];
        }

        output.Add(canonical);
    }
}
