using McpProbe.Endpoints;
using McpProbe.Probing.Net;
using McpProbe.Probing.OAuth;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using static McpProbe.Tests.Probing.OAuth.StubAuth;

namespace McpProbe.Tests.Probing.OAuth;

public class AccessTokensTests
{
    [Fact]
    public async Task GetAsync_MoreTokensThanThereIsRoomFor_DropsTheOneThatEndsFirst()
    {
        await using var stub = await StartAsync((_, asked) => Said.Token(
            "token-" + asked.Form.Single(part => part.StartsWith("scope=", StringComparison.Ordinal)), asked.Body.Contains("scope=short", StringComparison.Ordinal) ? 600 : 3600));
        var tokens = new AccessTokens(capacity: 2);

        var cached = new List<bool>();
        foreach (var scope in new[] { "long", "short", "long", "short", "third", "long", "third", "short" })
            cached.Add(await GetAsync(scope));

        Assert.Equal([false, false, true, true, false, true, true, false], cached);

        async Task<bool> GetAsync(string scope)
        {
            var endpoint = new Endpoint
            {
                Id = "tokens",
                Url = new Uri(stub.Url + "/mcp"),
                OAuth = new OAuthClient { ClientId = "client-1", ClientSecret = "s3cret", TokenUrl = new Uri(stub.Url + "/token"), Scope = scope },
            };
            var options = new ProberOptions();
            using var deadline = new Deadline(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
            var run = new ProbeRun(endpoint, options, TimeProvider.System, deadline);
            var (token, wasCached) = await tokens.GetAsync(
                run, RequestHeaders.Resolve(endpoint, options.Secrets), new ConnectTarget("127.0.0.1", endpoint.Url.Port), TlsMaterial.Default, deadline.Token);
            Assert.Equal("token-scope=" + scope, token.Value);
            return wasCached;
        }
    }

    [Theory]
    [InlineData(3600.0, 2520, 2880, 3600)]
    [InlineData(null, 210, 240, 300)]
    [InlineData(double.NaN, 210, 240, 300)]
    [InlineData(1e300, 60480, 69120, 86400)]
    [InlineData(-1.0, 0, 0, 0)]
    public void Issued_Lifetime_IsRefreshedAtSevenToEightTenthsOfIt(double? expiresIn, int from, int to, int end)
    {
        var now = new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

        for (var i = 0; i < 100; i++)
        {
            var token = AccessToken.Issued("key", "value", expiresIn, now);
            Assert.InRange((token.RefreshAt - now).TotalSeconds, from, to);
            Assert.Equal(end, (token.ExpiresAt - now).TotalSeconds);
        }
    }
}
