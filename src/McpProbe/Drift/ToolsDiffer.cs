using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Drift.Schemas;

namespace McpProbe.Drift;

/// <summary>Compares the tools of two catalogues: those that came, went or took another name, and those that stayed, field by field.</summary>
internal sealed class ToolsDiffer(ChangeList changes)
{
    private readonly WorkBudget _budget = new();

    public void Compare(TreeNode before, TreeNode after)
    {
        // A name that stands twice is paired in the order of the document, which is canonical.
        var olds = before.Elements.GroupBy(NameOf).ToDictionary(group => group.Key, group => group.ToArray());
        var news = after.Elements.GroupBy(NameOf).ToDictionary(group => group.Key, group => group.ToArray());
        var (removed, added) = (new List<TreeNode>(), new List<TreeNode>());
        foreach (var name in olds.Keys.Union(news.Keys))
        {
            var old = olds.GetValueOrDefault(name, []);
            var now = news.GetValueOrDefault(name, []);
            var both = Math.Min(old.Length, now.Length);
            for (var i = 0; i < both; i++) CompareTool(name, old[i], now[i]);
            removed.AddRange(old[both..]);
            added.AddRange(now[both..]);
        }

        foreach (var (old, now) in Renames.Find(removed, added, _budget))
        {
            removed.Remove(old);
            added.Remove(now);
            changes.Add(CatalogRules.ToolRenamed, NameOf(old), "/name", old["name"], now["name"], NameOf(old));
            CompareTool(NameOf(now), old, now);
        }

        foreach (var tool in removed) changes.Add(CatalogRules.ToolRemoved, NameOf(tool), "", tool, after.None, NameOf(tool));
        foreach (var tool in added) changes.Add(CatalogRules.ToolAdded, NameOf(tool), "", before.None, tool, NameOf(tool));
    }

    private static string NameOf(TreeNode tool) => tool["name"].String;

    private void CompareTool(string name, TreeNode before, TreeNode after)
    {
        _budget.BeginTool();
        foreach (var (key, written, becomes) in TreeNode.SideBySide(before, after))
        {
            if (written.SameAs(becomes)) continue;
            var path = JsonPointer.To("", key);
            // Null says nothing, as what is left out.
            var (old, now) = (written.IsNothing ? written.None : written, becomes.IsNothing ? becomes.None : becomes);
            switch (key)
            {
                case var _ when TextRules.AreNothing(old, now):
                case "execution" when SaysTheSame(old, now):
                    changes.Add(CatalogRules.ToolNotationChanged, name, path, written, becomes);
                    break;
                // Another name is told by whoever pairs the tools.
                case "name":
                    break;
                case "title":
                    changes.Add(TextRules.For(SchemaRules.TitleChanged, old, now), name, path, old, now);
                    break;
                case "description":
                    changes.Add(TextRules.For(SchemaRules.DescriptionChanged, old, now), name, path, old, now);
                    break;
                case "annotations":
                    AnnotationsDiffer.Compare(name, old, now, changes);
                    break;
                case "inputSchema":
                    new SchemaDiffer(name, changes, _budget).Compare(SchemaRole.Input, key, old, now);
                    break;
                case "outputSchema" when !now.Exists:
                    changes.Add(CatalogRules.OutputSchemaRemoved, name, path, old, now);
                    break;
                case "outputSchema" when !old.Exists:
                    changes.Add(CatalogRules.OutputSchemaAdded, name, path, old, now);
                    break;
                case "outputSchema":
                    new SchemaDiffer(name, changes, _budget).Compare(SchemaRole.Output, key, old, now);
                    break;
                default:
                    changes.Add(CatalogRules.ToolFieldChanged, name, path, old, now, key);
                    break;
            }
        }
    }

    // ToolExecution: a tool that does not speak of tasks forbids them.
    private static bool SaysTheSame(TreeNode before, TreeNode after) =>
        (!before.Exists || before.IsObject) && (!after.Exists || after.IsObject)
        && TreeNode.SideBySide(before, after).TrueForAll(member => member.Before.SameAs(member.After)
            || (IsDefault(member.Key, member.Before) && IsDefault(member.Key, member.After)));

    private static bool IsDefault(string key, TreeNode value) =>
        value.IsNothing || (key == "taskSupport" && value.Kind is JsonValueKind.String && value.String == "forbidden");
}
