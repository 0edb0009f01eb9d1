namespace McpProbe.Server.Tests;

public class ServerCommandTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080", false, null)]
    [InlineData("http://127.9.9.9:0", false, null)]
    [InlineData("http://[::1]:8080", false, null)]
    [InlineData("http://localhost:8080", false, null)]
    [InlineData("https://localhost:8443", false, null)]
    [InlineData("http://0.0.0.0:8080", false, "MCPPROBE_API_KEY")]
    [InlineData("http://[::]:8080", false, "MCPPROBE_API_KEY")]
    [InlineData("http://*:8080", false, "MCPPROBE_API_KEY")]
    [InlineData("http://+:8080", false, "MCPPROBE_API_KEY")]
    [InlineData("http://example.com:8080", false, "MCPPROBE_API_KEY")]
    [InlineData("http://localhost.example.com:8080", false, "MCPPROBE_API_KEY")]
    [InlineData("http://192.168.1.1:8080", false, "MCPPROBE_API_KEY")]
    [InlineData("http://0.0.0.0:8080", true, null)]
    [InlineData("http://*:8080", true, null)]
    [InlineData("ftp://127.0.0.1:8080", true, "http://")]
    [InlineData("http://127.0.0.1:8080/path", true, "without a path")]
    [InlineData("http://unix:/tmp/socket", true, "http://")]
    [InlineData("127.0.0.1:8080", true, "not an address")]
    public void UrlMistake_OfAnAddress_KeepsWhoHasNoKeyOnLoopback(string url, bool hasKey, string? says)
    {
        var mistake = ServerCommand.UrlMistake(url, hasKey);

        if (says is null)
            Assert.Null(mistake);
        else
            Assert.Contains(says, mistake, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://localhost:8080", null)]
    [InlineData("https://localhost", null)]
    [InlineData("http://127.0.0.1:8080", null)]
    [InlineData("http://[::1]:8080", null)]
    [InlineData("https://status.example.com", "MCPPROBE_API_KEY")]
    [InlineData("http://status.example.com", "MCPPROBE_API_KEY")]
    [InlineData("http://localhost.example.com", "MCPPROBE_API_KEY")]
    [InlineData("http://192.168.1.1:8080", "MCPPROBE_API_KEY")]
    [InlineData("http://0.0.0.0:8080", "MCPPROBE_API_KEY")]
    public void PublicUrlMistake_WithoutAKey_IsOneUnlessItIsThisMachine(string url, string? says)
    {
        var mistake = ServerCommand.PublicUrlMistake(url, hasKey: false);

        if (says is null)
            Assert.Null(mistake);
        else
            Assert.Contains(says, mistake, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://status.example.com", true)]
    [InlineData("http://status.example.com:8080/", true)]
    [InlineData("http://[::1]:8080", true)]
    [InlineData("status.example.com", false)]
    [InlineData("//status.example.com", false)]
    [InlineData("ftp://status.example.com", false)]
    [InlineData("https://status.example.com/mcpprobe", false)]
    [InlineData("https://status.example.com/?a=b", false)]
    [InlineData("https://status.example.com/#a", false)]
    [InlineData("https://me@status.example.com", false)]
    [InlineData(" https://status.example.com", false)]
    [InlineData("https://", false)]
    [InlineData("", false)]
    public void PublicUrlMistake_OfAnAddress_TakesTheRootOfASite(string url, bool valid)
    {
        var mistake = ServerCommand.PublicUrlMistake(url, hasKey: true);

        Assert.Equal(valid, mistake is null);
        Assert.True(valid || mistake!.Contains("such as https://status.example.com", StringComparison.Ordinal));
    }
}
