using McpProbe.Drift.Findings;
using McpProbe.Model;

namespace McpProbe.Tests.Drift.Findings;

public class ToolWordTests
{
    [Theory]
    [InlineData("send_email", FindingLevel.Hard, FindingLevel.Hard)]
    [InlineData("sendEmail", FindingLevel.Hard, FindingLevel.Hard)]
    [InlineData("page_token", null, null)]
    [InlineData("callbackUrl", null, null)]
    [InlineData("API_KEY", null, null)]
    [InlineData("SEND_EMAIL", null, null)]
    [InlineData("dry_run", null, FindingLevel.Hard)]
    [InlineData("user_name", null, FindingLevel.Hard)]
    [InlineData("search_query", FindingLevel.Soft, FindingLevel.Hard)]
    [InlineData("search_web", FindingLevel.Hard, FindingLevel.Hard)]
    [InlineData("read_file", FindingLevel.Hard, FindingLevel.Hard)]
    [InlineData("email_send", FindingLevel.Hard, FindingLevel.Hard)]
    [InlineData("whatsapp_bot", FindingLevel.Soft, FindingLevel.Hard)]
    public void LevelOf_Word_IsHowSureItIsATool(string name, FindingLevel? used, FindingLevel? called)
    {
        Assert.Equal(used, ToolWord.LevelOf(name, called: false));
        Assert.Equal(called, ToolWord.LevelOf(name, called: true));
    }
}
