using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using static McpProbe.Tests.Probing.OAuth.StubAuth;

namespace McpProbe.Tests.Probing.OAuth;

/// <summary>How the token endpoint is found, and every way in which a server could lead the secret astray.</summary>
public class TokenDiscoveryTests
{
    private const string Secret = "s3cret-of-the-client";
    private const string ResourceMetadata = "/.well-known/oauth-protected-resource";
    private const string ServerMetadata = "/.well-known/oauth-authorization-server";

    private static CancellationToken TestToken => TestContext.Current.CancellationToken;

    private static Endpoint To(StubAuth mcp, string? issuer = null) => new()
    {
        Id = "oauth",
        Url = new Uri(mcp.Url + "/mcp"),
        Timeout = TimeSpan.FromSeconds(30),
        OAuth = new OAuthClient { ClientId = "client-1", ClientSecret = "${env:SECRET}", Issuer = issuer is null ? null : new Uri(issuer) },
    };

    private static Task<ProbeResult> ProbeAsync(Endpoint endpoint) =>
        new McpProber(new ProberOptions { Secrets = _ => Secret }, TimeProvider.System).ProbeAsync(endpoint, TestToken);

    private static void AssertHealthy(ProbeResult result) =>
        Assert.True(result.Verdict is Verdict.Healthy, result.Failure?.Message + "\n" + string.Join('\n', result.Log));

    /// <summary>An MCP server that describes itself as told.</summary>
    /// <param name="metadata">By path; in it <c>$OWN</c> stands for the server's own URL.</param>
    /// <param name="challenge">In it too.</param>
    private static Task<StubAuth> McpAsync(Dictionary<string, string> metadata, string? challenge = null, int status = 401) => StartAsync((stub, asked) => asked.Path switch
    {
        "/mcp" => Said.Mcp("token-1", challenge?.Replace("$OWN", stub.Url, StringComparison.Ordinal)) with { Status = status },
        "/token" or "/tenant/token" => Said.Token("token-1"),
        _ when metadata.TryGetValue(asked.Path, out var body) => new Said(200, body.Replace("$OWN", stub.Url, StringComparison.Ordinal)),
        _ => new Said(404),
    });

    [Fact]
    public async Task ProbeAsync_ChallengeNamesTheMetadata_FollowsItToTheTokenWithTheChallengesScope()
    {
        await using var stub = await McpAsync(
            new()
            {
                ["/meta"] = """{"resource":"$OWN","authorization_servers":["https://elsewhere.invalid","$OWN/tenant"]}""",
                [ServerMetadata + "/tenant"] = """{"issuer":"$OWN/tenant","token_endpoint":"$OWN/tenant/token","token_endpoint_auth_methods_supported":["private_key_jwt","client_secret_basic","client_secret_post"]}""",
            },
            "Bearer error=\"invalid_token\", resource_metadata=\"$OWN/meta\", scope=\"mcp:read mcp:list\"");

        AssertHealthy(await ProbeAsync(To(stub) with { Headers = new Dictionary<string, string> { ["X-Tenant"] = "7" } }));

        Assert.Equal(["POST /mcp", "GET /meta", $"GET {ServerMetadata}/tenant", "POST /tenant/token"], stub.Paths.Take(4));
        Assert.Equal(("server/discover", "7", null), (stub.Requests.First().Header("Mcp-Method"), stub.Requests.First().Header("X-Tenant"), stub.Requests.First().Header("Authorization")));
        Assert.Equal(["grant_type=client_credentials", "scope=mcp:read mcp:list", $"resource={stub.Url}"], stub.Requests.ElementAt(3).Form);
    }

    [Fact]
    public async Task ProbeAsync_NoChallenge_TriesThePlacesInTheSpecificationsOrder()
    {
        await using var stub = await McpAsync(new()
        {
            [ResourceMetadata] = """{"resource":"$OWN/mcp/","authorization_servers":["$OWN/tenant/"]}""",
            ["/tenant/.well-known/openid-configuration"] = """{"issuer":"$OWN/tenant/","token_endpoint":"$OWN/token","token_endpoint_auth_methods_supported":["client_secret_post"]}""",
        });

        AssertHealthy(await ProbeAsync(To(stub)));

        Assert.Equal(
            ["POST /mcp", $"GET {ResourceMetadata}/mcp", $"GET {ResourceMetadata}", $"GET {ServerMetadata}/tenant", "GET /.well-known/openid-configuration/tenant",
                "GET /tenant/.well-known/openid-configuration", "POST /token"],
            stub.Paths.Take(7));
        Assert.Equal(["grant_type=client_credentials", $"resource={stub.Url}/mcp/", "client_id=client-1", $"client_secret={Secret}"], stub.TokenRequests.Single().Form);
    }

    [Fact]
    public async Task ProbeAsync_NoResourceMetadata_IsItsOwnAuthorizationServer()
    {
        await using var stub = await McpAsync(new() { ["/.well-known/openid-configuration"] = """{"issuer":"$OWN/","token_endpoint":"$OWN/token"}""" });

        AssertHealthy(await ProbeAsync(To(stub)));

        Assert.Equal([$"resource={stub.Url}/mcp"], stub.TokenRequests.Single().Form.Skip(1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ProbeAsync_ConfiguredIssuerOnAnotherOrigin_IsSentTheSecret(bool named)
    {
        await using var issuer = await StartAsync(Usual);
        await using var stub = await McpAsync(named
            ? new() { [ResourceMetadata] = $$"""{"resource":"$OWN/mcp","authorization_servers":["https://other.invalid","{{issuer.Url}}"]}""" }
            : []);

        AssertHealthy(await ProbeAsync(To(stub, issuer.Url) with { Headers = new Dictionary<string, string> { ["X-Api-Key"] = "key-of-the-server" } }));

        Assert.Equal([$"GET {ServerMetadata}", "POST /token"], issuer.Paths);
        Assert.DoesNotContain(issuer.Requests, request => request.Everything.Contains("key-of-the-server", StringComparison.Ordinal));
        Assert.DoesNotContain(stub.Requests, request => request.Everything.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ProbeAsync_LegacySse_AsksForTheChallengeByGet()
    {
        await using var stub = await StartAsync(Usual);

        await ProbeAsync(To(stub) with { Transport = TransportChoice.Sse });

        Assert.Equal("GET /mcp", stub.Paths.First());
        Assert.Single(stub.TokenRequests);
    }

    /// <summary>What a hostile or a wrong server says; <c>$OTHER</c> is a server of another origin that would take the secret.</summary>
    public static TheoryData<string, string?, string?, string?, string?, FailureKind, string> Refusals => new()
    {
        // name, challenge, resource metadata, authorization server metadata, configured issuer, kind, message
        { "metadata elsewhere", "Bearer resource_metadata=\"$OTHER/meta\"", null, null, null, FailureKind.CrossOrigin, "resource metadata on another origin" },
        { "metadata elsewhere, issuer known", "Bearer resource_metadata=\"$OTHER/meta\"", null, null, "$OTHER", FailureKind.CrossOrigin, "resource metadata on another origin" },
        { "metadata with another scheme", "Bearer resource_metadata=\"file:///etc/passwd\"", null, null, null, FailureKind.CrossOrigin, "resource metadata on another origin" },
        { "metadata missing", "Bearer resource_metadata=\"/none\"", null, null, null, FailureKind.AuthFailed, "is not there" },
        { "issuer elsewhere", null, """{"resource":"$OWN/mcp","authorization_servers":["$OTHER"]}""", null, null, FailureKind.CrossOrigin, "set oauth.tokenUrl, or oauth.issuer" },
        { "issuer of another port", null, """{"resource":"$OWN/mcp","authorization_servers":["http://127.0.0.1:1"]}""", null, null, FailureKind.CrossOrigin, "on another origin (http://127.0.0.1:1)" },
        { "issuer with a name before the host", null, """{"resource":"$OWN/mcp","authorization_servers":["$OWN@evil.invalid"]}""", null, null, FailureKind.CrossOrigin, "on another origin" },
        { "not the configured issuer", null, """{"resource":"$OWN/mcp","authorization_servers":["$OTHER"]}""", null, "https://trusted.invalid", FailureKind.CrossOrigin, "not the endpoint's oauth.issuer" },
        { "own origin, but another issuer is configured", null, """{"resource":"$OWN/mcp","authorization_servers":["$OWN"]}""", """{"issuer":"$OWN","token_endpoint":"$OWN/token"}""", "$OTHER", FailureKind.CrossOrigin, "not the endpoint's oauth.issuer" },
        { "issuer with query", null, """{"resource":"$OWN/mcp","authorization_servers":["$OWN/?a=b"]}""", null, null, FailureKind.AuthFailed, "not a URL without query" },
        { "no issuer", null, """{"resource":"$OWN/mcp","authorization_servers":[]}""", null, null, FailureKind.AuthFailed, "names no authorization server" },
        { "issuer of another type", null, """{"resource":"$OWN/mcp","authorization_servers":"$OWN"}""", null, null, FailureKind.AuthFailed, "names no authorization server" },
        { "resource elsewhere", null, """{"resource":"$OTHER/mcp","authorization_servers":["$OWN"]}""", null, null, FailureKind.CrossOrigin, "for another resource" },
        { "resource of another path", null, """{"resource":"$OWN/mc","authorization_servers":["$OWN"]}""", null, null, FailureKind.AuthFailed, "for another resource" },
        { "no resource", null, """{"authorization_servers":["$OWN"]}""", null, null, FailureKind.AuthFailed, "for another resource" },
        { "metadata of another issuer", null, """{"resource":"$OWN/mcp","authorization_servers":["$OWN"]}""", """{"issuer":"$OTHER","token_endpoint":"$OWN/token"}""", null, FailureKind.AuthFailed, "says that its issuer is" },
        { "metadata without issuer", null, """{"resource":"$OWN/mcp","authorization_servers":["$OWN"]}""", """{"token_endpoint":"$OWN/token"}""", null, FailureKind.AuthFailed, "says that its issuer is ''" },
        { "token endpoint elsewhere", null, """{"resource":"$OWN/mcp","authorization_servers":["$OWN"]}""", """{"issuer":"$OWN","token_endpoint":"$OTHER/token"}""", null, FailureKind.CrossOrigin, "names a token endpoint on another origin" },
        { "no token endpoint", null, """{"resource":"$OWN/mcp","authorization_servers":["$OWN"]}""", """{"issuer":"$OWN"}""", null, FailureKind.AuthFailed, "names no token endpoint" },
        { "no client secrets", null, """{"resource":"$OWN/mcp","authorization_servers":["$OWN"]}""", """{"issuer":"$OWN","token_endpoint":"$OWN/token","token_endpoint_auth_methods_supported":["none"]}""", null, FailureKind.AuthFailed, "takes no client secret, only none" },
        { "no server metadata", null, """{"resource":"$OWN/mcp","authorization_servers":["$OWN"]}""", null, null, FailureKind.AuthFailed, "has no metadata" },
        { "nothing at all", null, null, null, null, FailureKind.AuthFailed, "names no authorization server (neither in its 401" },
        { "metadata that is no object", null, "[]", "[]", null, FailureKind.AuthFailed, "names no authorization server (neither in its 401" },
        { "issuer configured without https", null, """{"resource":"$OWN/mcp","authorization_servers":["http://auth.invalid"]}""", null, "http://auth.invalid", FailureKind.AuthFailed, "not reached by https" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task ProbeAsync_NobodyThatMayBeSentTheSecret_IsRefusedAndNobodyIs(
        string name, string? challenge, string? resource, string? server, string? issuer, FailureKind kind, string message)
    {
        Assert.NotEmpty(name);
        await using var other = await StartAsync(Usual);
        string? Filled(string? text) => text?.Replace("$OTHER", other.Url, StringComparison.Ordinal);
        var metadata = new Dictionary<string, string>();
        if (resource is not null)
            metadata.Add(ResourceMetadata + "/mcp", Filled(resource)!);
        if (server is not null)
            metadata.Add(ServerMetadata, Filled(server)!);
        await using var stub = await McpAsync(metadata, Filled(challenge));

        var result = await ProbeAsync(To(stub, Filled(issuer)));

        Assert.Equal((kind, Phase.Handshake, Verdict.Down), (result.Failure?.Kind, result.Failure?.Phase, result.Verdict));
        Assert.Contains(message, result.Failure!.Message, StringComparison.Ordinal);
        Assert.Matches("^.{20,500}\\.$", result.Failure.Message);
        Assert.Empty(other.Requests);
        Assert.All(stub.Requests, request =>
        {
            Assert.NotEqual("/token", request.Path);
            Assert.Null(request.Header("Authorization"));
            Assert.DoesNotContain(Secret, request.Everything, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task ProbeAsync_MetadataRedirectsElsewhere_IsNotFollowed()
    {
        await using var other = await StartAsync(Usual);
        await using var stub = await StartAsync((stub, asked) => asked.Path == "/mcp" ? Said.Mcp("token-1", null) : new Said(307) { Location = other.Url + asked.Path });

        var result = await ProbeAsync(To(stub));

        Assert.Equal(FailureKind.AuthFailed, result.Failure?.Kind);
        Assert.Empty(other.Requests);
    }

    [Theory]
    [InlineData(503, FailureKind.HttpStatus)]
    [InlineData(429, FailureKind.HttpStatus)]
    [InlineData(302, FailureKind.Redirect)]
    public async Task ProbeAsync_ServerIsNotWell_IsThatFailure(int status, FailureKind kind)
    {
        await using var stub = await McpAsync([], status: status);

        var result = await ProbeAsync(To(stub));

        Assert.Equal((kind, status), (result.Failure?.Kind, result.Failure?.HttpStatus));
        Assert.Equal(["POST /mcp"], stub.Paths);
    }

    [Fact]
    public async Task ProbeAsync_AuthorizationServerIsNotWell_IsNamed()
    {
        await using var stub = await StartAsync((stub, asked) => asked.Path == ServerMetadata ? new Said(503) : Usual(stub, asked));

        var result = await ProbeAsync(To(stub));

        Assert.Equal(FailureKind.HttpStatus, result.Failure?.Kind);
        Assert.StartsWith($"The authorization server's metadata ({stub.Url}): {new Uri(stub.Url).Authority} answered HTTP 503", result.Failure!.Message, StringComparison.Ordinal);
    }
}
