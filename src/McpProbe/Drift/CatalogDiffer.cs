using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Drift.Schemas;
using McpProbe.Model;

namespace McpProbe.Drift;

/// <summary>Compares two catalogues in their canonical form.</summary>
public static class CatalogDiffer
{
    /// <summary>
    /// The changes that lead from one to the other, worst first, then by tool and path. None exactly when the documents are equal.
    /// Before and after of a change are left out, with their size, when they are larger than 8 KiB.
    /// </summary>
    /// <exception cref="ArgumentException">One of them is not the canonical document of a catalogue.</exception>
    public static IReadOnlyList<Change> Compare(ReadOnlyMemory<byte> before, ReadOnlyMemory<byte> after)
    {
        if (before.Span.SequenceEqual(after.Span)) return [];
        using var beforeTree = new JsonTree(int.MaxValue);
        using var afterTree = new JsonTree(int.MaxValue);
        var old = Read(beforeTree, before, nameof(before));
        var now = Read(afterTree, after, nameof(after));
        var changes = new ChangeList();
        CompareServer(old["server"], now["server"], changes);
        new ToolsDiffer(changes).Compare(old["tools"], now["tools"]);
        return changes.Sorted;
    }

    /// <summary>The worst class among changes; null without any.</summary>
    public static ChangeClass? Maximum(IReadOnlyList<Change> changes) => changes.Count == 0 ? null : changes.Max(change => change.Class);

    private static TreeNode Read(JsonTree tree, ReadOnlyMemory<byte> document, string parameter)
    {
        if (tree.Read(document.Span) is { } mistake) throw new ArgumentException($"The catalogue is {mistake}.", parameter);
        var root = new TreeNode(tree, JsonTree.Root);
        return root["server"].IsObject && root["tools"].IsArray ? root : throw new ArgumentException("The JSON is not a catalogue.", parameter);
    }

    private static void CompareServer(TreeNode before, TreeNode after, ChangeList changes)
    {
        foreach (var (key, old, now) in TreeNode.SideBySide(before, after))
        {
            if (key == "capabilities")
                CompareCapability("/capabilities", "", old, now, changes);
            else if (!old.SameAs(now))
                changes.Add(TextRules.For(key == "name" ? CatalogRules.ServerNameChanged : CatalogRules.InstructionsChanged, old, now), null, JsonPointer.To("", key), old, now);
        }
    }

    private static void CompareCapability(string path, string name, TreeNode before, TreeNode after, ChangeList changes)
    {
        if (before.SameAs(after)) return;
        if (name.Length > 0 && IsOffered(before) != IsOffered(after))
        {
            changes.Add(
                !IsOffered(before) ? CatalogRules.CapabilityAdded : name.EndsWith(".listChanged", StringComparison.Ordinal) ? CatalogRules.ListChangedRemoved : CatalogRules.CapabilityRemoved,
                null, path, before, after, name);
        }
        else if (before.IsObject && after.IsObject)
        {
            foreach (var (key, old, now) in TreeNode.SideBySide(before, after))
                CompareCapability(JsonPointer.To(path, key), name.Length == 0 ? key : $"{name}.{key}", old, now, changes);
        }
        else
        {
            // Absent and false say the same.
            changes.Add(IsOffered(before) || IsOffered(after) ? CatalogRules.CapabilityChanged : CatalogRules.CapabilityNotationChanged,
                null, path, before, after, name);
        }
    }

    private static bool IsOffered(TreeNode capability) => capability.Kind is not (JsonValueKind.Undefined or JsonValueKind.False or JsonValueKind.Null);
}
