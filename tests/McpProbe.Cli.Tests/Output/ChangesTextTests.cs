using System.Text;
using System.Text.Json;
using McpProbe.Cli.Output;
using McpProbe.Drift;
using McpProbe.Model;

namespace McpProbe.Cli.Tests.Output;

public class ChangesTextTests
{
    [Fact]
    public void Append_Changes_AreGroupedByToolWorstFirst()
    {
        Assert.Equal(
            """
              add
                ✘ breaking  input-required-added  /inputSchema/required
                            The argument 'b' is required now; calls without it will fail.
                            + "b"

              echo
                ▲ warning   title-changed  /title
                            The tool's title changed.
                            "Echo" → "Echo it"
                · info      default-changed  /inputSchema/properties/n/default
                            The default changed.
                            1 → 2

              3 changes: 1 breaking, 1 warning, 1 info in 2 tools

            """,
            Render(
                Change(ChangeClass.Breaking, "input-required-added", "add", "/inputSchema/required", null, "\"b\"", "The argument 'b' is required now; calls without it will fail."),
                Change(ChangeClass.Warning, "title-changed", "echo", "/title", "\"Echo\"", "\"Echo it\"", "The tool's title changed."),
                Change(ChangeClass.Info, "default-changed", "echo", "/inputSchema/properties/n/default", "1", "2", "The default changed.")),
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void Append_LongTexts_AreShownFromTheDifference()
    {
        var same = string.Concat(Enumerable.Repeat("the same words ", 10));

        var text = Render(Change(ChangeClass.Warning, "description-changed", "echo", "/description", $"\"{same}before\"", $"\"{same}after {same}\"", "Changed."));

        Assert.Contains("- …the same words before\"\n", text, StringComparison.Ordinal);
        Assert.Contains("+ …the same words after the same words", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, 100));
    }

    [Fact]
    public void Append_Foreign_ShowsWhatCannotBeSeenAndSteersNothing()
    {
        var text = Render(Change(ChangeClass.Breaking, "r", Reports.Evil, "/" + Reports.Evil, "\"a\\u200b\"", "\"a\"", Reports.Evil));

        Assert.True(Reports.IsClean(text));
        Assert.Contains("\"a\\u{200b}\" → \"a\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Append_NoChange_SaysNothing() => Assert.Equal("", Render());

    [Fact]
    public void Append_OnAColourTerminal_ColoursTheClass()
    {
        var text = new StringBuilder();
        ChangesText.Append(text, Comparison.Of([Change(ChangeClass.Breaking, "r", "t", "/p", "1", "2", "m")], []), new Style(Colour: true), 100);

        Assert.Contains("\e[31m✘\e[0m \e[31mbreaking  \e[0mr", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("\e[31m1\e[0m → \e[32m2\e[0m", text.ToString(), StringComparison.Ordinal);
    }

    private static string Render(params Change[] changes)
    {
        var text = new StringBuilder();
        ChangesText.Append(text, Comparison.Of(changes, []), default, 100);
        return text.ToString();
    }

    private static Change Change(ChangeClass level, string rule, string tool, string path, string? before, string? after, string message) =>
        new(level, rule, tool, path, Json(before), Json(after), message);

    private static JsonElement? Json(string? json) => json is null ? null : JsonSerializer.Deserialize<JsonElement>(json);
}
