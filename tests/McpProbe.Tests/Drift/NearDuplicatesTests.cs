using System.Text;
using McpProbe.Catalog;
using McpProbe.Drift.Specification;
using McpProbe.Model;

namespace McpProbe.Tests.Drift;

public sealed class NearDuplicatesTests
{
    [Theory]
    [InlineData("navigate", "Navigates to a URL.", "browser_navigate", "Navigate to a URL", false)] // 'browser' says nothing where it stands alone
    [InlineData("press_key", "Press a key on the keyboard", "pressKey", "Press a keyboard key", true)]
    [InlineData("search-queries", "Searches saved queries.", "search_queries", "Search the saved query.", false)] // the same name: tool-shadowed
    [InlineData("create_issue", "Create a new issue in a GitHub repository", "createIssue", "Create a new issue in Linear", false)]
    [InlineData("get_user", "Get a user of the workspace by id", "getUser", "Get the workspace's user by id", true)]
    [InlineData("get_user", "Get a user of the workspace by id", "get_users", "Get the users of the workspace by id", false)]
    [InlineData("create_label", "Create a label of an issue in the repository", "delete_label", "Delete a label of an issue in the repository", false)]
    [InlineData("list_files", "Lists.", "listFiles", "List", false)] // a single word proves nothing
    [InlineData("list_files", "", "listFiles", "", false)]
    public void FindIn_TwoTools_AreAlikeByNameAndDescription(string name, string description, string other, string otherDescription, bool alike)
    {
        var (one, two) = (Gists("a", (name, description)), Gists("b", (other, otherDescription)));
        var group = NearDuplicates.Index([one, two]);

        Assert.Equal(alike ? [name] : [], NearDuplicates.FindIn(one, group).Select(finding => finding.Tool));
        Assert.Equal(alike ? [other] : [], NearDuplicates.FindIn(two, group).Select(finding => finding.Tool));
    }

    [Fact]
    public void FindIn_WordsThatMostNamesOfAnEndpointHave_MakeNoDifference()
    {
        var browser = Gists("browser", ("browser_navigate", "Navigate to a URL"), ("browser_click", "Clicks."), ("browser_tabs", "Tabs."));
        var puppeteer = Gists("puppeteer", ("puppeteer_navigate", "Navigates to a URL"), ("puppeteer_click", "Click an element"), ("puppeteer_fill", "Fills."));
        var group = NearDuplicates.Index([browser, puppeteer]);

        var finding = Assert.Single(NearDuplicates.FindIn(browser, group));
        Assert.Equal((FindingLevel.Soft, "choice-near-duplicate", "browser_navigate", "/description"), (finding.Level, finding.Rule, finding.Tool, finding.Path));
        Assert.Equal("The tool says nearly the same of itself as 'puppeteer_navigate' of 'puppeteer': a model that uses both cannot tell which of the two to call.", finding.Message);
    }

    [Fact]
    public void FindIn_AnotherInstanceOfTheServer_IsLeftOut()
    {
        var one = Gists("one", ("pressKey", "Press a key on the keyboard"), ("a", "A."), ("b", "B."));
        var other = Gists("other", ("press_key", "Press a key on the keyboard"), ("a", "A."), ("b", "B."));

        Assert.Empty(NearDuplicates.FindIn(one, NearDuplicates.Index([one, other])));
    }

    /// <summary>Names that differ in their separators alone have the same words: the work stays bounded.</summary>
    [Fact]
    public void FindIn_AnyNumberOfNamesOfTheSameWords_IsBounded()
    {
        var words = string.Join(' ', Enumerable.Range(0, 100).Select(i => $"word{i}"));
        var one = Gists("one", [.. Enumerable.Range(0, 2_000).Select(i => ("x" + new string('_', i + 1) + "y", words))]);
        var other = Gists("other", [.. Enumerable.Range(0, 2_000).Select(i => ("y" + new string('_', i + 1) + "x", "Something else, in other words."))]);

        Assert.Empty(NearDuplicates.FindIn(one, NearDuplicates.Index([one, other])));
        Assert.All(one.Tools, tool => Assert.InRange(tool.Words.Count, 1, 64));
    }

    private static ToolGists Gists(string endpoint, params (string Name, string Description)[] tools)
    {
        using var builder = new CatalogBuilder();
        var listed = tools.Select(tool => $$$"""{"name":"{{{tool.Name}}}","description":"{{{tool.Description}}}","inputSchema":{"type":"object"}}""");
        Assert.Null(builder.AddPage(Encoding.UTF8.GetBytes($$"""{"tools":[{{string.Join(',', listed)}}]}""")).Error);
        return NearDuplicates.GistsOf(endpoint, builder.Build(new ServerDescription("s", "1", null, "{}"u8.ToArray())).Canonical);
    }
}
