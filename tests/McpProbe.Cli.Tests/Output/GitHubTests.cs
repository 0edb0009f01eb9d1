using System.Text.RegularExpressions;
using AngleSharp.Html.Parser;
using McpProbe.Cli.Output;
using McpProbe.Model;

namespace McpProbe.Cli.Tests.Output;

public partial class GitHubTests
{
    [Fact]
    public void Render_Hostile_NoLineIsACommandThatIsNotOurs()
    {
        var lines = GitHub.Render(Reports.Hostile, "text\n::error::from the text\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);

        // Between the two lines with the word the runner looks for no commands.
        var word = Stop().Match(lines[0]).Groups[1].Value;
        Assert.NotEqual("", word);
        Assert.Equal(["text", "::error::from the text", $"::{word}::"], lines[1..4]);
        Assert.Equal(9, lines[4..].Length);
        Assert.All(lines[4..], line => Assert.Matches(Annotation(), line));
        Assert.All(lines[4..], line => Assert.True(Reports.IsClean(line)));
    }

    [Fact]
    public void Render_Twice_UsesAnotherWord() => Assert.NotEqual(GitHub.Render(Reports.Hostile, ""), GitHub.Render(Reports.Hostile, ""));

    [Fact]
    public void Render_ManyChanges_LeavesOutWhatGitHubWouldDrop()
    {
        var report = Reports.Hostile with
        {
            Checks = [],
            Findings = [],
            Changes = [.. Enumerable.Repeat(new Change(ChangeClass.Breaking, "tool-removed", "a", "", null, null, "Gone."), 30)],
        };

        Assert.Equal(10, Regex.Count(GitHub.Render(report, ""), "^::error ", RegexOptions.Multiline));
    }

    [Fact]
    public void Summary_Hostile_IsTablesWithTheTextAndNoOtherMarkup()
    {
        var summary = GitHub.Summary(Reports.Hostile);

        Assert.StartsWith("### ❌ mcpprobe verify failed with exit code 6\n\n<p><code>", summary, StringComparison.Ordinal);
        Assert.True(Reports.IsClean(summary));
        // Markdown begins after a blank line only, and no blank line comes from elsewhere.
        Assert.All(summary.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[1..], block => Assert.Matches("^(<p>|<table>)", block));
        var html = new HtmlParser().ParseDocument(summary);
        Assert.Equal(4, html.QuerySelectorAll("table").Length);
        Assert.Equal(4 + 4 + 2 + 4 + 4, html.QuerySelectorAll("tr").Length);
        Assert.Empty(html.QuerySelectorAll("script, a, img"));
        Assert.Contains("<script>x</script>", html.QuerySelector("td:last-child")!.TextContent, StringComparison.Ordinal);
    }

    [GeneratedRegex("^::stop-commands::([0-9a-f]{32})$")]
    private static partial Regex Stop();

    [GeneratedRegex(@"^::(error|warning|notice) file=a b/ü%3A%2C%25\.json,line=1,title=[^:,\n]+::[^\r\n]*$")]
    private static partial Regex Annotation();
}
