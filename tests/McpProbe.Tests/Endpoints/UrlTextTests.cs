using McpProbe.Endpoints;

namespace McpProbe.Tests.Endpoints;

public class UrlTextTests
{
    [Theory]
    [InlineData("https://example.com/mcp", "https://example.com/mcp")]
    [InlineData("https://example.com:8443/a%2Fb/mcp/", "https://example.com:8443/a%2Fb/mcp/")]
    [InlineData("https://example.com/mcp?apiKey=abc&x=1", "https://example.com/mcp?***")]
    [InlineData("https://example.com?key=${env:KEY}", "https://example.com?***")]
    [InlineData("https://example.com/s/${env:KEY}/mcp", "https://example.com/s/***/mcp")]
    [InlineData("https://user:password@example.com/mcp", "https://example.com/mcp")]
    public void Target_Url_HasNoSecretAndNoQuery(string url, string expected)
    {
        var endpoint = new Endpoint { Id = "a", Url = new Uri(url) };

        Assert.Equal(expected, endpoint.Target);
        Assert.Equal(expected, endpoint.PublicTarget);
        Assert.Equal(new Uri(url).GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped), (endpoint with { HideUrl = true }).PublicTarget);
    }

    [Fact]
    public void PublicTarget_HiddenCommand_IsItsExecutable()
    {
        var endpoint = new Endpoint { Id = "a", Command = ["/opt/tools/server", "--token", "abc"] };

        Assert.Equal("/opt/tools/server --token abc", endpoint.PublicTarget);
        Assert.Equal("server", (endpoint with { HideUrl = true }).PublicTarget);
    }

    [Theory]
    [InlineData("https://example.com/mcp?key=${env:A}", "a b&c=d#e?/%", "https://example.com/mcp?key=a%20b%26c%3Dd%23e%3F%2F%25")]
    [InlineData("https://example.com/${env:A}/mcp", "../admin?x", "https://example.com/..%2Fadmin%3Fx/mcp")]
    [InlineData("https://example.com/${env:A}/mcp", "ä€😀", "https://example.com/%C3%A4%E2%82%AC%F0%9F%98%80/mcp")]
    [InlineData("https://example.com/v-${env:A}?a=${env:A}${env:A}", "x+y", "https://example.com/v-x%2By?a=x%2Byx%2By")]
    [InlineData("https://example.com?${env:A}", "plain", "https://example.com/?plain")]
    [InlineData("https://example.com/%41/mcp?q=%20", "unused", "https://example.com/A/mcp?q=%20")]
    public void Resolve_Value_IsOnePieceOfThePathOrTheQuery(string url, string value, string expected)
    {
        var resolved = UrlText.Resolve(new Uri(url), _ => value, out var mistake);

        Assert.Null(mistake);
        Assert.Equal(expected, resolved!.AbsoluteUri);
    }

    [Theory]
    [InlineData("https://example.com/a/${env:A}/mcp", "..")]
    [InlineData("https://example.com/a/.${env:A}/mcp", ".")]
    [InlineData("https://example.com/a/${env:A}", ".")]
    public void Resolve_ValueThatMakesAStepUp_IsAMistakeWithoutTheValue(string url, string value)
    {
        Assert.Null(UrlText.Resolve(new Uri(url), _ => value, out var mistake));
        Assert.Contains("correct the value", mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_UnsetVariable_IsNamed()
    {
        Assert.Null(UrlText.Resolve(new Uri("https://example.com/mcp?key=${env:NO_SUCH_KEY}"), _ => null, out var mistake));
        Assert.StartsWith("needs the environment variable NO_SUCH_KEY, which is not set", mistake, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://example.com/mcp?key=x", "https://example.com/mcp?key=x")]
    [InlineData("https://example.com/a/b-${env:A}/mcp", "https://example.com/a/")]
    [InlineData("https://example.com/${env:A}", "https://example.com/")]
    [InlineData("https://example.com/mcp?key=${env:A}", "https://example.com/mcp")]
    public void WithoutSecrets_Url_EndsBeforeTheFirst(string url, string expected) =>
        Assert.Equal(expected, UrlText.WithoutSecrets(new Uri(url)).OriginalString);
}
