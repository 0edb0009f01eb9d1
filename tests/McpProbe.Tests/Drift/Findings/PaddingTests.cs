using McpProbe.Drift.Findings;

namespace McpProbe.Tests.Drift.Findings;

public class PaddingTests
{
    // S stands for a space, N for a line feed, each with its number before it.
    [Theory]
    [InlineData("Reads.64Sand more.", "and more.")]
    [InlineData("Reads.63Sand more.", null)]
    [InlineData("Reads.64S", null)]
    [InlineData("Reads.16Nand more.", "and more.")]
    [InlineData("Reads.15Nand more.", null)]
    [InlineData("Reads.16N", null)]
    [InlineData("64Sx", "x")]
    [InlineData("Reads.40S1N40Sand more.", null)]
    [InlineData("Reads.1N64Sand more.", "and more.")]
    [InlineData("Reads.1N63Sand more.", null)]
    [InlineData("Reads.64S1Nand more.", "and more.")]
    [InlineData("Reads.4Sx4Sy64Sand more.", "and more.")]
    [InlineData("Reads.4Sx16Nand more.", "and more.")]
    [InlineData("Reads.4Nx64Sand more.", "and more.")]
    [InlineData("Reads.4Sx yNz64Sw", "w")]
    [InlineData("Reads.70Sx70Sy", "x70Sy")]
    public void Find_WhiteSpaceBeforeText_IsTold(string text, string? after)
    {
        var found = TextFindings.Of(Written(text), Padding.Find);

        Assert.Equal(after is null ? [] : [$"padding soft: '{Written(after).Replace("\n", " ", StringComparison.Ordinal)}'"], found);
    }

    private static string Written(string text) => System.Text.RegularExpressions.Regex.Replace(
        text, "([0-9]+)([SN])|N", match => new string(match.Groups[2].Value == "S" ? ' ' : '\n', match.Groups[1].Success ? int.Parse(match.Groups[1].Value, null) : 1));
}
