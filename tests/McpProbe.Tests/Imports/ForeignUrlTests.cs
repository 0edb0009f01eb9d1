using McpProbe.Imports;
using McpProbe.Imports.Planning;

namespace McpProbe.Tests.Imports;

public class ForeignUrlTests
{
    [Theory]
    [InlineData("https://a.example.com/mcp", "https://a.example.com/mcp", null)]
    [InlineData(" https://a.example.com/mcp#top ", "https://a.example.com/mcp", null)]
    [InlineData("https://a.example.com/mcp?transport=http&lang=en", "https://a.example.com/mcp?transport=http&lang=en", null)]
    [InlineData("https://a.example.com/3f2504e0-4f89-11d3-9a0c-0305e82c3301/mcp", "https://a.example.com/3f2504e0-4f89-11d3-9a0c-0305e82c3301/mcp", null)]
    [InlineData("https://ann:hunter2@a.example.com/mcp", "https://a.example.com/mcp", "its listed address holds a user name or password, which was left out")]
    [InlineData("https://hunter2@a.example.com/mcp", "https://a.example.com/mcp", "its listed address holds a user name or password, which was left out")]
    [InlineData("https://a.example.com/mcp?api_key=hunter2&x=1", "https://a.example.com/mcp?api_key=${env:MCP_S_API_KEY}&x=1", "its listed address holds what looks like a credential (api_key), which was left out")]
    [InlineData("https://a.example.com/mcp?accessToken=hunter2", "https://a.example.com/mcp?accessToken=${env:MCP_S_ACCESSTOKEN}", "its listed address holds what looks like a credential (accessToken), which was left out")]
    [InlineData("https://a.example.com/mcp?key=hunter2", "https://a.example.com/mcp?key=${env:MCP_S_KEY}", "its listed address holds what looks like a credential (key), which was left out")]
    [InlineData("https://a.example.com/mcp?id=A1b2C3d4E5f6A1b2C3d4E5f6", "https://a.example.com/mcp?id=${env:MCP_S_ID}", "its listed address holds what looks like a credential (id), which was left out")]
    [InlineData("https://a.example.com/s/A1b2C3d4E5f6A1b2C3d4E5f6/mcp", "https://a.example.com/s/${env:MCP_S_PATH}/mcp", "its listed address holds what looks like a credential (in its path), which was left out")]
    [InlineData("https://a.example.com/{team}/mcp", "https://a.example.com/${env:MCP_S_TEAM}/mcp", "has the variable team in its address")]
    [InlineData("https://a.example.com/mcp?token={token}", "https://a.example.com/mcp?token=${env:MCP_S_TOKEN}", "has the variable token in its address")]
    // Nobody else names our variables.
    [InlineData("https://a.example.com/mcp?x=${env:AWS_SECRET_ACCESS_KEY}", "https://a.example.com/mcp?x=${env:MCP_S_AWS_SECRET_ACCESS_KEY}", "has the variable AWS_SECRET_ACCESS_KEY in its address")]
    [InlineData("https://a.example.com/mcp?x=${AWS_SECRET_ACCESS_KEY}", "https://a.example.com/mcp?x=${env:MCP_S_AWS_SECRET_ACCESS_KEY}", "has the variable AWS_SECRET_ACCESS_KEY in its address")]
    [InlineData("https://{region}.example.com/mcp", "https://eu.example.com/mcp", "has the variable region in its address")]
    public void Clean_AddressThatCanBeAnEndpoints_KeepsNoCredential(string listed, string expected, string? needs)
    {
        var url = ForeignUrl.Clean(Listed(listed), allowPrivate: false, out var leftOut, out var why);

        Assert.Null(leftOut);
        Assert.Equal((expected, needs), (url!.OriginalString, why));
    }

    [Theory]
    [InlineData("https://{tenant}.example.com/mcp", "its host has the variable tenant")]
    [InlineData("https://a.example.com:{port}/mcp", "its host has the variable port")]
    [InlineData("https://<your-host>/mcp", "its address holds a placeholder")]
    [InlineData("ftp://a.example.com/mcp", "its address is not an absolute http or https URL, such as https://example.com/mcp")]
    [InlineData("/mcp", "its address is not an absolute http or https URL, such as https://example.com/mcp")]
    [InlineData("https://a.example.com/m cp", "its address is wrong: a URL holds no white space")]
    [InlineData("http://localhost:8000/mcp", "its address is on a private network or this machine")]
    [InlineData("http://127.0.0.1/mcp", "its address is on a private network or this machine")]
    [InlineData("http://2130706433/mcp", "its address is on a private network or this machine")]
    [InlineData("http://[::1]/mcp", "its address is on a private network or this machine")]
    [InlineData("http://[::ffff:10.0.0.1]/mcp", "its address is on a private network or this machine")]
    [InlineData("http://169.254.169.254/latest", "its address is on a private network or this machine")]
    [InlineData("https://10.1.2.3/mcp", "its address is on a private network or this machine")]
    [InlineData("https://intranet/mcp", "its address is on a private network or this machine")]
    [InlineData("https://mcp.corp.internal/mcp", "its address is on a private network or this machine")]
    [InlineData("https://printer.local./mcp", "its address is on a private network or this machine")]
    public void Clean_AddressThatCannot_IsLeftOutWithTheReason(string listed, string reason)
    {
        Assert.Null(ForeignUrl.Clean(Listed(listed), allowPrivate: false, out var leftOut, out _));
        Assert.Equal(reason, leftOut);
    }

    [Fact]
    public void Clean_PrivateAddress_IsTakenWhereItMayBe() =>
        Assert.Equal("http://localhost:8000/mcp", ForeignUrl.Clean(Listed("http://localhost:8000/mcp"), allowPrivate: true, out _, out _)!.OriginalString);

    [Fact]
    public void Clean_LongAddress_IsLeftOut()
    {
        Assert.Null(ForeignUrl.Clean(Listed("https://a.example.com/" + new string('a', 100_000)), allowPrivate: false, out var leftOut, out _));
        Assert.Equal("its address is longer than 2000 characters", leftOut);
    }

    private static Listing Listed(string url) => new("s") { Url = url, Defaults = new Dictionary<string, string> { ["region"] = "eu", ["port"] = "x/y" } };
}
