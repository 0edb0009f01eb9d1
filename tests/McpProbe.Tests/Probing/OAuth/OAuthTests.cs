using System.Net;
using System.Text;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Tests.Probing.OAuth.StubAuth;

namespace McpProbe.Tests.Probing.OAuth;

/// <summary>The token request, its answers, and how long a token is kept. How the token endpoint is found: <see cref="TokenDiscoveryTests"/>.</summary>
public class OAuthTests
{
    private const string Secret = "s3cret-of-the-client";

    private static CancellationToken TestToken => TestContext.Current.CancellationToken;

    private static McpProber Prober(TimeProvider? time = null, Func<string, string?>? secrets = null) =>
        new(new ProberOptions { Secrets = secrets ?? (name => name == "SECRET" ? Secret : null) }, time ?? TimeProvider.System);

    private static Endpoint To(StubAuth mcp, string? tokenUrl = null, string? scope = null) => new()
    {
        Id = "oauth",
        Url = new Uri(mcp.Url + "/mcp"),
        Timeout = TimeSpan.FromSeconds(30),
        OAuth = new OAuthClient { ClientId = "client-1", ClientSecret = "${env:SECRET}", TokenUrl = new Uri(tokenUrl ?? mcp.Url + "/token"), Scope = scope },
    };

    private static void AssertFailure(ProbeResult result, FailureKind kind, string message)
    {
        Assert.True(result.Failure is not null, "healthy");
        Assert.Equal((kind, kind is FailureKind.Config ? Verdict.Unknown : Verdict.Down), (result.Failure!.Kind, result.Verdict));
        Assert.Contains(message, result.Failure.Message, StringComparison.Ordinal);
        Assert.Matches("^.{20,500}\\.$", result.Failure.Message);
        AssertNothingTold(result);
    }

    private static void AssertNothingTold(ProbeResult result)
    {
        Assert.DoesNotContain(Secret, result.Failure?.Message ?? "", StringComparison.Ordinal);
        Assert.DoesNotContain(result.Log, line => line.Contains(Secret, StringComparison.Ordinal) || line.Contains("token-1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ProbeAsync_TokenUrlGiven_SendsOneExactRequestAndThenTheToken()
    {
        await using var stub = await StartAsync(Usual);
        const string Id = "cli:ent/ä&=", OddSecret = "s p+c%&=:é\"*~";
        var endpoint = To(stub, scope: "mcp:read mcp:list") with { Url = new Uri(stub.Url + "/mcp?tenant=private"), Headers = new Dictionary<string, string> { ["X-Api-Key"] = "key-1" } };

        var result = await Prober(secrets: name => name == "ID" ? Id : OddSecret).ProbeAsync(
            endpoint with { OAuth = endpoint.OAuth! with { ClientId = "${env:ID}" } }, TestToken);

        Assert.True(result.Verdict is Verdict.Healthy, result.Failure?.Message);
        var asked = stub.Requests.First();
        Assert.Equal(("POST", "/token", "application/x-www-form-urlencoded", "application/json"), (asked.Method, asked.Path, asked.Header("Content-Type"), asked.Header("Accept")));
        Assert.Equal(["grant_type=client_credentials", "scope=mcp:read mcp:list", $"resource={stub.Url}/mcp"], asked.Form);
        Assert.Null(asked.Header("X-Api-Key"));
        // RFC 6749, 2.3.1: each part is form-encoded before they are joined.
        var basic = Encoding.ASCII.GetString(Convert.FromBase64String(asked.Header("Authorization")!["Basic ".Length..])).Split(':');
        Assert.Equal([Id, OddSecret], basic.Select(part => WebUtility.UrlDecode(part)));
        Assert.All(stub.Requests.Skip(1), request => Assert.Equal(("/mcp", "Bearer token-1", "key-1"), (request.Path, request.Header("Authorization"), request.Header("X-Api-Key"))));
    }

    [Theory]
    [InlineData("""{"access_token":"token-1","token_type":"bEaReR"}""")]
    [InlineData("""{"access_token":"token-1","token_type":"Bearer","expires_in":"3600","scope":7,"extra":{"a":[1]}}""")]
    [InlineData("""{"access_token":"token-1","token_type":"Bearer","expires_in":1e300}""")]
    [InlineData("""{"access_token":"token-1","token_type":"Bearer","expires_in":-5}""")]
    public async Task ProbeAsync_TokenAnswerOddButRight_IsUsed(string body)
    {
        await using var stub = await StartAsync((stub, asked) => asked.Path == "/token" ? new Said(200, body) : Usual(stub, asked));

        var result = await Prober().ProbeAsync(To(stub), TestToken);

        Assert.True(result.Verdict is Verdict.Healthy, result.Failure?.Message);
        AssertNothingTold(result);
    }

    [Theory]
    [InlineData(401, """{"error":"invalid_client"}""", FailureKind.AuthFailed, "refused the client: 'invalid_client'")]
    [InlineData(400, """{"error":"invalid_scope","error_description":"not for s3cret-of-the-client"}""", FailureKind.AuthFailed, "'invalid_scope' (not for ***)")]
    [InlineData(400, """{"error":"unauthorized_client","error_description":"Basic Y2xpZW50LTE6czNjcmV0LW9mLXRoZS1jbGllbnQ="}""", FailureKind.AuthFailed, "'unauthorized_client' (Basic ***)")]
    [InlineData(403, "<html>no</html>", FailureKind.AuthFailed, "refused the client: HTTP 403")]
    [InlineData(418, """{"error":"temporarily_odd"}""", FailureKind.AuthFailed, "'temporarily_odd'")]
    [InlineData(404, "", FailureKind.HttpStatus, "HTTP 404, so there is no token; check its URL.")]
    [InlineData(302, "", FailureKind.Redirect, "HTTP 302")]
    [InlineData(429, "", FailureKind.HttpStatus, "HTTP 429")]
    [InlineData(503, "{}", FailureKind.HttpStatus, "HTTP 503, so there is no token; look at its log.")]
    [InlineData(200, "", FailureKind.AuthFailed, "without an access token")]
    [InlineData(200, "[]", FailureKind.AuthFailed, "without an access token")]
    [InlineData(200, "<html></html>", FailureKind.AuthFailed, "without an access token")]
    [InlineData(200, """{"access_token":"","token_type":"Bearer"}""", FailureKind.AuthFailed, "without an access token")]
    [InlineData(200, """{"access_token":"a\r\nX-Evil: 1","token_type":"Bearer"}""", FailureKind.AuthFailed, "without an access token")]
    [InlineData(200, """{"access_token":"\ud800","token_type":"Bearer"}""", FailureKind.AuthFailed, "without an access token")]
    [InlineData(200, """{"access_token":"token-1","token_type":"DPoP"}""", FailureKind.AuthFailed, "of type 'DPoP', not Bearer")]
    [InlineData(200, """{"access_token":"token-1"}""", FailureKind.AuthFailed, "of type 'none', not Bearer")]
    public async Task ProbeAsync_TokenEndpointRefuses_SaysSoAndSendsTheServerNothing(int status, string body, FailureKind kind, string message)
    {
        await using var stub = await StartAsync((stub, asked) => asked.Path == "/token" ? new Said(status, body) { Location = status == 302 ? "/elsewhere" : null } : Usual(stub, asked));

        var result = await Prober().ProbeAsync(To(stub), TestToken);

        AssertFailure(result, kind, message);
        Assert.Equal((Phase.Handshake, status == 200 ? null : status), (result.Failure!.Phase, result.Failure.HttpStatus));
        Assert.StartsWith($"The token endpoint ({stub.Url})", result.Failure.Message, StringComparison.Ordinal);
        Assert.All(stub.Requests, request => Assert.Equal("/token", request.Path));
    }

    [Fact]
    public async Task ProbeAsync_TokenAnswerEndless_IsTooLarge()
    {
        await using var stub = await StartAsync((stub, asked) => asked.Path == "/token" ? new Said(200, new string(' ', 300_000)) : Usual(stub, asked));

        AssertFailure(await Prober().ProbeAsync(To(stub), TestToken), FailureKind.TooLarge, "The token endpoint (http://127.0.0.1:");
    }

    [Fact]
    public async Task ProbeAsync_TokenEndpointNotReachable_HasItsOwnKindAndIsNamed()
    {
        await using var stub = await StartAsync(Usual);
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);

        AssertFailure(await Prober().ProbeAsync(To(stub, $"http://127.0.0.1:{RealServer.FreePort()}/token"), TestToken), FailureKind.Refused, "The token endpoint (http://127.0.0.1:");
        AssertFailure(await Prober().ProbeAsync(To(stub, "https://no-such-host.invalid/token"), TestToken), FailureKind.Dns, "The token endpoint (https://no-such-host.invalid): The host name");
        AssertFailure(await Prober().ProbeAsync(To(stub, "https://169.254.169.254/token"), TestToken), FailureKind.BlockedAddress, "The token endpoint (https://169.254.169.254)");
        AssertFailure(await Prober().ProbeAsync(To(stub, stub.Url.Replace("http:", "https:", StringComparison.Ordinal) + "/token"), TestToken), FailureKind.Tls, "The token endpoint (https://127.0.0.1:");
        Assert.Empty(stub.Requests);
    }

    [Fact]
    public async Task ProbeAsync_TokenEndpointHangs_TimesOutAndIsNamed()
    {
        var time = new FakeTimeProvider();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stub = await StartAsync((_, _) =>
        {
            reached.TrySetResult();
            return null;
        });

        var probe = Prober(time).ProbeAsync(To(stub) with { Timeout = TimeSpan.FromSeconds(7) }, TestToken);
        await reached.Task.WaitAsync(TestToken);
        time.Advance(TimeSpan.FromSeconds(7));

        AssertFailure(await probe, FailureKind.Timeout, $"The token endpoint ({stub.Url}) did not answer within 7 s");
    }

    [Fact]
    public async Task ProbeAsync_TokenTakesLong_IsNotCountedAsHandshake()
    {
        var time = new FakeTimeProvider();
        await using var stub = await StartAsync((stub, asked) =>
        {
            if (asked.Path == "/token")
                time.Advance(TimeSpan.FromSeconds(3));
            return Usual(stub, asked);
        });

        var result = await Prober(time).ProbeAsync(To(stub), TestToken);

        Assert.Equal((Verdict.Healthy, 0, 3000), (result.Verdict, result.Timings.HandshakeMs, result.Timings.TotalMs));
    }

    [Fact]
    public async Task ProbeAsync_ServerTakesTheSecretInTheBodyOnly_IsFoundOut()
    {
        await using var stub = await StartAsync((stub, asked) => asked.Path == "/token" && asked.Header("Authorization") is not null
            ? Said.Json(new { error = "invalid_client" }, 401)
            : Usual(stub, asked));

        var result = await Prober().ProbeAsync(To(stub), TestToken);

        Assert.True(result.Verdict is Verdict.Healthy, result.Failure?.Message);
        Assert.Equal(["grant_type=client_credentials", $"resource={stub.Url}/mcp", "client_id=client-1", $"client_secret={Secret}"], stub.TokenRequests.Last().Form);
        Assert.Equal(2, stub.TokenRequests.Count());
    }

    [Theory]
    [InlineData("api://mcp/.default", true)]
    [InlineData(null, false)] // what the token is for must be said by one of the two
    public async Task ProbeAsync_ServerRefusesResource_AsksByScopeAlone(string? scope, bool healthy)
    {
        await using var stub = await StartAsync((stub, asked) => asked.Path == "/token" && asked.Body.Contains("resource=", StringComparison.Ordinal)
            ? Said.Json(new { error = "invalid_target" }, 400)
            : Usual(stub, asked));

        var result = await Prober().ProbeAsync(To(stub, scope: scope), TestToken);

        if (healthy)
            Assert.True(result.Verdict is Verdict.Healthy, result.Failure?.Message);
        else
            AssertFailure(result, FailureKind.AuthFailed, "invalid_target");
        Assert.Equal(healthy ? 2 : 1, stub.TokenRequests.Count());
    }

    [Fact]
    public async Task ProbeAsync_TokenStillYoung_IsUsedAgainAndRefreshedBeforeItsEnd()
    {
        var (time, issued) = (new FakeTimeProvider(), 0);
        await using var stub = await StartAsync((stub, asked) => asked.Path switch
        {
            "/token" => Said.Token($"token-1-{++issued}", 1000),
            "/mcp" => Said.Mcp($"token-1-{issued}", null),
            _ => new Said(404),
        });
        var prober = Prober(time);

        foreach (var (seconds, expected) in new[] { (0, 1), (699, 1), (102, 2), (699, 2), (500, 3) })
        {
            time.Advance(TimeSpan.FromSeconds(seconds));
            var result = await prober.ProbeAsync(To(stub), TestToken);
            Assert.True(result.Verdict is Verdict.Healthy, result.Failure?.Message);
            Assert.Equal(expected, issued);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ProbeAsync_RefreshFailsWhileTheTokenWorks_UsesItAndFailsAtItsEnd(bool hangs)
    {
        var (time, fails, asks) = (new FakeTimeProvider(), false, 0);
        var reached = new SemaphoreSlim(0);
        await using var stub = await StartAsync((stub, asked) =>
        {
            if (asked.Path != "/token" || !fails)
                return asked.Path == "/token" ? Said.Token("token-1", 1000) : Usual(stub, asked);
            asks++;
            reached.Release();
            return hangs ? null : new Said(503);
        });
        var prober = Prober(time);
        await prober.ProbeAsync(To(stub), TestToken);
        fails = true;

        time.Advance(TimeSpan.FromSeconds(850));
        var refreshing = prober.ProbeAsync(To(stub), TestToken);
        await reached.WaitAsync(TestToken);
        if (hangs)
            time.Advance(TimeSpan.FromSeconds(8)); // a quarter of the deadline, and a little
        var refreshed = await refreshing;
        var soonAfter = await prober.ProbeAsync(To(stub), TestToken);
        time.Advance(TimeSpan.FromSeconds(150));
        var ended = prober.ProbeAsync(To(stub), TestToken);
        await reached.WaitAsync(TestToken);
        if (hangs)
            time.Advance(TimeSpan.FromSeconds(30));

        Assert.True(refreshed.Verdict is Verdict.Healthy, refreshed.Failure?.Message);
        Assert.Contains(refreshed.Log, line => line.StartsWith("token not refreshed", StringComparison.Ordinal));
        Assert.Equal(Verdict.Healthy, soonAfter.Verdict);
        AssertFailure(await ended, hangs ? FailureKind.Timeout : FailureKind.HttpStatus, "The token endpoint");
        Assert.Equal(2, asks);
    }

    [Fact]
    public async Task ProbeAsync_CachedTokenRevoked_GetsANewOneOnceWithinTheProbe()
    {
        var (issued, valid) = (0, "token-1-1");
        await using var stub = await StartAsync((stub, asked) => asked.Path switch
        {
            "/token" => Said.Token($"token-1-{++issued}"),
            "/mcp" => Said.Mcp(valid, "Bearer error=\"invalid_token\""),
            _ => new Said(404),
        });
        var prober = Prober();
        await prober.ProbeAsync(To(stub), TestToken);

        valid = "token-1-2";
        var healed = await prober.ProbeAsync(To(stub), TestToken);
        valid = "another";
        var refused = await prober.ProbeAsync(To(stub), TestToken);
        var still = await prober.ProbeAsync(To(stub), TestToken);

        Assert.True(healed.Verdict is Verdict.Healthy, healed.Failure?.Message);
        Assert.Equal(1, healed.Attempts);
        Assert.Contains("the token of an earlier probe was refused; trying a new one", healed.Log);
        AssertFailure(refused, FailureKind.AuthFailed, "HTTP 401: the credentials were refused");
        AssertFailure(still, FailureKind.AuthFailed, "HTTP 401: the credentials were refused");
        Assert.Equal(4, issued); // 1, its successor, one more that is refused too, and a fresh one for the last probe, which repeats nothing
    }

    [Fact]
    public async Task ProbeAsync_SecretRotated_GetsATokenWithTheNewOne()
    {
        await using var stub = await StartAsync(Usual);
        var secret = "first-secret";
        var prober = Prober(secrets: _ => secret);

        await prober.ProbeAsync(To(stub), TestToken);
        secret = "second-secret";
        var result = await prober.ProbeAsync(To(stub), TestToken);

        Assert.Equal(Verdict.Healthy, result.Verdict);
        Assert.Equal(["client-1:first-secret", "client-1:second-secret"],
            stub.TokenRequests.Select(request => Encoding.ASCII.GetString(Convert.FromBase64String(request.Header("Authorization")!["Basic ".Length..]))));
    }

    [Fact]
    public async Task ProbeAsync_ManyAtOnce_ShareOneTokenRequest()
    {
        await using var stub = await StartAsync(Usual);
        var prober = Prober();

        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => prober.ProbeAsync(To(stub) with { Id = $"e{i}" }, TestToken)));

        Assert.All(results, result => Assert.Equal(Verdict.Healthy, result.Verdict));
        Assert.Single(stub.TokenRequests);
    }

    [Fact]
    public async Task ProbeAsync_WaiterGivesUp_OthersGetTheToken()
    {
        using var caller = new CancellationTokenSource();
        var first = true;
        await using var stub = await StartAsync((stub, asked) =>
        {
            if (asked.Path != "/token" || !first)
                return Usual(stub, asked);
            first = false;
            caller.Cancel();
            return null;
        });
        var prober = Prober();

        var cancelled = prober.ProbeAsync(To(stub), caller.Token);
        var other = prober.ProbeAsync(To(stub), TestToken);

        Assert.Equal(FailureKind.Cancelled, (await cancelled).Failure?.Kind);
        Assert.Equal(Verdict.Healthy, (await other).Verdict);
    }

    [Fact]
    public async Task ProbeAsync_TokensOfOtherClientsOrScopes_AreNotShared()
    {
        await using var stub = await StartAsync(Usual);
        var prober = Prober();
        var endpoint = To(stub);
        Endpoint[] endpoints =
        [
            endpoint, endpoint with { OAuth = endpoint.OAuth! with { ClientId = "client-2" } }, endpoint with { OAuth = endpoint.OAuth with { Scope = "x" } },
            endpoint with { Url = new Uri(stub.Url + "/mcp?x=1") }, endpoint with { Headers = new Dictionary<string, string> { ["X-Tenant"] = "2" } },
        ];

        foreach (var one in endpoints.Concat(endpoints))
            await prober.ProbeAsync(one, TestToken);

        Assert.Equal(endpoints.Length, stub.TokenRequests.Count());
    }

    [Theory]
    [InlineData("${env:NOPE}", null, null, "oauth.clientSecret needs the environment variable NOPE")]
    [InlineData("", null, null, "oauth.clientSecret is empty")]
    [InlineData("${env:SECRET}", "http://auth.example.com/token", null, "oauth.tokenUrl is neither https")]
    [InlineData("${env:SECRET}", "https://user@auth.example.com/token", null, "oauth.tokenUrl is neither https")]
    [InlineData("${env:SECRET}", null, "bearer", "keep one of them")]
    public async Task ProbeAsync_SettingsThatCannotBe_IsConfigAndNothingIsSent(string secret, string? tokenUrl, string? bearer, string message)
    {
        await using var stub = await StartAsync(Usual);
        var endpoint = To(stub, tokenUrl);

        var result = await Prober().ProbeAsync(endpoint with { Bearer = bearer, OAuth = endpoint.OAuth! with { ClientSecret = secret } }, TestToken);

        AssertFailure(result, FailureKind.Config, message);
        Assert.Empty(stub.Requests);
    }
}
