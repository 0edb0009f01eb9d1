using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using static McpProbe.Tests.Probing.StubMcp;

namespace McpProbe.Tests.Probing;

/// <summary>Which answers lead from one era to another, and which never may.</summary>
public class EraLadderTests
{
    /// <summary>A new one each time, which knows no server yet.</summary>
    private static McpProber Prober => new(new ProberOptions(), TimeProvider.System);

    private static readonly string[] StatelessPath = ["POST server/discover", "POST tools/list"];

    private static readonly string[] HandshakePath =
        ["POST server/discover", "POST initialize", "POST notifications/initialized", "POST tools/list", "DELETE"];

    private static Task<ProbeResult> ProbeAsync(Endpoint endpoint) => Prober.ProbeAsync(endpoint, TestContext.Current.CancellationToken);

    [Fact]
    public async Task Climb_StatelessServer_AsksTwiceAndNeverInitializes()
    {
        await using var stub = await StartAsync(call => Stateless(call));

        var result = await ProbeAsync(stub.Endpoint());

        Assert.Equal(StatelessPath, stub.Asked);
        Assert.Null(result.Failure);
        Assert.Equal((Era.Stateless, "2026-07-28", new ServerIdentity("stub", "2")), (result.Era, result.ProtocolVersion, result.Server));
        Assert.All(stub.Calls, call =>
        {
            var meta = call.Message.GetProperty("params").GetProperty("_meta");
            Assert.Equal("2026-07-28", meta.GetProperty("io.modelcontextprotocol/protocolVersion").GetString());
            Assert.Equal("{}", meta.GetProperty("io.modelcontextprotocol/clientCapabilities").GetRawText());
            Assert.Equal("mcpprobe", meta.GetProperty("io.modelcontextprotocol/clientInfo").GetProperty("name").GetString());
            Assert.Equal("2026-07-28", call.Header("MCP-Protocol-Version"));
            Assert.Equal(call.Method, call.Header("Mcp-Method"));
            Assert.Null(call.Header("Mcp-Session-Id"));
        });
    }

    [Fact]
    public async Task Climb_HandshakeServer_CarriesSessionAndVersionAndEndsTheSession()
    {
        await using var stub = await StartAsync(call => Handshake(call, "2025-06-18"));

        var result = await ProbeAsync(stub.Endpoint());

        Assert.Equal(HandshakePath, stub.Asked);
        Assert.Null(result.Failure);
        Assert.Equal((Era.Handshake, "2025-06-18", new ServerIdentity("stub", "1")), (result.Era, result.ProtocolVersion, result.Server));
        var calls = stub.Calls.ToArray();
        Assert.Equal("2025-11-25", calls[1].Message.GetProperty("params").GetProperty("protocolVersion").GetString());
        Assert.Null(calls[1].Header("MCP-Protocol-Version"));
        Assert.All(calls[2..], call => Assert.Equal(("session-1", "2025-06-18"), (call.Header("Mcp-Session-Id"), call.Header("MCP-Protocol-Version"))));
        Assert.All(calls[1..4], call => Assert.Equal("application/json, text/event-stream", call.Header("Accept")));
    }

    [Theory]
    [InlineData("2024-11-05", false)]
    [InlineData("2025-03-26", false)]
    [InlineData("2025-06-18", true)]
    [InlineData("2025-11-25", true)]
    public async Task Climb_AnyKnownHandshakeVersion_IsAcceptedWithTheHeaderSinceItExists(string version, bool header)
    {
        await using var stub = await StartAsync(call => Handshake(call, version));

        var result = await ProbeAsync(stub.Endpoint());

        Assert.Equal((Verdict.Healthy, version), (result.Verdict, result.ProtocolVersion));
        Assert.Equal(header ? version : null, stub.Calls.Single(call => call.Method == "tools/list").Header("MCP-Protocol-Version"));
    }

    public static TheoryData<string, int, string?, string> OlderEraAnswers => new()
    {
        { "a 400 that is no stateless error", 400, "application/json", """{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: Server not initialized"},"id":null}""" },
        { "a 400 in HTML", 400, "text/html", "<h1>Bad Request</h1>" },
        { "404", 404, "text/plain", "not found" },
        { "405", 405, null, "" },
        { "406", 406, "application/json", """{"jsonrpc":"2.0","error":{"code":-32000,"message":"Not Acceptable"},"id":null}""" },
        { "415", 415, null, "" },
        { "method not found", 200, "application/json", """{"jsonrpc":"2.0","id":$ID,"error":{"code":-32601,"message":"Method not found"}}""" },
        { "invalid request", 200, "application/json", """{"jsonrpc":"2.0","id":$ID,"error":{"code":-32600,"message":"Invalid Request"}}""" },
        { "a junk result", 200, "application/json", """{"jsonrpc":"2.0","id":$ID,"result":{}}""" },
        { "a junk result without an id", 200, "application/json", """{"result":{}}""" },
        { "a 500 with a JSON-RPC error", 500, "application/json", """{"jsonrpc":"2.0","id":$ID,"error":{"code":-32603,"message":"Internal error"}}""" },
        { "a 501 with a JSON-RPC error", 501, "application/json", """{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"no"}}""" },
        { "a 500 in HTML", 500, "text/html", "<h1>Oops</h1>" },
        { "a 500 without a body", 500, null, "" },
        { "a 501 without a body", 501, null, "" },
        { "402's neighbour 408", 408, null, "" },
        { "409", 409, "application/json", """{"error":"conflict"}""" },
        { "410", 410, "text/plain", "Gone" },
        { "411", 411, null, "" },
        { "412", 412, null, "" },
        { "413", 413, null, "" },
        { "414", 414, null, "" },
        { "417", 417, null, "" },
        { "418", 418, "text/plain", "I'm a teapot" },
        { "422 of a validator", 422, "application/json", """{"detail":[{"loc":["body","params","protocolVersion"],"msg":"Field required"}]}""" },
        { "424", 424, null, "" },
        { "428", 428, null, "" },
        { "431", 431, null, "" },
        { "451", 451, null, "" },
        { "499", 499, null, "" },
        { "accepted without an answer", 202, null, "" },
        { "an empty 200", 200, "application/json", "" },
        { "an empty 200 of no type", 200, null, "" },
        { "204", 204, null, "" },
        { "a page", 200, "text/html", "<h1>Starting up</h1>" },
        { "text", 200, "text/plain", "ok" },
        { "half JSON", 200, "application/json", "{" },
        { "HTML that says it is JSON", 200, "application/json", "<html></html>" },
        { "JSON that is no JSON-RPC", 200, "application/json", """{"status":"ok"}""" },
        { "an array", 200, "application/json", "[]" },
        { "null", 200, "application/json", "null" },
        { "the reply to something else", 200, "application/json", """{"jsonrpc":"2.0","id":4711,"result":{}}""" },
        { "an event stream without a reply", 200, "text/event-stream", ": nothing\n\n" },
        { "an event stream of something else", 200, "text/event-stream", "data: ping\n\n" },
    };

    [Theory]
    [MemberData(nameof(OlderEraAnswers))]
    public async Task Climb_AnswerOfTheOlderEra_LeadsToInitialize(string because, int status, string? type, string body)
    {
        await using var stub = await StartAsync(call => call.Method == "server/discover" ? new Answer(status, type, body) : Handshake(call));

        var result = await ProbeAsync(stub.Endpoint());

        Assert.True(HandshakePath.SequenceEqual(stub.Asked), because);
        Assert.Equal((Verdict.Healthy, Era.Handshake), (result.Verdict, result.Era));
    }

    public static TheoryData<int, string?, string, FailureKind> FinalAnswers => new()
    {
        { 502, "text/html", "<h1>Bad Gateway</h1>", FailureKind.HttpStatus },
        { 503, null, "", FailureKind.HttpStatus },
        { 503, "application/json", """{"jsonrpc":"2.0","id":$ID,"error":{"code":-32000,"message":"starting"}}""", FailureKind.HttpStatus },
        { 504, null, "", FailureKind.HttpStatus },
        { 429, null, "", FailureKind.HttpStatus },
        { 401, null, "", FailureKind.Gated },
        { 302, null, "", FailureKind.Redirect },
        { 402, null, "", FailureKind.Gated },
        { 407, null, "", FailureKind.Gated },
        { 421, "text/plain", "Misdirected Request", FailureKind.HostRefused },
        { 426, null, "", FailureKind.HostRefused },
        { 505, null, "", FailureKind.HostRefused },
        { 520, "text/html", "<h1>Web server returns an unknown error</h1>", FailureKind.HttpStatus },
    };

    [Theory]
    [MemberData(nameof(FinalAnswers))]
    public async Task Climb_AnswerThatSaysNothingOfTheEra_IsFinal(int status, string? type, string body, FailureKind kind)
    {
        await using var stub = await StartAsync(call => call.Method == "server/discover" ? new Answer(status, type, body) : Handshake(call));

        var result = await ProbeAsync(stub.Endpoint());

        Assert.Equal(["POST server/discover"], stub.Asked);
        Assert.Equal((kind, Phase.Handshake), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.Null(result.Era);
    }

    [Fact]
    public async Task Climb_UnsupportedVersionNamingTheHandshakeEra_InitializesWithTheNewestCommonOne()
    {
        await using var stub = await StartAsync(call => call.Method == "server/discover"
            ? Answer.Error(-32022, "Unsupported", """{"supported":["2025-03-26","2025-06-18","1999-01-01"],"requested":"2026-07-28"}""") with { Status = 400 }
            : Handshake(call, "2025-06-18"));

        var result = await ProbeAsync(stub.Endpoint());

        Assert.Null(result.Failure);
        Assert.Equal("2025-06-18", stub.Calls.ElementAt(1).Message.GetProperty("params").GetProperty("protocolVersion").GetString());
    }

    [Fact]
    public async Task Climb_UnsupportedVersionNamingOurOwn_DiscoversOnceMore()
    {
        var discoveries = 0;
        await using var stub = await StartAsync(call => call.Method == "server/discover" && ++discoveries == 1
            ? Answer.Error(-32022, "Unsupported", """{"supported":["2026-07-28"],"requested":"?"}""") with { Status = 400 }
            : Stateless(call));

        var result = await ProbeAsync(stub.Endpoint());

        Assert.Null(result.Failure);
        Assert.Equal(["POST server/discover", .. StatelessPath], stub.Asked);
        Assert.Equal(3, stub.Calls.Select(call => call.Id).Distinct().Count());
    }

    [Fact]
    public async Task Climb_NoVersionInCommon_IsAMismatchThatNamesBoth()
    {
        await using var stub = await StartAsync(call =>
            Answer.Error(-32022, "Unsupported", """{"supported":["2031-01-01"]}""") with { Status = 400 });

        var result = await ProbeAsync(stub.Endpoint());

        Assert.Equal(FailureKind.ProtocolMismatch, result.Failure?.Kind);
        Assert.Contains("2026-07-28", result.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("2031-01-01", result.Failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-32020)]
    [InlineData(-32021)]
    public async Task Climb_OtherStatelessErrorWithoutVersions_IsThatError(int code)
    {
        await using var stub = await StartAsync(call => Answer.Error(code, "Header mismatch") with { Status = 400 });

        var result = await ProbeAsync(stub.Endpoint());

        Assert.Equal(["POST server/discover"], stub.Asked);
        Assert.Equal((FailureKind.RpcError, 400), (result.Failure?.Kind, result.Failure?.HttpStatus));
    }

    [Fact]
    public async Task Climb_DiscoverOffersTheHandshakeEraOnly_Initializes()
    {
        await using var stub = await StartAsync(call => call.Method == "server/discover" ? Stateless(call, "\"2025-11-25\"") : Handshake(call));

        var result = await ProbeAsync(stub.Endpoint());

        Assert.Null(result.Failure);
        Assert.Equal(HandshakePath, stub.Asked);
    }

    [Fact]
    public async Task Climb_ServerInfoAsAPlainField_IsReadToo()
    {
        await using var stub = await StartAsync(call => call.Method == "server/discover"
            ? Answer.Result("""{"supportedVersions":["2026-07-28","2099-01-01"],"capabilities":{"tools":{}},"instructions":"hi","serverInfo":{"name":"plain","version":"3"}}""")
            : Stateless(call));

        var result = await ProbeAsync(stub.Endpoint());

        Assert.Equal(new ServerIdentity("plain", "3"), result.Server);
        Assert.Equal("hi", result.Snapshot?.Server.Instructions);
        Assert.Equal(["2026-07-28", "2099-01-01"], result.SupportedVersions);
    }

    [Theory]
    [InlineData("2025-06-18", "2025-11-25")]
    [InlineData(null, "2099-01-01")]
    [InlineData(null, "2026-07-28")]
    public async Task Climb_InitializeAnswersAnotherVersion_IsAMismatchThatNamesIt(string? pinned, string answered)
    {
        await using var stub = await StartAsync(call => Handshake(call, answered));

        var result = await ProbeAsync(stub.Endpoint() with { Protocol = pinned });

        Assert.Equal(FailureKind.ProtocolMismatch, result.Failure?.Kind);
        Assert.Contains(answered, result.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains(pinned ?? "2025-11-25", result.Failure.Message, StringComparison.Ordinal);
        Assert.Equal("DELETE", stub.Asked.Last());
    }

    [Fact]
    public async Task Climb_PinnedToTheHandshakeEra_DoesNotDiscover()
    {
        await using var stub = await StartAsync(call => Handshake(call, "2025-06-18"));

        var result = await ProbeAsync(stub.Endpoint() with { Protocol = "2025-06-18" });

        Assert.Equal(HandshakePath[1..], stub.Asked);
        Assert.Equal((Verdict.Healthy, "2025-06-18"), (result.Verdict, result.ProtocolVersion));
    }

    [Fact]
    public async Task Climb_PinnedToTheStatelessEra_DoesNotFallBack()
    {
        await using var stub = await StartAsync(call => Handshake(call));

        var result = await ProbeAsync(stub.Endpoint() with { Protocol = "2026-07-28" });

        Assert.Equal(["POST server/discover"], stub.Asked);
        Assert.Equal(FailureKind.ProtocolMismatch, result.Failure?.Kind);
    }

    [Theory]
    [InlineData(TransportChoice.Auto, 400, FailureKind.HttpStatus, true)]
    [InlineData(TransportChoice.Auto, 404, FailureKind.HttpStatus, true)]
    [InlineData(TransportChoice.Auto, 405, FailureKind.WrongTransport, true)]
    [InlineData(TransportChoice.Auto, 406, FailureKind.WrongTransport, true)]
    [InlineData(TransportChoice.Auto, 415, FailureKind.WrongTransport, true)]
    [InlineData(TransportChoice.Auto, 403, FailureKind.Gated, true)]
    [InlineData(TransportChoice.Auto, 409, FailureKind.HttpStatus, true)]
    [InlineData(TransportChoice.Auto, 410, FailureKind.HttpStatus, true)]
    [InlineData(TransportChoice.Auto, 422, FailureKind.HttpStatus, true)]
    [InlineData(TransportChoice.Auto, 500, FailureKind.HttpStatus, true)]
    [InlineData(TransportChoice.Auto, 501, FailureKind.HttpStatus, true)]
    [InlineData(TransportChoice.Auto, 401, FailureKind.Gated, false)]
    [InlineData(TransportChoice.Auto, 421, FailureKind.HostRefused, false)]
    [InlineData(TransportChoice.Auto, 429, FailureKind.HttpStatus, false)]
    [InlineData(TransportChoice.Auto, 502, FailureKind.HttpStatus, false)]
    [InlineData(TransportChoice.Auto, 503, FailureKind.HttpStatus, false)]
    [InlineData(TransportChoice.Http, 405, FailureKind.WrongTransport, false)]
    public async Task Climb_InitializeRefused_TriesTheEventStreamOnlyWhereItMayBeAndReportsTheRefusal(
        TransportChoice transport, int status, FailureKind kind, bool triesSse)
    {
        await using var stub = await StartAsync(call => call.Method == "server/discover" ? new Answer(404) : new Answer(status));

        var result = await ProbeAsync(stub.Endpoint() with { Transport = transport });

        Assert.Equal(["POST server/discover", "POST initialize", .. triesSse ? ["GET"] : Array.Empty<string>()], stub.Asked);
        Assert.Equal((kind, status), (result.Failure?.Kind, result.Failure?.HttpStatus));
    }

    [Fact]
    public async Task Climb_InitializeAnswersWithoutAVersion_IsNotMcp()
    {
        await using var stub = await StartAsync(call => Answer.Result("{}"));

        var result = await ProbeAsync(stub.Endpoint());

        Assert.Equal((FailureKind.NotMcp, Phase.Handshake), (result.Failure?.Kind, result.Failure?.Phase));
    }
}
