using McpProbe.Drift.Findings;

namespace McpProbe.Tests.Drift.Findings;

public class SecretPatternsTests
{
    // Put together here, so that no scanner takes the test for a leak. Z stands for as many characters as follow it say.
    [Theory]
    [InlineData("Use _.", "ghp_", 36, "Use ***.", true)]
    [InlineData("Use _.", "ghp_", 35, null, false)]
    [InlineData("Use _.", "sk-", 20, "Use ***.", true)]
    [InlineData("Use _.", "sk-example", 20, "Use ***.", false)]
    [InlineData("Use sk-exampleexampleexample, not _.", "sk-", 20, "Use ***, not ***.", true)]
    [InlineData("Use nothing.", "", 0, null, false)]
    public void Contains_Text_IsSoWithAWholeSecret(string text, string mark, int length, string? redacted, bool found)
    {
        var written = text.Replace("_", mark + new string('Z', length), StringComparison.Ordinal);

        Assert.Equal(found, SecretPatterns.Contains(written));
        Assert.Equal(redacted ?? written, SecretPatterns.Redact(written));
    }
}
