using System.Text;
using McpProbe.Catalog.Json;
using McpProbe.Drift;
using McpProbe.Drift.Schemas;

namespace McpProbe.Tests.Drift;

public class ChangeListTests
{
    private static string Shown(string json)
    {
        using var tree = new JsonTree();
        Assert.Null(tree.Read(Encoding.UTF8.GetBytes(json)));
        var changes = new ChangeList();
        changes.Add(CatalogRules.ToolFieldChanged, "t", "/x", new TreeNode(tree, JsonTree.Root), new TreeNode(tree, JsonTree.None), "x");
        return changes.Sorted[0].Before!.Value.GetRawText();
    }

    // Lists in lists; the innermost one holds a number where it counts as one level more.
    [Theory]
    [InlineData(32, "", true)]
    [InlineData(33, "", false)]
    [InlineData(31, "1", true)]
    [InlineData(32, "1", false)]
    public void Add_DeepValue_IsShownDownTo32Levels(int lists, string inside, bool shown)
    {
        var value = new string('[', lists) + inside + new string(']', lists);

        Assert.Equal(shown ? value : $"\"({value.Length} bytes of JSON, too large to show)\"", Shown(value));
    }

    [Theory]
    [InlineData(8192, true)]
    [InlineData(8193, false)]
    public void Add_LongValue_IsShownUpTo8KiB(int bytes, bool shown)
    {
        var value = '"' + new string('a', bytes - 2) + '"';

        Assert.Equal(shown ? value : $"\"({bytes} bytes of JSON, too large to show)\"", Shown(value));
    }

    [Theory]
    [InlineData("""["\ud83d","\\ud83d","a\n\ud83d\ude00b"]""", """["\\ud83d","\\ud83d","a\n😀b"]""")]
    [InlineData("""["\ude00\ud83d"]""", """["\\ude00\\ud83d"]""")]
    public void Add_HalfACharacter_IsShownAsItsEscape(string value, string shown) => Assert.Equal(shown, Shown(value));

    [Fact]
    public void Sorted_WorstFirst_ThenByToolPathAndRule()
    {
        using var tree = new JsonTree();
        Assert.Null(tree.Read("1"u8));
        var none = new TreeNode(tree, JsonTree.None);
        var changes = new ChangeList();
        foreach (var (rule, tool, path) in new[]
        {
            (CatalogRules.ToolAdded, "a", "/a"), (CatalogRules.ToolFieldChanged, "a", "/b"), (CatalogRules.AnnotationsChanged, "b", "/a"),
            (CatalogRules.ToolFieldChanged, "a", "/a"), (CatalogRules.AnnotationsChanged, "a", "/a"), (CatalogRules.ToolRemoved, "c", "/c"),
        })
            changes.Add(rule, tool, path, none, none, "x");

        Assert.Equal(
            ["tool-removed c /c", "annotations-changed a /a", "tool-field-changed a /a", "tool-field-changed a /b", "annotations-changed b /a", "tool-added a /a"],
            changes.Sorted.Select(change => $"{change.Rule} {change.Tool} {change.Path}"));
    }
}
