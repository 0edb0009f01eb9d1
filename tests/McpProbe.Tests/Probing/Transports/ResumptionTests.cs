using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Tests.Probing.StubMcp;

namespace McpProbe.Tests.Probing.Transports;

/// <summary>
/// Event streams that end before the reply (specification 2025-11-25, Streamable HTTP: the server closes the connection and is
/// polled), and the requests that a server sends on them.
/// </summary>
public class ResumptionTests
{
    private const string Reply = """data: {"jsonrpc":"2.0","id":$ID,"result":{"content":[{"type":"text","text":"late"}]}}""";

    private static readonly McpProber Prober = new(new ProberOptions { Secrets = _ => null }, TimeProvider.System);

    private static readonly SmokeCall Echo = new() { Tool = "echo", ExpectText = "late" };

    private static CancellationToken TestToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ProbeAsync_StreamEndsAfterAnEventWithId_IsResumedThereUntilTheReplyComes()
    {
        var resumed = 0;
        await using var stub = await StartAsync(call => call.ToString() switch
        {
            "POST tools/call" => Answer.Events("id: e-1\nretry: 1\ndata: "),
            "GET" when ++resumed == 1 => Answer.Events("""data: {"jsonrpc":"2.0","method":"notifications/message"}""", "id: e-2\ndata: "),
            "GET" when resumed == 2 => Answer.Events(": nothing new"),
            "GET" => Answer.Events(Reply.Replace("$ID", $"{McpRequest.CallToolId}", StringComparison.Ordinal)),
            _ => Handshake(call),
        });

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo }, TestToken);

        Assert.True(result.Verdict is Verdict.Healthy, string.Join('\n', result.Log));
        var gets = stub.Calls.Where(call => call.HttpMethod == "GET").ToList();
        Assert.Equal(["e-1", "e-2", "e-2"], gets.Select(call => call.Header("Last-Event-ID")));
        Assert.All(gets, call => Assert.Equal(
            ("session-1", "2025-11-25", "text/event-stream"), (call.Header("Mcp-Session-Id"), call.Header("MCP-Protocol-Version"), call.Header("Accept"))));
    }

    [Fact]
    public async Task ProbeAsync_ConnectionBreaksInTheMiddleOfAnEvent_IsResumedAfterTheLastWholeOne()
    {
        await using var stub = await StartAsync(call => call.ToString() switch
        {
            "POST tools/call" => new Answer(200, "text/event-stream") { Stream = BreakAsync },
            "GET" => Answer.Events(Reply.Replace("$ID", $"{McpRequest.CallToolId}", StringComparison.Ordinal)),
            _ => Handshake(call),
        });

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo }, TestToken);

        Assert.True(result.Verdict is Verdict.Healthy, string.Join('\n', result.Log));
        Assert.Equal("whole", stub.Calls.Single(call => call.HttpMethod == "GET").Header("Last-Event-ID"));

        static async Task BreakAsync(HttpContext context)
        {
            // Closed after what was written: an abort would take that along.
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("id: whole\nretry: 1\ndata: \n\nid: half\ndata: {\"jsonrpc\"");
        }
    }

    [Theory]
    [InlineData("id: e-1\nretry: 20000\ndata: ", 20)]
    [InlineData("id: e-1\ndata: ", 1)]
    public async Task ProbeAsync_ServerNamesARetryTime_IsNotAskedSooner(string priming, int seconds)
    {
        var time = new FakeTimeProvider();
        DateTimeOffset closed = default, asked = default;
        var isClosed = false;
        await using var stub = await StartAsync(call =>
        {
            switch (call.ToString())
            {
                case "POST tools/call":
                    closed = time.GetUtcNow();
                    Volatile.Write(ref isClosed, true);
                    return Answer.Events(priming);
                case "GET":
                    asked = time.GetUtcNow();
                    return Answer.Events(Reply.Replace("$ID", $"{McpRequest.CallToolId}", StringComparison.Ordinal));
                default:
                    return Handshake(call);
            }
        });

        var probe = new McpProber(new ProberOptions(), time).ProbeAsync(
            stub.Endpoint() with { Smoke = Echo, Timeout = TimeSpan.FromHours(20) }, TestToken);
        await Eventually.TrueAsync(() => Volatile.Read(ref isClosed), "the call is answered");
        await Eventually.TrueAsync(() =>
        {
            if (stub.Asked.Contains("GET"))
                return true;
            time.Advance(TimeSpan.FromSeconds(0.5));
            return false;
        }, "the stream is resumed");
        var result = await probe;

        Assert.True(result.Verdict is Verdict.Healthy, string.Join('\n', result.Log));
        Assert.InRange((asked - closed).TotalSeconds, seconds, double.MaxValue);
    }

    [Fact]
    public async Task ProbeAsync_RetryBeyondTheDeadline_TimesOut()
    {
        await using var stub = await StartAsync(call => call.Method == "tools/call"
            ? Answer.Events("id: e-1\nretry: 86400000000\ndata: ")
            : Handshake(call));

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo, Timeout = TimeSpan.FromSeconds(2) }, TestToken);

        Assert.Equal((FailureKind.Timeout, Phase.Smoke), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.DoesNotContain("GET", stub.Asked);
    }

    [Theory]
    [InlineData("data: ")]
    [InlineData("id: \ndata: ")]
    [InlineData("id: e-1\ndata: \n\nid: \ndata: ")]
    [InlineData("id: größe\ndata: ")]
    [InlineData("id: e-1\nretry: 1")]
    public async Task ProbeAsync_StreamEndsWithoutAUsableId_IsNoReply(string events)
    {
        // The last row's only event is not ended by an empty line.
        await using var stub = await StartAsync(call => call.Method == "tools/call"
            ? new Answer(200, "text/event-stream", events.EndsWith(' ') ? events + "\n\n" : events)
            : Handshake(call));

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo }, TestToken);

        Assert.Equal((FailureKind.NoReply, Phase.Smoke), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.DoesNotContain("GET", stub.Asked);
    }

    [Fact]
    public async Task ProbeAsync_StatelessEra_HasNothingToResume()
    {
        await using var stub = await StartAsync(call => call.Method == "tools/call" ? Answer.Events("id: e-1\nretry: 1\ndata: ") : Stateless(call));

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo }, TestToken);

        Assert.Equal((FailureKind.NoReply, Phase.Smoke), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.DoesNotContain("GET", stub.Asked);
    }

    [Theory]
    [InlineData(405, null, FailureKind.NoReply)]
    [InlineData(404, null, FailureKind.NoReply)]
    [InlineData(200, "application/json", FailureKind.NoReply)]
    [InlineData(503, null, FailureKind.HttpStatus)]
    public async Task ProbeAsync_ResumingIsRefused_SaysWhatIsMissing(int status, string? type, FailureKind kind)
    {
        await using var stub = await StartAsync(call => call.ToString() switch
        {
            "POST tools/call" => Answer.Events("id: e-1\nretry: 1\ndata: "),
            "GET" => new Answer(status, type),
            _ => Handshake(call),
        });

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo }, TestToken);

        Assert.Equal((kind, Phase.Smoke), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.Single(stub.Asked, "GET");
    }

    [Fact]
    public async Task ProbeAsync_StreamThatAlwaysEnds_IsNotResumedForever()
    {
        await using var stub = await StartAsync(call => call.ToString() is "POST tools/call" or "GET"
            ? Answer.Events("id: e-1\nretry: 0\ndata: ")
            : Handshake(call));

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo }, TestToken);

        Assert.Equal((FailureKind.NoReply, Phase.Smoke), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.Equal(32, stub.Asked.Count(asked => asked == "GET"));
    }

    [Fact]
    public async Task ProbeAsync_CatalogueComesOnAResumedStream_IsRead()
    {
        await using var stub = await StartAsync(call => call.ToString() switch
        {
            "POST tools/list" => Answer.Events("id: e-1\nretry: 1\ndata: "),
            "GET" => Answer.Events($$$"""data: {"jsonrpc":"2.0","id":{{{McpRequest.FirstListId}}},"result":{"tools":[{{{Tool}}}]}}"""),
            _ => Handshake(call),
        });

        var result = await Prober.ProbeAsync(stub.Endpoint(), TestToken);

        Assert.Equal((Verdict.Healthy, 1), (result.Verdict, result.Catalog?.Tools));
    }

    [Theory]
    [InlineData("ping", "7", """{"jsonrpc":"2.0","id":7,"result":{}}""")]
    [InlineData("ping", "\"s-1\"", """{"jsonrpc":"2.0","id":"s-1","result":{}}""")]
    [InlineData("sampling/createMessage", "8", """{"jsonrpc":"2.0","id":8,"error":{"code":-32601,"message":"Method not found"}}""")]
    [InlineData("roots/list", "9", """{"jsonrpc":"2.0","id":9,"error":{"code":-32601,"message":"Method not found"}}""")]
    public async Task ProbeAsync_ServerAsksWhileItIsWaitedFor_IsAnswered(string method, string id, string expected)
    {
        var answered = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stub = await StartAsync(call =>
        {
            if (call is { HttpMethod: "POST", Method: null })
            {
                answered.TrySetResult(call.Message.GetRawText());
                return new Answer(202);
            }

            return call.Method != "tools/call" ? Handshake(call) : new Answer(200, "text/event-stream")
            {
                Stream = async context =>
                {
                    await context.Response.WriteAsync($$"""data: {"jsonrpc":"2.0","id":{{id}},"method":"{{method}}"}""" + "\n\n");
                    await context.Response.Body.FlushAsync();
                    await answered.Task;
                    await context.Response.WriteAsync(Reply.Replace("$ID", call.Id, StringComparison.Ordinal) + "\n\n");
                },
            };
        });

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo }, TestToken);

        Assert.True(result.Verdict is Verdict.Healthy, string.Join('\n', result.Log));
        Assert.Equal(expected, await answered.Task);
        var answer = stub.Calls.Single(call => call is { HttpMethod: "POST", Method: null });
        Assert.Equal(("session-1", "2025-11-25"), (answer.Header("Mcp-Session-Id"), answer.Header("MCP-Protocol-Version")));
    }

    [Theory]
    [InlineData(Era.Handshake, 16)]
    [InlineData(Era.Stateless, 0)]
    public async Task ProbeAsync_ServerAsksWithoutEnd_IsAnsweredAFewTimesAndOnlyInTheHandshakeEra(Era era, int answers)
    {
        await using var stub = await StartAsync(call => call.Method == "tools/call"
            ? Answer.Events([.. Enumerable.Repeat("""data: {"jsonrpc":"2.0","id":1,"method":"ping"}""", 40), Reply.Replace("$ID", call.Id, StringComparison.Ordinal)])
            : call is { HttpMethod: "POST", Method: null } ? new Answer(500)
            : era is Era.Stateless ? Stateless(call) : Handshake(call));

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo }, TestToken);

        Assert.True(result.Verdict is Verdict.Healthy, string.Join('\n', result.Log));
        Assert.Equal(answers, stub.Calls.Count(call => call is { HttpMethod: "POST", Method: null }));
    }
}
