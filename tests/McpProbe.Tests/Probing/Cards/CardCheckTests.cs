using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;
using Endpoint = McpProbe.Endpoints.Endpoint;

namespace McpProbe.Tests.Probing.Cards;

/// <summary>A real server beside its card, read as a deep look reads it. The server is 'stateless stub' 2.0, with the tool echo.</summary>
public sealed class CardCheckTests
{
    private const string CardType = "application/mcp-server-card+json";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A card, what it lies about, and words of the finding. <c>HERE</c> stands for the server's own address.</summary>
    public static TheoryData<string, string?, string?> Cards => new()
    {
        { Card(), null, null },
        // The registry's server.json, an entry of its API, and drafts of the card have other shapes.
        { $$$"""{"server":{{{Card()}}},"_meta":{}}""", null, null },
        { """{"version":"1.0","protocolVersion":"2026-07-28","serverInfo":{"name":"stateless-stub","version":"2.0"},"transport":{"type":"streamable-http","endpoint":"/mcp"},"tools":[{"name":"echo"}]}""", null, null },
        { Card(version: "v2.0+build7"), null, null },
        { Card(remotes: ""), null, null },
        { Card(remotes: """{"type":"sse","url":"HERE"},{"type":"streamable-http","url":"HERE"}"""), null, null },
        { Card(remotes: """{"type":"streamable-http","url":"{base}/mcp","variables":{"base":{}}}"""), null, null },
        // A prober may use another address than clients do.
        { Card(remotes: """{"type":"streamable-http","url":"https://mcp.example.com/mcp"}"""), null, null },

        { Card(name: "com.example/weather"), "card-name", "names the server 'com.example/weather', and it calls itself 'stateless stub'" },
        { Card(version: "1.9.0"), "card-version", "says version '1.9.0', and the server says that it is '2.0'" },
        { Card(remotes: """{"type":"streamable-http","url":"ORIGIN/other"}"""), "card-address", "gives the address" },
        { Card(remotes: """{"type":"sse","url":"HERE"}"""), "card-transport", "says that the address speaks http+sse, and it speaks streamable-http" },
        { Card(remotes: """{"type":"streamable-http","url":"HERE","supportedProtocolVersions":["2025-06-18","2025-11-25"]}"""), "card-protocol", "lists the protocol versions '2025-06-18', '2025-11-25', and the server speaks 2026-07-28" },
        { Card(remotes: """{"type":"streamable-http","url":"HERE","supportedProtocolVersions":["2025-11-25","2026-07-28"]}"""), "card-protocol", "version '2025-11-25', which server/discover does not" },
        { Card(remotes: """{"type":"streamable-http","url":"HERE","headers":[{"name":"X-Api-Key","isRequired":true,"isSecret":true}]}"""), "card-header", "the header 'X-Api-Key' must be sent, and the server works without" },
        { Card(remotes: """{"type":"streamable-http","url":"HERE","headers":[{"name":"X-Api-Key","isSecret":true,"value":"sk-live-1234567"}]}"""), "card-secret", "holds a credential" },
        { Card(remotes: """{"type":"streamable-http","url":"HERE"},{"type":"sse","url":"https://user:hunter2@mcp.example.com/sse"}"""), "card-secret", "holds a credential" },
        { """{"serverInfo":{"name":"stateless stub","version":"2.0"},"tools":[{"name":"echo"},{"name":"delete_all"}]}""", "card-tools", "lists the tool 'delete_all', which the server does not have" },
        { """{"name":"com.example/stateless-stub","ver""", "card-invalid", "is not JSON, or only half of it" },
        { Card(name: "com.example/\\u001b[31mevil\\u202e"), "card-name", "com.example/\\u{1b}[31mevil\\u{202e}" },
    };

    [Theory]
    [MemberData(nameof(Cards))]
    public async Task ReservedPlace_CardThatLies_IsAFinding(string card, string? rule, string? says)
    {
        await using var server = await StartAsync(new() { ["/mcp/server-card"] = (CardType, card) });
        var (findings, unfinished) = await LookAsync(server);
        Assert.Null(unfinished);
        if (rule is null)
        {
            Assert.Empty(findings);
            return;
        }

        var finding = Assert.Single(findings);
        Assert.Equal((rule, FindingLevel.Soft, "/mcp/server-card"), (finding.Rule, finding.Level, finding.Path));
        Assert.Contains(says!, finding.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", finding.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-live", finding.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', finding.Message);
    }

    /// <summary>The host's catalogue may list many servers: only what is about this one counts.</summary>
    [Fact]
    public async Task Catalogue_IsFollowedToTheCardOfThisServer()
    {
        var other = Card(name: "com.example/other", remotes: """{"type":"streamable-http","url":"ORIGIN/other"}""");
        await using var server = await StartAsync(new()
        {
            ["/.well-known/ai-catalog.json"] = ("application/ai-catalog+json", $$"""
                {"specVersion":"1.0","entries":[
                  {"identifier":"urn:air:x:a","type":"{{CardType}}","url":"/cards/other"},
                  {"identifier":"urn:air:x:b","type":"{{CardType}}","url":"ORIGIN/cards/mine"},
                  {"identifier":"urn:air:x:c","type":"{{CardType}}","url":"/cards/gone"},
                  {"identifier":"urn:air:x:d","type":"application/a2a-agent-card+json","url":"/cards/agent"},
                  {"identifier":"urn:air:x:e","type":"{{CardType}}","data":{{Card(version: "0.1", remotes: """{"type":"streamable-http","url":"HERE"}""")}}},
                  7, {"type":"{{CardType}}"}]}
                """),
            ["/cards/other"] = (CardType, other),
            ["/cards/mine"] = (CardType, Card(version: "1.0", remotes: """{"type":"streamable-http","url":"HERE"}""")),
            ["/server.json"] = ("application/json", other),
        });
        var (findings, _) = await LookAsync(server);
        Assert.Equal(
            [("card-version", "/cards/mine"), ("card-missing", "/.well-known/ai-catalog.json"), ("card-version", "/.well-known/ai-catalog.json")],
            findings.Select(finding => (finding.Rule, finding.Path)));
        Assert.DoesNotContain("/cards/agent", server.Asked);
    }

    /// <summary>A card is for everybody: no credential goes there, and no other origin is asked.</summary>
    [Fact]
    public async Task Requests_AreFewAndCarryNothing()
    {
        await using var other = await StartAsync([]);
        var entries = string.Join(',', Enumerable.Range(0, 500).Select(i => $$"""{"type":"{{CardType}}","url":"/cards/{{i}}"}""")
            .Prepend($$"""{"type":"{{CardType}}","url":"{{other.Url}}/card"}"""));
        await using var server = await StartAsync(new() { ["/.well-known/ai-catalog.json"] = ("application/json", $$"""{"entries":[{{entries}}]}""") });
        var (findings, _) = await LookAsync(server, endpoint => endpoint with { Headers = new Dictionary<string, string> { ["X-Api-Key"] = "${env:KEY}" } });
        Assert.Empty(other.Asked);
        // Who wonders why nothing is said of that card is told.
        var elsewhere = Assert.Single(findings, finding => finding.Rule == "card-elsewhere");
        Assert.Contains($"'{other.Url}'", elsewhere.Message, StringComparison.Ordinal);
        Assert.Contains("It was not read", elsewhere.Message, StringComparison.Ordinal);
        Assert.InRange(server.Asked.Count(path => path != "/mcp"), 4, 12);
        Assert.DoesNotContain(server.WithKey, path => path != "/mcp");
        Assert.Contains("/mcp", server.WithKey);
    }

    /// <summary>What servers answer to any GET, and what a hostile one answers, is no card and costs little.</summary>
    [Theory]
    [InlineData("text/html", "<h1>Welcome</h1>")]
    [InlineData("application/json", """{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Method not allowed."}}""")]
    [InlineData("application/json", """{"error":"not found"}""")]
    [InlineData("application/json", """{"name":"my-package","version":"1.0.0","scripts":{"build":"tsc"}}""")]
    [InlineData("application/json", "[]")]
    [InlineData("application/json", "HUGE")]
    [InlineData("application/json", "DEEP")]
    [InlineData("text/event-stream", "SILENT")]
    [InlineData("application/json", "SILENT")]
    [InlineData("redirect", "")]
    [InlineData("broken", "")]
    public async Task OtherAnswers_AreNoCard(string type, string body)
    {
        await using var server = await StartAsync([], (type, body));
        var started = TimeProvider.System.GetTimestamp();
        var (findings, _) = await LookAsync(server);
        Assert.DoesNotContain(findings, finding => finding.Rule != "card-invalid" || body != "DEEP");
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(30));
    }

    private static string Card(string name = "com.example/stateless-stub", string version = "2.0", string remotes = """{"type":"streamable-http","url":"HERE","supportedProtocolVersions":["2026-07-28"]}""") =>
        $$"""{"$schema":"https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json","name":"{{name}}","version":"{{version}}","description":"A stub.","remotes":[{{remotes}}]}""";

    private static async Task<(IReadOnlyList<Finding> Findings, IReadOnlyList<string>? Unfinished)> LookAsync(CardServer server, Func<Endpoint, Endpoint>? with = null)
    {
        var options = new ProberOptions { Secrets = _ => "the-secret-value" };
        var endpoint = new Endpoint { Id = "a", Url = new Uri(server.Url + "/mcp") };
        endpoint = with?.Invoke(endpoint) ?? endpoint;
        using var prober = new McpProber(options, TimeProvider.System);
        var result = await prober.ProbeAsync(endpoint, Token);
        Assert.True(result.Verdict is Verdict.Healthy, result.Failure?.Message);
        var look = await new DeepProber(options, TimeProvider.System).LookAsync(endpoint, result, Token);
        return ([.. look.Findings.Where(finding => finding.Rule.StartsWith("card-", StringComparison.Ordinal))], look.Unfinished);
    }

    private static async Task<CardServer> StartAsync(Dictionary<string, (string Type, string Body)> places, (string Type, string Body)? anythingElse = null)
    {
        var server = new CardServer();
        var mcp = McpScript.Stateless("echo");
        server.Stub = await StubServer.StartAsync(async context =>
        {
            var path = context.Request.Path.Value!;
            server.Note(path, context.Request.Headers.ContainsKey("X-Api-Key"));
            if (path == "/mcp")
            {
                await mcp(context);
                return;
            }

            var (type, body) = places.TryGetValue(path, out var place) ? place : anythingElse ?? ("none", "");
            switch (type)
            {
                case "none":
                    context.Response.StatusCode = 404;
                    return;
                case "redirect":
                    context.Response.Redirect("http://169.254.169.254/latest/meta-data");
                    return;
                case "broken":
                    context.Abort();
                    return;
            }

            context.Response.ContentType = type;
            if (body is "HUGE" or "SILENT")
            {
                await context.Response.StartAsync(context.RequestAborted);
                var block = new byte[64 * 1024];
                while (!context.RequestAborted.IsCancellationRequested)
                {
                    if (body == "SILENT")
                        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                    else
                        await context.Response.Body.WriteAsync(block, context.RequestAborted);
                }

                return;
            }

            var text = body == "DEEP" ? new string('[', 100_000) : body;
            await context.Response.WriteAsync(text.Replace("HERE", server.Url + "/mcp", StringComparison.Ordinal).Replace("ORIGIN", server.Url, StringComparison.Ordinal), context.RequestAborted);
        });
        return server;
    }

    private sealed class CardServer : IAsyncDisposable
    {
        private readonly Lock _lock = new();
        private readonly List<(string Path, bool Key)> _asked = [];

        public StubServer Stub { get; set; } = null!;

        public string Url => Stub.Url;

        public IReadOnlyList<string> Asked
        {
            get
            {
                lock (_lock)
                    return [.. _asked.Select(each => each.Path)];
            }
        }

        public IReadOnlyList<string> WithKey
        {
            get
            {
                lock (_lock)
                    return [.. _asked.Where(each => each.Key).Select(each => each.Path)];
            }
        }

        public void Note(string path, bool key)
        {
            lock (_lock)
                _asked.Add((path, key));
        }

        public ValueTask DisposeAsync() => Stub.DisposeAsync();
    }
}
