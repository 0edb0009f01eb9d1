using System.Text.Json;

namespace McpProbe.Drift;

/// <summary>Compares the annotations of a tool: hints by which clients decide whether to ask a person first.</summary>
internal static class AnnotationsDiffer
{
    public static void Compare(string tool, TreeNode before, TreeNode after, ChangeList changes)
    {
        const string path = "/annotations";
        if ((before.Exists && !before.IsObject) || (after.Exists && !after.IsObject))
        {
            changes.Add(ChangeClass.Warning, "annotations-changed", tool, path, before, after, "The tool's annotations changed.");
            return;
        }

        var any = false;
        foreach (var (key, old, now) in TreeNode.Members(before, after))
        {
            if (old.SameAs(now)) continue;
            any = true;
            var (level, rule, message) = Classify(key, old.Kind, now.Kind);
            changes.Add(level, rule, tool, JsonPointer.To(path, key), old, now, message);
        }

        // Nothing became {}, or the other way.
        if (!any) changes.Add(ChangeClass.Info, "annotations-changed", tool, path, before, after, "The tool's annotations changed, without saying anything else.");
    }

    private static (ChangeClass Level, string Rule, string Message) Classify(string key, JsonValueKind old, JsonValueKind now) => key switch
    {
        "title" => (ChangeClass.Warning, "title-changed", "The title in the tool's annotations changed."),
        "readOnlyHint" when old == JsonValueKind.True =>
            (ChangeClass.Breaking, "read-only-lost", "The tool no longer says that it only reads; clients that ran it without asking must ask now."),

        // Not saying false means true (the specification's default), so losing it is a gain too.
        "destructiveHint" when now == JsonValueKind.True || old == JsonValueKind.False =>
            (ChangeClass.Breaking, "destructive-gained", "The tool may destroy data now, by its own words."),
        _ => (ChangeClass.Warning, "annotations-changed", $"The tool's annotation '{VisibleText.Line(key)}' changed."),
    };
}
