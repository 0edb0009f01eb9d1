using System.Text;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Text;

namespace McpProbe.Drift.Schemas;

/// <summary>A value of a canonical document, or none: what the differ walks over.</summary>
internal readonly record struct TreeNode(JsonTree Tree, int Id)
{
    public bool Exists => Id != JsonTree.None;

    /// <summary>Null, or left out: of an optional member both say the same.</summary>
    public bool IsNothing => Kind is JsonValueKind.Undefined or JsonValueKind.Null;

    public JsonValueKind Kind => Exists ? Tree.Kind(Id) : JsonValueKind.Undefined;

    public bool IsObject => Kind == JsonValueKind.Object;

    public bool IsArray => Kind == JsonValueKind.Array;

    public TreeNode this[string name]
    {
        get
        {
            if (!IsObject) return None;
            using var quoted = new PooledBuffer();
            CanonicalString.Write(name, quoted);
            return this with { Id = Tree.Member(Id, quoted.Span) };
        }
    }

    /// <summary>The text of a string.</summary>
    public string String => CanonicalString.Decode(Tree.Text(Id));

    public TreeNode None => this with { Id = JsonTree.None };

    /// <summary>Elements of an array; none of anything else.</summary>
    public List<TreeNode> Elements => IsArray ? Children : [];

    /// <summary>Members of an object, in canonical order; none of anything else.</summary>
    public List<(string Key, TreeNode Value)> Members => IsObject ? Children.ConvertAll(child => (CanonicalString.Decode(child.QuotedKeyBytes), child)) : [];

    private List<TreeNode> Children
    {
        get
        {
            var children = new List<TreeNode>();
            for (var child = Tree.FirstChild(Id); child != JsonTree.None; child = Tree.Next(child)) children.Add(this with { Id = child });
            return children;
        }
    }

    /// <summary>The canonical JSON, which is equal exactly when the values are.</summary>
    public string Canonical
    {
        get
        {
            using var output = new PooledBuffer();
            CanonicalJson.Write(Tree, Id, output);
            return Encoding.UTF8.GetString(output.Span);
        }
    }

    public bool SameAs(TreeNode other) =>
        Exists && other.Exists ? Same(Tree, Id, other.Tree, other.Id) : Exists == other.Exists;

    /// <summary>The members of two objects side by side, in canonical order; what is no object has none.</summary>
    public static List<(string Key, TreeNode Before, TreeNode After)> SideBySide(TreeNode before, TreeNode after)
    {
        var members = new List<(string, TreeNode, TreeNode)>();
        var left = before.IsObject ? before with { Id = before.Tree.FirstChild(before.Id) } : before.None;
        var right = after.IsObject ? after with { Id = after.Tree.FirstChild(after.Id) } : after.None;
        while (left.Exists || right.Exists)
        {
            var order = !left.Exists ? 1 : !right.Exists ? -1 : CanonicalString.Compare(left.QuotedKeyBytes, right.QuotedKeyBytes);
            members.Add((
                CanonicalString.Decode(order <= 0 ? left.QuotedKeyBytes : right.QuotedKeyBytes),
                order <= 0 ? left : before.None,
                order >= 0 ? right : after.None));
            if (order <= 0) left = left with { Id = left.Tree.Next(left.Id) };
            if (order >= 0) right = right with { Id = right.Tree.Next(right.Id) };
        }

        return members;
    }

    /// <inheritdoc cref="QuotedKey"/>
    public ReadOnlySpan<byte> QuotedKeyBytes => Tree.Key(Id);

    /// <summary>A member's name as canonical JSON.</summary>
    public string QuotedKey => Encoding.UTF8.GetString(QuotedKeyBytes);

    // Texts and the order of members are canonical.
    private static bool Same(JsonTree left, int a, JsonTree right, int b)
    {
        if (left.Kind(a) != right.Kind(b)) return false;
        if (left.Kind(a) is not (JsonValueKind.Object or JsonValueKind.Array)) return left.Text(a).SequenceEqual(right.Text(b));
        var (x, y) = (left.FirstChild(a), right.FirstChild(b));
        while (x != JsonTree.None && y != JsonTree.None && left.Key(x).SequenceEqual(right.Key(y)) && Same(left, x, right, y))
            (x, y) = (left.Next(x), right.Next(y));
        return x == JsonTree.None && y == JsonTree.None;
    }
}
