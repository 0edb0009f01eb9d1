using System.Net;
using System.Net.Sockets;
using System.Text;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Tests.Probing.StubMcp;

namespace McpProbe.Tests.Probing;

/// <summary>Every fault has its own name, phase, verdict and sentence.</summary>
public class FailureTests
{
    private static McpProber Prober => new(new ProberOptions(), TimeProvider.System);

    private static Task<ProbeResult> ProbeAsync(Endpoint endpoint) => Prober.ProbeAsync(endpoint, TestContext.Current.CancellationToken);

    private static Endpoint To(string url) => new() { Id = "target", Url = new Uri(url), Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>What a reader of any failure can rely on.</summary>
    private static void AssertFailure(ProbeResult result, FailureKind kind, Phase? phase, Verdict verdict = Verdict.Down)
    {
        Assert.True(result.Failure is not null, "healthy");
        Assert.Equal((kind, phase, verdict), (result.Failure!.Kind, result.Failure.Phase, result.Verdict));
        Assert.Matches("^.{20,400}\\.$", result.Failure.Message);
        Assert.True(result.Timings.TotalMs >= 0);
        Assert.NotEmpty(result.Log);
    }

    [Theory]
    [InlineData(400, FailureKind.HttpStatus, Verdict.Down)]
    [InlineData(401, FailureKind.Gated, Verdict.Gated)]
    [InlineData(402, FailureKind.Gated, Verdict.Gated)]
    [InlineData(403, FailureKind.Gated, Verdict.Gated)]
    [InlineData(404, FailureKind.HttpStatus, Verdict.Down)]
    [InlineData(405, FailureKind.WrongTransport, Verdict.Down)]
    [InlineData(407, FailureKind.Gated, Verdict.Gated)]
    [InlineData(410, FailureKind.HttpStatus, Verdict.Down)]
    [InlineData(415, FailureKind.WrongTransport, Verdict.Down)]
    [InlineData(429, FailureKind.HttpStatus, Verdict.Down)]
    [InlineData(500, FailureKind.HttpStatus, Verdict.Down)]
    [InlineData(503, FailureKind.HttpStatus, Verdict.Down)]
    public async Task Probe_HttpStatus_HasItsKindAndStatus(int status, FailureKind kind, Verdict verdict)
    {
        await using var stub = await StartAsync(_ => new Answer(status));

        var result = await ProbeAsync(stub.Endpoint());

        AssertFailure(result, kind, Phase.Handshake, verdict);
        Assert.Equal(status, result.Failure!.HttpStatus);
        Assert.Contains($"HTTP {status}", result.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, result.Failure.Message.Split("HTTP ").Length - 1);
        Assert.StartsWith(new Uri(stub.Url).Authority, result.Failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(402)]
    [InlineData(403)]
    [InlineData(407)]
    public async Task Probe_RefusedWithCredentials_IsAuthFailed(int status)
    {
        await using var stub = await StartAsync(_ => new Answer(status) { Headers = [("WWW-Authenticate", "Bearer realm=\"mcp\", error=\"invalid_token\"")] });

        var result = await ProbeAsync(stub.Endpoint() with { Bearer = "literal-token" });

        AssertFailure(result, FailureKind.AuthFailed, Phase.Handshake);
        Assert.Equal("Bearer realm=\"mcp\", error=\"invalid_token\"", result.Failure!.Challenge);
    }

    [Theory]
    [InlineData("120", "2026-11-22T10:02:00Z")]
    [InlineData("Sun, 22 Nov 2026 11:00:00 GMT", "2026-11-22T11:00:00Z")]
    [InlineData("soon", null)]
    public async Task Probe_RetryAfter_IsAnInstant(string header, string? expected)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));
        await using var stub = await StartAsync(_ => new Answer(503) { Headers = [("Retry-After", header)] });

        var result = await new McpProber(new ProberOptions(), time).ProbeAsync(stub.Endpoint(), TestContext.Current.CancellationToken);

        Assert.Equal(expected is null ? null : DateTimeOffset.Parse(expected, null), result.Failure?.RetryAfter);
    }

    // Location or not: what the status makes of a POST is what differs between them.
    [Theory]
    [InlineData(301, "makes a GET of their POST")]
    [InlineData(302, "makes a GET of their POST")]
    [InlineData(303, "makes a GET of their POST")]
    [InlineData(307, "send the same request on")]
    [InlineData(308, "send the same request on")]
    [InlineData(304, null)]
    public async Task Probe_Redirect_NotesWhatClientsThatFollowDo(int status, string? says)
    {
        await using var stub = await StartAsync(_ => new Answer(status) { Headers = [("Location", "/elsewhere")] });

        var result = await ProbeAsync(stub.Endpoint());

        Assert.Equal((FailureKind.Redirect, Verdict.Down), (result.Failure!.Kind, result.Verdict));
        if (says is null)
        {
            Assert.Empty(result.Findings);
            return;
        }

        var note = Assert.Single(result.Findings);
        Assert.Equal(("interop-redirect", FindingLevel.Soft, "handshake", true), (note.Rule, note.Level, note.Path, note.IsInterop));
        Assert.Contains("a redirect that some clients follow", note.Message, StringComparison.Ordinal);
        Assert.Contains(says, note.Message, StringComparison.Ordinal);
    }

    /// <summary>All of it but what can hold a secret; $URL is another server's.</summary>
    [Theory]
    [InlineData("$URL/v2/mcp?token=abc", "redirects to $URL/v2/mcp;")]
    [InlineData("https://user:secret@login.example.com:8443/a/b?x=1#token=abc", "redirects to https://login.example.com:8443/a/b;")]
    [InlineData("https://login.example.com", "redirects to https://login.example.com/;")]
    [InlineData("/login?next=%2Fmcp", "redirects to $OWN/login;")]
    [InlineData("login", "redirects to $OWN/login;")]
    [InlineData("/login;jsessionid=token/x", "redirects to $OWN/login;")]
    [InlineData("//other.example.com/mcp/", "redirects to http://other.example.com/mcp/;")]
    [InlineData("?token=abc", "redirects to $OWN/mcp;")]
    public async Task Probe_Redirect_IsNotFollowedAndNamesItsTarget(string location, string says)
    {
        await using var elsewhere = await StartAsync(call => Handshake(call));
        await using var stub = await StartAsync(_ => new Answer(307) { Headers = [("Location", location.Replace("$URL", elsewhere.Url, StringComparison.Ordinal))] });

        var result = await ProbeAsync(stub.Endpoint() with { Bearer = "literal-token" });

        AssertFailure(result, FailureKind.Redirect, Phase.Handshake);
        Assert.Contains(says.Replace("$URL", elsewhere.Url, StringComparison.Ordinal).Replace("$OWN", stub.Url, StringComparison.Ordinal), result.Failure!.Message, StringComparison.Ordinal);
        Assert.All((string[])["token", "secret", "user", "x=1"], text => Assert.DoesNotContain(text, result.Failure.Message, StringComparison.Ordinal));
        Assert.Empty(elsewhere.Calls);
    }

    public static TheoryData<string?, string, FailureKind> CatalogAnswers => new()
    {
        { "text/html; charset=utf-8", "<html><h1>Login</h1></html>", FailureKind.NotMcp },
        { "text/plain", "hello", FailureKind.NotMcp },
        { null, """{"jsonrpc":"2.0","id":$ID,"result":{"tools":[]}}""", FailureKind.NotMcp },
        { "application/json", "", FailureKind.NoReply },
        { "text/html", "", FailureKind.NoReply },
        { "application/json", "{\"jsonrpc\":", FailureKind.BadJson },
        { "application/json", "<html></html>", FailureKind.BadJson },
        { "application/json", """[{"jsonrpc":"2.0","id":$ID,"result":{"tools":[]}}]""", FailureKind.NotMcp },
        { "application/json", "\"ok\"", FailureKind.NotMcp },
        { "application/json", """{"status":"ok"}""", FailureKind.NotMcp },
        { "application/json", """{"jsonrpc":"2.0","id":"$ID","result":{"tools":[]}}""", FailureKind.NoReply },
        { "application/json", """{"jsonrpc":"2.0","id":4711,"result":{"tools":[]}}""", FailureKind.NoReply },
        { "application/json", """{"jsonrpc":"2.0","id":$ID,"error":{"code":-32603,"message":"boom"}}""", FailureKind.RpcError },
        { "application/json", """{"jsonrpc":"2.0","id":$ID,"result":{"tools":"none"}}""", FailureKind.NotMcp },
        { "application/json", """{"jsonrpc":"2.0","id":$ID,"result":{}}""", FailureKind.NotMcp },
        { "application/json", """{"jsonrpc":"2.0","id":$ID,"result":{"tools":[{"title":"nameless"}]}}""", FailureKind.NotMcp },
        { "text/event-stream", "", FailureKind.NoReply },
        { "text/event-stream", "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n\n", FailureKind.NoReply },
        { "text/event-stream", "data: not json\n\n", FailureKind.BadJson },
        { "text/event-stream", "data: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"res", FailureKind.NoReply },
        { "text/event-stream", "data: []\n\n", FailureKind.NotMcp },
    };

    [Theory]
    [MemberData(nameof(CatalogAnswers))]
    public async Task Probe_ToolsListAnsweredWrongly_SaysHow(string? type, string body, FailureKind kind)
    {
        await using var stub = await StartAsync(call => call.Method == "tools/list" ? new Answer(200, type, body) : Stateless(call));

        var result = await ProbeAsync(stub.Endpoint());

        AssertFailure(result, kind, Phase.Catalog);
        if (result.Failure!.Message.Contains("answer", StringComparison.Ordinal))
            Assert.StartsWith(new Uri(stub.Url).Authority, result.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(Era.Stateless, result.Era);
        Assert.NotNull(result.Timings.HandshakeMs);
        Assert.Null(result.Catalog);
    }

    [Fact]
    public async Task Probe_EventStreamWithOtherMessagesFirst_FindsTheReply()
    {
        await using var stub = await StartAsync(call => call.Method == "tools/list"
            ? Answer.Events(
                ": a comment", "id: 1\ndata:", "event: other\ndata: junk",
                "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}",
                "data: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"method\":\"ping\"}",
                "data: {\"jsonrpc\":\"2.0\",\"id\":999,\"result\":{}}",
                "event: message\ndata: {\"jsonrpc\":\"2.0\",\ndata: \"id\":$ID,\"result\":{\"tools\":[" + Tool + "]}}",
                "data: not even looked at")
            : Stateless(call));

        var result = await ProbeAsync(stub.Endpoint());

        Assert.True(result.Verdict is Verdict.Healthy, result.Failure?.Message);
    }

    [Fact]
    public async Task Probe_RpcError_GivesCodeAndTheMessageOnOneShortLine()
    {
        await using var stub = await StartAsync(call => call.Method == "tools/list"
            ? Answer.Error(-32603, "first\r\nsecond\t\u202Ethird\u001b[31m\u200b " + new string('x', 5000))
            : Stateless(call));

        var result = await ProbeAsync(stub.Endpoint());

        AssertFailure(result, FailureKind.RpcError, Phase.Catalog);
        Assert.Contains("-32603 (first second third[31m xxx", result.Failure!.Message, StringComparison.Ordinal);
        Assert.InRange(result.Failure.Message.Length, 200, 350);
    }

    [Fact]
    public async Task Probe_ServerEchoesTheCredentials_MessageDoesNotShowThem()
    {
        await using var stub = await StartAsync(call => call.Method == "tools/list"
            ? Answer.Error(-1, $"no: {call.Header("Authorization")} {call.Header("X-Api-Key")}")
            : Stateless(call));
        var prober = new McpProber(new ProberOptions { Secrets = name => $"value-of-{name}" }, TimeProvider.System);

        var result = await prober.ProbeAsync(
            stub.Endpoint() with { Bearer = "${env:TOKEN}", Headers = new Dictionary<string, string> { ["X-Api-Key"] = "key-${env:KEY}" } },
            TestContext.Current.CancellationToken);

        Assert.Contains("no: Bearer *** ***", result.Failure!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(result.Log, line => line.Contains("value-of", StringComparison.Ordinal));
        Assert.Equal(("Bearer value-of-TOKEN", "key-value-of-KEY"), (stub.Calls.First().Header("Authorization"), stub.Calls.First().Header("X-Api-Key")));
    }

    [Fact]
    public async Task Probe_NobodyListens_IsRefused()
    {
        AssertFailure(await ProbeAsync(To($"http://127.0.0.1:{RealServer.FreePort()}/mcp")), FailureKind.Refused, Phase.Connect);
    }

    [Fact]
    public async Task Probe_NameThatDoesNotExist_IsDns()
    {
        AssertFailure(await ProbeAsync(To("http://no-such-host.invalid/mcp")), FailureKind.Dns, Phase.Dns);
    }

    [Theory]
    [InlineData("http://169.254.169.254/mcp", AddressRule.AllowPrivate)]
    [InlineData("http://[::ffff:169.254.169.254]/mcp", AddressRule.AllowPrivate)]
    [InlineData("http://0.0.0.0:80/mcp", AddressRule.AllowPrivate)]
    [InlineData("http://localhost/mcp", AddressRule.PublicOnly)]
    [InlineData("http://2130706433/mcp", AddressRule.PublicOnly)]
    [InlineData("http://[::1]/mcp", AddressRule.PublicOnly)]
    public async Task Probe_AddressThatIsNotAllowed_IsBlockedBeforeConnecting(string url, AddressRule rule)
    {
        var prober = new McpProber(new ProberOptions { Addresses = rule }, TimeProvider.System);

        var result = await prober.ProbeAsync(To(url), TestContext.Current.CancellationToken);

        AssertFailure(result, FailureKind.BlockedAddress, Phase.Connect);
    }

    [Fact]
    public async Task Probe_ConnectToABlockedAddress_IsBlocked()
    {
        var result = await ProbeAsync(To("http://127.0.0.1:1/mcp") with { ConnectTo = "169.254.169.254:80" });

        AssertFailure(result, FailureKind.BlockedAddress, Phase.Connect);
    }

    [Theory]
    [InlineData("", FailureKind.Reset)]
    [InlineData("SSH-2.0-OpenSSH_9.9\r\n", FailureKind.NotMcp)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"jsonrpc\"", FailureKind.Reset)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", FailureKind.NotMcp)]
    public async Task Probe_ServerThatBreaksHttp_SaysHow(string answer, FailureKind kind)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = AnswerOnceAsync();

        var result = await ProbeAsync(To($"http://{listener.LocalEndpoint}/mcp"));

        AssertFailure(result, kind, Phase.Handshake);
        await server;

        async Task AnswerOnceAsync()
        {
            using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            // Data left unread would turn the close into a reset.
            var request = new StringBuilder();
            var buffer = new byte[4096];
            while (!request.ToString().EndsWith('}'))
            {
                var read = await client.GetStream().ReadAsync(buffer, TestContext.Current.CancellationToken);
                request.Append(Encoding.ASCII.GetString(buffer, 0, read));
            }

            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer), TestContext.Current.CancellationToken);
            client.Client.Shutdown(SocketShutdown.Send);
            listener.Stop();
        }
    }
}
