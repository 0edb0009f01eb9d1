using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Drift.Schemas;

namespace McpProbe.Drift;

/// <summary>
/// Compares the annotations of a tool: hints by which clients decide whether to ask a person first. What a hint says is compared, not
/// whether it is written out: the specification gives each a default (<c>ToolAnnotations</c>), and of a tool that only reads the
/// hints on destruction and repetition mean nothing.
/// </summary>
internal static class AnnotationsDiffer
{
    private const string Path = "/annotations";

    private const string ReadOnly = "readOnlyHint";

    public static void Compare(string tool, TreeNode before, TreeNode after, ChangeList changes)
    {
        if ((before.Exists && !before.IsObject) || (after.Exists && !after.IsObject))
        {
            changes.Add(CatalogRules.AnnotationsChanged, tool, Path, before, after, "annotations");
            return;
        }

        var spelled = new List<(string Key, TreeNode Before, TreeNode After)>();
        var differs = false;
        foreach (var (key, old, now) in TreeNode.SideBySide(before, after))
        {
            if (old.SameAs(now)) continue;
            differs = true;
            if (RuleFor(key, old, now, IsTrue(before[ReadOnly]), IsTrue(after[ReadOnly])) is { } rule) changes.Add(rule, tool, JsonPointer.To(Path, key), old, now, key);
            else spelled.Add((key, old, now));
        }

        if (spelled is [var (only, was, becomes)]) changes.Add(CatalogRules.AnnotationsNotationChanged, tool, JsonPointer.To(Path, only), was, becomes);
        // Several, or nothing became {}, or the other way.
        else if (spelled.Count > 1 || !differs) changes.Add(CatalogRules.AnnotationsNotationChanged, tool, Path, before, after);
    }

    // Null where both say the same.
    private static DriftRule? RuleFor(string key, TreeNode old, TreeNode now, bool wasReadOnly, bool isReadOnly)
    {
        switch (key)
        {
            case "title":
                return TextRules.AreNothing(old, now) ? null : TextRules.For(SchemaRules.TitleChanged, old, now);
            case ReadOnly when IsHint(old) && IsHint(now):
                return IsTrue(old) == IsTrue(now) ? null : IsTrue(old) ? CatalogRules.ReadOnlyLost : CatalogRules.AnnotationsChanged;
            case ReadOnly:
                return IsTrue(old) ? CatalogRules.ReadOnlyLost : CatalogRules.AnnotationsChanged;
            case "destructiveHint" when IsHint(old) && IsHint(now):
                var (destroyed, destroys) = (!IsFalse(old), !IsFalse(now));
                if (destroyed == destroys || isReadOnly) return null;
                return destroys ? CatalogRules.DestructiveGained : wasReadOnly ? null : CatalogRules.AnnotationsChanged;
            case "destructiveHint":
                return IsTrue(now) || IsFalse(old) ? CatalogRules.DestructiveGained : CatalogRules.AnnotationsChanged;
            case "idempotentHint" when IsHint(old) && IsHint(now):
                return IsTrue(old) == IsTrue(now) || isReadOnly ? null : CatalogRules.AnnotationsChanged;
            case "openWorldHint" when IsHint(old) && IsHint(now):
                return IsFalse(old) == IsFalse(now) ? null : CatalogRules.AnnotationsChanged;
            default:
                return TextRules.AreNothing(old, now) ? null : CatalogRules.AnnotationsChanged;
        }
    }

    /// <summary>What the specification knows: true, false, or nothing, which stands for the default.</summary>
    private static bool IsHint(TreeNode node) => node.IsNothing || IsTrue(node) || IsFalse(node);

    private static bool IsTrue(TreeNode node) => node.Kind is JsonValueKind.True;

    private static bool IsFalse(TreeNode node) => node.Kind is JsonValueKind.False;
}
