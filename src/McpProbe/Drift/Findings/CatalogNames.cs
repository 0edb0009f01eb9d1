using McpProbe.Catalog;

namespace McpProbe.Drift.Findings;

/// <summary>
/// The identifiers of a catalogue: its tools' names and every key and enumerated value in it. What a server says of them is about
/// itself. Gathered when first asked for, since most texts never ask.
/// </summary>
internal sealed class CatalogNames(JsonTree tree)
{
    private HashSet<string>? _names;

    public bool Contains(string name) => (_names ??= Gather()).Contains(name);

    private HashSet<string> Gather()
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        Add(JsonTree.Root, names);
        return names;
    }

    private void Add(int node, HashSet<string> names)
    {
        const int longestName = 128;
        for (var child = tree.FirstChild(node); child != JsonTree.None; child = tree.Next(child))
        {
            if (tree.Key(child) is { Length: > 0 and < longestName } key) names.Add(CanonicalString.Decode(key));
            if (tree.Kind(child) == System.Text.Json.JsonValueKind.String && tree.Text(child) is { Length: < longestName } text)
                names.Add(CanonicalString.Decode(text));
            Add(child, names);
        }
    }
}
