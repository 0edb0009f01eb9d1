using System.Text.Json;
using McpProbe.Catalog;

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
        CompareTools(old["tools"], now["tools"], changes);
        return changes.Sorted;
    }

    private static TreeNode Read(JsonTree tree, ReadOnlyMemory<byte> document, string parameter)
    {
        if (tree.Read(document.Span) is { } mistake) throw new ArgumentException($"The catalogue is {mistake}.", parameter);
        var root = new TreeNode(tree, JsonTree.Root);
        return root["server"].IsObject && root["tools"].IsArray ? root : throw new ArgumentException("The JSON is not a catalogue.", parameter);
    }

    private static void CompareServer(TreeNode before, TreeNode after, ChangeList changes)
    {
        foreach (var (key, old, now) in TreeNode.Members(before, after))
        {
            if (key == "capabilities")
                CompareCapability("/capabilities", "", old, now, changes);
            else if (!old.SameAs(now))
                changes.Add(ChangeClass.Warning, key == "name" ? "server-name-changed" : "instructions-changed", null, JsonPointer.To("", key), old, now,
                    key == "name" ? "The server calls itself by another name." : "The server's instructions changed; models read them before every tool.");
        }
    }

    private static void CompareCapability(string path, string name, TreeNode before, TreeNode after, ChangeList changes)
    {
        if (before.SameAs(after)) return;
        var shown = VisibleText.Line(name);
        if (name.Length > 0 && IsOffered(before) != IsOffered(after))
        {
            if (IsOffered(before))
                changes.Add(ChangeClass.Breaking, "capability-removed", null, path, before, after, $"The server no longer offers the capability '{shown}'.");
            else
                changes.Add(ChangeClass.Info, "capability-added", null, path, before, after, $"The server offers the capability '{shown}' now.");
        }
        else if (before.IsObject && after.IsObject)
        {
            foreach (var (key, old, now) in TreeNode.Members(before, after))
                CompareCapability(JsonPointer.To(path, key), name.Length == 0 ? key : $"{name}.{key}", old, now, changes);
        }
        else
        {
            // Absent and false say the same.
            changes.Add(IsOffered(before) || IsOffered(after) ? ChangeClass.Unknown : ChangeClass.Info, "capability-changed", null, path, before, after,
                "The server declares a capability differently.");
        }
    }

    private static bool IsOffered(TreeNode capability) => capability.Kind is not (JsonValueKind.Undefined or JsonValueKind.False or JsonValueKind.Null);

    private static void CompareTools(TreeNode before, TreeNode after, ChangeList changes)
    {
        // A name that stands twice is paired in the order of the document, which is canonical.
        var olds = before.Elements.GroupBy(tool => tool["name"].String).ToDictionary(group => group.Key, group => group.ToArray());
        var news = after.Elements.GroupBy(tool => tool["name"].String).ToDictionary(group => group.Key, group => group.ToArray());
        foreach (var name in olds.Keys.Union(news.Keys))
        {
            var old = olds.GetValueOrDefault(name, []);
            var now = news.GetValueOrDefault(name, []);
            var both = Math.Min(old.Length, now.Length);
            var shown = VisibleText.Line(name);
            for (var i = 0; i < both; i++) CompareTool(name, old[i], now[i], changes);
            foreach (var tool in old[both..])
                changes.Add(ChangeClass.Breaking, "tool-removed", name, "", tool, after.None, $"The tool '{shown}' is gone; calls of it will fail.");
            foreach (var tool in now[both..])
                changes.Add(ChangeClass.Info, "tool-added", name, "", before.None, tool, $"The tool '{shown}' is new.");
        }
    }

    private static void CompareTool(string name, TreeNode before, TreeNode after, ChangeList changes)
    {
        foreach (var (key, old, now) in TreeNode.Members(before, after))
        {
            if (old.SameAs(now)) continue;
            var path = JsonPointer.To("", key);
            switch (key)
            {
                case "title":
                    changes.Add(ChangeClass.Warning, "title-changed", name, path, old, now, "The tool's title changed.");
                    break;
                case "description":
                    changes.Add(ChangeClass.Warning, "description-changed", name, path, old, now, "The tool's description changed; models choose tools by it.");
                    break;
                case "annotations":
                    AnnotationsDiffer.Compare(name, old, now, changes);
                    break;
                case "inputSchema":
                    new SchemaDiffer(name, changes).Compare(SchemaRole.Input, path, old, now);
                    break;
                case "outputSchema":
                    CompareOutput(name, path, old, now, changes);
                    break;
                default:
                    changes.Add(ChangeClass.Warning, "tool-field-changed", name, path, old, now, $"The tool's field '{VisibleText.Line(key)}' changed.");
                    break;
            }
        }
    }

    private static void CompareOutput(string name, string path, TreeNode old, TreeNode now, ChangeList changes)
    {
        if (!now.Exists)
            changes.Add(ChangeClass.Breaking, "output-schema-removed", name, path, old, now, "The tool no longer says what it returns.");
        else if (!old.Exists)
            changes.Add(ChangeClass.Info, "output-schema-added", name, path, old, now, "The tool says what it returns now.");
        else
            new SchemaDiffer(name, changes).Compare(SchemaRole.Output, path, old, now);
    }
}
