using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Drift.Schemas;

namespace McpProbe.Drift;

/// <summary>Compares the annotations of a tool: hints by which clients decide whether to ask a person first.</summary>
internal static class AnnotationsDiffer
{
    public static void Compare(string tool, TreeNode before, TreeNode after, ChangeList changes)
    {
        const string path = "/annotations";
        if ((before.Exists && !before.IsObject) || (after.Exists && !after.IsObject))
        {
            changes.Add(CatalogRules.AnnotationsChanged, tool, path, before, after, "annotations");
            return;
        }

        var any = false;
        foreach (var (key, old, now) in TreeNode.SideBySide(before, after))
        {
            if (old.SameAs(now)) continue;
            any = true;
            changes.Add(RuleFor(key, old.Kind, now.Kind), tool, JsonPointer.To(path, key), old, now, key);
        }

        // Nothing became {}, or the other way.
        if (!any) changes.Add(CatalogRules.AnnotationsNotationChanged, tool, path, before, after);
    }

    private static DriftRule RuleFor(string key, JsonValueKind old, JsonValueKind now) => key switch
    {
        "title" => SchemaRules.TitleChanged,
        "readOnlyHint" when old == JsonValueKind.True => CatalogRules.ReadOnlyLost,

        // Not saying false means true (the specification's default), so losing it is a gain too.
        "destructiveHint" when now == JsonValueKind.True || old == JsonValueKind.False => CatalogRules.DestructiveGained,
        _ => CatalogRules.AnnotationsChanged,
    };
}
