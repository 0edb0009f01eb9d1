using System.Text;
using System.Text.Json.Nodes;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Authorization;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;
using Endpoint = McpProbe.Endpoints.Endpoint;

namespace McpProbe.Tests.Probing.Authorization;

/// <summary>A protected server, its metadata and an authorization server, each of which can be wrong; and a real authorization server.</summary>
public sealed class AuthorizationCheckTests
{
    private const string Resource = "/.well-known/oauth-protected-resource/mcp";
    private const string Server = "/.well-known/oauth-authorization-server";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>What is changed: a place, a member and its value (<c>-</c> takes it away); then the findings.</summary>
    public static TheoryData<string, string, string, string> Mistakes => new()
    {
        { Resource, "", "", "" },
        { Resource, "resource", "\"https://other.example.com/mcp\"", "auth-resource" },
        { Resource, "resource", "-", "auth-resource" },
        { Resource, "resource", "\"ORIGIN\"", "" },
        { Resource, "authorization_servers", "-", "auth-servers" },
        { Resource, "authorization_servers", "[]", "auth-servers" },
        { Resource, "bearer_methods_supported", "[\"body\"]", "auth-bearer-methods" },
        { Resource, "bearer_methods_supported", "[\"header\",\"body\"]", "" },
        { Resource, "scopes_supported", "-", "auth-scope" },
        { Resource, "scopes_supported", "[\"mcp\",\"unheard\"]", "auth-scope" },
        { Resource, "authorization_servers", "[\"ORIGIN/\"]", "auth-issuer" },
        { Resource, "authorization_servers", "[\"ORIGIN/tenant\"]", "auth-server-metadata" },
        { Resource, "authorization_servers", "[\"ORIGIN?x=1\"]", "auth-issuer" },
        { Resource, "authorization_servers", "[\"http://login.example.com\"]", "auth-issuer" },
        { Resource, "authorization_servers", "[\"not a url\"]", "auth-issuer" },
        { Server, "issuer", "\"https://evil.example.com\"", "auth-issuer" },
        { Server, "issuer", "-", "auth-issuer" },
        { Server, "token_endpoint", "-", "auth-endpoint" },
        { Server, "token_endpoint", "\"http://login.example.com/token\"", "auth-endpoint" },
        { Server, "authorization_endpoint", "-", "auth-endpoint" },
        { Server, "code_challenge_methods_supported", "-", "auth-pkce" },
        { Server, "code_challenge_methods_supported", "[\"plain\"]", "auth-pkce" },
        { Server, "registration_endpoint", "-", "auth-registration" },
        // A server for machines alone needs none of what leads a user to sign in.
        { Server, "grant_types_supported", "[\"client_credentials\"]", "" },
        { Server, "jwks_uri", "-", "" },
        { Server, "jwks_uri", "\"ORIGIN/gone\"", "auth-jwks" },
        { Server, "jwks_uri", "\"ORIGIN/empty\"", "auth-jwks" },
        { Server, "jwks_uri", "\"http://127.0.0.1:1/jwks\"", "auth-jwks" },
        { Server, "jwks_uri", "\"ftp://x\"", "auth-jwks" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task Server_ThatClientsWouldStumbleOver_IsNamedBeforeTheyDo(string place, string member, string value, string rules)
    {
        await using var world = await World.StartAsync((path, document, origin) =>
        {
            if (path != place || member.Length == 0)
                return;
            if (value == "-")
                document.Remove(member);
            else
                document[member] = JsonNode.Parse(value.Replace("ORIGIN", origin, StringComparison.Ordinal));
            if (value.Contains("client_credentials", StringComparison.Ordinal))
            {
                foreach (var gone in new[] { "authorization_endpoint", "code_challenge_methods_supported", "registration_endpoint" })
                    document.Remove(gone);
            }
        });

        var findings = await world.LookAsync();

        Assert.Equal(rules, string.Join(' ', findings.Select(finding => finding.Rule)));
        Assert.All(findings, finding => Assert.Equal(FindingLevel.Soft, finding.Level));
    }

    [Fact]
    public async Task Server_WithoutMetadata_LeadsNobodyToSignIn()
    {
        await using var world = await World.StartAsync((_, _, _) => { }, challenge: "Bearer", withMetadata: false);

        var finding = Assert.Single(await world.LookAsync());
        Assert.Equal(("auth-resource-metadata", Requirement.Must), (finding.Rule, finding.Requirement));
    }

    [Theory]
    [InlineData("Basic realm=\"x\"", "auth-challenge")]
    [InlineData("Bearer resource_metadata=\"https://elsewhere.example.com/x\"", "auth-metadata-origin")]
    [InlineData("Bearer resource_metadata=\"/.well-known/oauth-protected-resource/mcp\"", "")]
    public async Task Challenge_IsLookedAt(string challenge, string rules)
    {
        await using var world = await World.StartAsync((_, _, _) => { }, challenge);

        Assert.Equal(rules, string.Join(' ', (await world.LookAsync()).Select(finding => finding.Rule)));
    }

    [Fact]
    public async Task Server_ThatIsOpen_HasNothingToPrepare()
    {
        await using var stub = await StubServer.StartAsync(McpScript.Handshake("echo"));
        var endpoint = new Endpoint { Id = "a", Url = new Uri(stub.Url + "/mcp") };

        Assert.Empty(await LookAsync(endpoint, new ProberOptions()));
    }

    /// <summary>The server names whom to ask; it is asked nothing that it could misuse.</summary>
    [Fact]
    public async Task Look_SendsNoCredentials()
    {
        await using var world = await World.StartAsync((_, _, _) => { });

        await world.LookAsync(world.Endpoint with { Bearer = "${env:T}", Headers = new Dictionary<string, string> { ["X-Api-Key"] = "${env:T}" } }, _ => "s3cret-token");

        Assert.NotEmpty(world.Asked);
        Assert.DoesNotContain(world.Asked, asked => asked.Contains("s3cret-token", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(-1, "The bearer token of this endpoint ended on ")]
    [InlineData(20, "The bearer token of this endpoint ends on ")]
    [InlineData(22, null)]
    public async Task BearerToken_ThatSaysWhenItEnds_IsForecast(int days, string? message)
    {
        await using var stub = await StubServer.StartAsync(McpScript.Handshake("echo"));
        var payload = Convert.ToBase64String(Encoding.UTF8.GetBytes($$"""{"exp":{{TimeProvider.System.GetUtcNow().AddDays(days).ToUnixTimeSeconds()}}}""")).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        var endpoint = new Endpoint { Id = "a", Url = new Uri(stub.Url + "/mcp"), Bearer = "${env:T}" };

        var findings = await LookAsync(endpoint, new ProberOptions { Secrets = _ => $"eyJhbGciOiJub25lIn0.{payload}.sig" });

        Assert.Equal(message is null ? 0 : 1, findings.Count);
        Assert.All(findings, finding => Assert.StartsWith(message!, finding.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("opaque")]
    [InlineData("a.b.c")]
    [InlineData("a.e30.c")]
    [InlineData("a.eyJleHAiOjFlOTl9.c")]
    public async Task BearerToken_ThatSaysNothing_IsNotForecast(string token)
    {
        await using var stub = await StubServer.StartAsync(McpScript.Handshake("echo"));
        var endpoint = new Endpoint { Id = "a", Url = new Uri(stub.Url + "/mcp"), Bearer = "${env:T}" };

        Assert.Empty(await LookAsync(endpoint, new ProberOptions { Secrets = _ => token }));
    }

    /// <summary>oidc-provider as its authors ship it: nothing is found but that nobody can register, which is so.</summary>
    [Fact]
    public async Task RealAuthorizationServer_HasNoFalseFinding()
    {
        await using var provider = await RealServers.StartProviderAsync("a-secret-of-the-test", new Uri("http://127.0.0.1:9/callback"));
        var issuer = provider.Url.GetLeftPart(UriPartial.Authority);
        await using var world = await World.StartAsync((path, document, _) =>
        {
            if (path != Resource)
                return;
            document["authorization_servers"] = new JsonArray(issuer);
            document["scopes_supported"] = new JsonArray("openid");
        });

        Assert.Equal(["auth-registration"], (await world.LookAsync()).Select(finding => finding.Rule));
    }

    private static async Task<IReadOnlyList<Finding>> LookAsync(Endpoint endpoint, ProberOptions options)
    {
        using var prober = new McpProber(options, TimeProvider.System);
        var result = await prober.ProbeAsync(endpoint, Token);
        var look = await new DeepProber(options, TimeProvider.System).LookAsync(endpoint, result, [AuthorizationCheck.Instance], Token);
        Assert.Null(look.Unfinished);
        return look.Findings;
    }

    private sealed class World(StubServer server) : IAsyncDisposable
    {
        public Endpoint Endpoint { get; } = new() { Id = "a", Url = new Uri(server.Url + "/mcp") };

        public List<string> Asked { get; } = [];

        /// <param name="change">Changes a document before it is sent.</param>
        public static async Task<World> StartAsync(
            Action<string, JsonObject, string> change, string challenge = "Bearer", bool withMetadata = true)
        {
            World? world = null;
            var stub = await StubServer.StartAsync(async context =>
            {
                var (path, origin) = (context.Request.Path.Value!, $"{context.Request.Scheme}://{context.Request.Host}");
                lock (world!.Asked)
                    world.Asked.Add(string.Join('\n', context.Request.Headers.Select(header => $"{header.Key}: {header.Value}")) + (path == "/mcp" && context.Request.Headers.ContainsKey("Authorization") ? " (the probe)" : ""));
                JsonObject? document = path switch
                {
                    Resource when withMetadata => new JsonObject { ["resource"] = origin + "/mcp", ["authorization_servers"] = new JsonArray(origin), ["scopes_supported"] = new JsonArray("mcp") },
                    Server => new JsonObject
                    {
                        ["issuer"] = origin,
                        ["authorization_endpoint"] = origin + "/authorize",
                        ["token_endpoint"] = origin + "/token",
                        ["registration_endpoint"] = origin + "/register",
                        ["code_challenge_methods_supported"] = new JsonArray("S256"),
                        ["scopes_supported"] = new JsonArray("mcp", "other"),
                        ["jwks_uri"] = origin + "/jwks",
                    },
                    "/jwks" => new JsonObject { ["keys"] = new JsonArray(new JsonObject { ["kty"] = "RSA" }) },
                    "/empty" => new JsonObject { ["keys"] = new JsonArray() },
                    _ => null,
                };
                if (path == "/mcp")
                {
                    context.Response.StatusCode = 401;
                    context.Response.Headers.WWWAuthenticate = challenge;
                }
                else if (document is null)
                {
                    context.Response.StatusCode = 404;
                }
                else
                {
                    change(path, document, origin);
                    context.Response.ContentType = "application/json";
                    await context.Response.WriteAsync(document.ToJsonString());
                }
            });
            return world = new World(stub);
        }

        public Task<IReadOnlyList<Finding>> LookAsync() => AuthorizationCheckTests.LookAsync(Endpoint, new ProberOptions());

        /// <summary>Only what the look itself asks is kept.</summary>
        public async Task LookAsync(Endpoint endpoint, Func<string, string?> secrets)
        {
            var options = new ProberOptions { Secrets = secrets };
            using var prober = new McpProber(options, TimeProvider.System);
            var result = await prober.ProbeAsync(endpoint, Token);
            Asked.Clear();
            await new DeepProber(options, TimeProvider.System).LookAsync(endpoint, result with { Verdict = Verdict.Gated }, [AuthorizationCheck.Instance], Token);
        }

        public ValueTask DisposeAsync() => server.DisposeAsync();
    }
}
