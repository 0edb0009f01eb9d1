using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using Microsoft.AspNetCore.Http;
using static McpProbe.Tests.Probing.StubMcp;

namespace McpProbe.Tests.Probing.Transports;

public class LegacySseTests
{
    private static McpProber Prober => new(new ProberOptions { Secrets = _ => "s3cret-token" }, TimeProvider.System);

    /// <summary>A server of 2024-11-05: answers go to the stream that is open.</summary>
    private sealed class LegacyServer(string endpointEvent, Func<Answer>? refusal = null)
    {
        private readonly TaskCompletionSource<HttpContext> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Answer? Answer(Call call)
        {
            if (call is { HttpMethod: "GET", Path: "/sse" })
                return new Answer(200, "text/event-stream") { Stream = OpenAsync };
            if (call is not { HttpMethod: "POST", Path: "/message" })
                return refusal?.Invoke() ?? new Answer(404);

            var answer = call.Method switch
            {
                // The reply to the call comes only once its ping is answered.
                "tools/call" => StubMcp.Answer.Json("""{"jsonrpc":"2.0","id":"p-1","method":"ping"}"""),
                null when call.Message.GetRawText() == """{"jsonrpc":"2.0","id":"p-1","result":{}}""" =>
                    StubMcp.Answer.Json($$$"""{"jsonrpc":"2.0","id":{{{McpRequest.CallToolId}}},"result":{"content":[{"type":"text","text":"awake"}]}}"""),
                _ => Handshake(call, "2024-11-05"),
            };
            return new Answer(202)
            {
                Stream = async _ =>
                {
                    var stream = (await _stream.Task).Response;
                    if (answer.Body.Length > 0)
                        await stream.WriteAsync($"event: message\ndata: {answer.Body.Replace("$ID", call.Id, StringComparison.Ordinal)}\n\n");
                },
            };
        }

        private async Task OpenAsync(HttpContext context)
        {
            await context.Response.WriteAsync($": hello\n\nevent: endpoint\ndata: {endpointEvent}\n\n");
            await context.Response.Body.FlushAsync();
            _stream.SetResult(context);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [Theory]
    [InlineData(TransportChoice.Auto)]
    [InlineData(TransportChoice.Sse)]
    public async Task ProbeAsync_LegacyServer_IsHealthyOverHttpSse(TransportChoice transport)
    {
        await using var stub = await StartAsync(new LegacyServer("/message?session=1").Answer);

        var result = await Prober.ProbeAsync(stub.Endpoint("/sse") with { Transport = transport }, TestContext.Current.CancellationToken);

        Assert.True(result.Verdict is Verdict.Healthy, string.Join('\n', result.Log));
        Assert.Equal((TransportKind.HttpSse, Era.Handshake, "2024-11-05", 1), (result.Transport, result.Era, result.ProtocolVersion, result.Catalog?.Tools));
        Assert.Equal(transport is TransportChoice.Sse ? "GET" : "POST server/discover", stub.Asked.First());
    }

    /// <summary>How such servers refuse a POST to the stream's address.</summary>
    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(406)]
    [InlineData(409)]
    [InlineData(410)]
    [InlineData(411)]
    [InlineData(413)]
    [InlineData(415)]
    [InlineData(422)]
    [InlineData(500)]
    [InlineData(501)]
    [InlineData(403, "text/html", "<h1>Forbidden</h1>")]
    [InlineData(422, "application/json", """{"detail":"Field required"}""")]
    [InlineData(200, "text/html", "<h1>It works</h1>")]
    [InlineData(200, "text/plain", "ok")]
    [InlineData(200, "application/json", """{"status":"ok"}""")]
    [InlineData(200, "application/json", "")]
    [InlineData(202)]
    [InlineData(204)]
    [InlineData(404, "application/json", """{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"Not found"}}""")]
    public async Task ProbeAsync_LegacyServerThatRefusesPost_IsFoundByGet(int status, string? type = null, string body = "")
    {
        await using var stub = await StartAsync(new LegacyServer("/message", () => new Answer(status, type, body)).Answer);

        var result = await Prober.ProbeAsync(stub.Endpoint("/sse"), TestContext.Current.CancellationToken);

        Assert.True(result.Verdict is Verdict.Healthy, string.Join('\n', result.Log));
        Assert.Equal(TransportKind.HttpSse, result.Transport);
    }

    /// <summary>A handler that does not look at the method.</summary>
    [Fact]
    public async Task ProbeAsync_LegacyServerThatOpensItsStreamToAPost_IsFoundByGet()
    {
        var legacy = new LegacyServer("/message");
        await using var stub = await StartAsync(call => call is { HttpMethod: "POST", Path: "/sse" }
            ? new Answer(200, "text/event-stream")
            {
                Stream = async context =>
                {
                    await context.Response.WriteAsync("event: endpoint\ndata: /message\n\n");
                    await context.Response.Body.FlushAsync();
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                },
            }
            : legacy.Answer(call));

        var result = await Prober.ProbeAsync(stub.Endpoint("/sse"), TestContext.Current.CancellationToken);

        Assert.True(result.Verdict is Verdict.Healthy, string.Join('\n', result.Log));
        Assert.InRange(result.Timings.TotalMs, 0, 10_000);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(429)]
    [InlineData(503)]
    public async Task ProbeAsync_StatusThatSaysNothingOfTheTransport_IsFinal(int status)
    {
        await using var stub = await StartAsync(new LegacyServer("/message", () => new Answer(status)).Answer);

        var result = await Prober.ProbeAsync(stub.Endpoint("/sse"), TestContext.Current.CancellationToken);

        Assert.Equal(status, result.Failure?.HttpStatus);
        Assert.DoesNotContain("GET", stub.Asked);
    }

    [Fact]
    public async Task ProbeAsync_SmokeCallAndAPingBeforeItsReply_AreBothAnswered()
    {
        await using var stub = await StartAsync(new LegacyServer("/message").Answer);

        var result = await Prober.ProbeAsync(
            stub.Endpoint("/sse") with { Transport = TransportChoice.Sse, Smoke = new SmokeCall { Tool = "echo", ExpectText = "awake" } },
            TestContext.Current.CancellationToken);

        Assert.True(result.Verdict is Verdict.Healthy, string.Join('\n', result.Log));
        Assert.NotNull(result.Timings.SmokeMs);
    }

    [Fact]
    public async Task ProbeAsync_EndpointOnAnotherOrigin_SendsNothingThere()
    {
        await using var elsewhere = await StartAsync(call => Handshake(call));
        await using var stub = await StartAsync(new LegacyServer(elsewhere.Url + "/message").Answer);

        var result = await Prober.ProbeAsync(
            stub.Endpoint("/sse") with { Bearer = "${env:TOKEN}" }, TestContext.Current.CancellationToken);

        Assert.Equal((FailureKind.CrossOrigin, Phase.Handshake), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.Empty(elsewhere.Calls);
        Assert.All(stub.Calls, call => Assert.Equal("Bearer s3cret-token", call.Header("Authorization")));
    }

    [Fact]
    public async Task ProbeAsync_StreamWithoutEndpoint_ReportsWhatInitializeWasToldAtTheDeadline()
    {
        await using var stub = await StartAsync(call => call.HttpMethod == "GET"
            ? new Answer(200, "text/event-stream")
            {
                Stream = async context =>
                {
                    await context.Response.Body.FlushAsync();
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
            : new Answer(400));

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Timeout = TimeSpan.FromSeconds(1) }, TestContext.Current.CancellationToken);

        Assert.Equal((FailureKind.HttpStatus, 400), (result.Failure?.Kind, result.Failure?.HttpStatus));
    }

    [Fact]
    public async Task ProbeAsync_PostRefused_FailsWithoutWaitingForTheStream()
    {
        var legacy = new LegacyServer("/refusing");
        await using var stub = await StartAsync(call => call.Path == "/refusing" ? new Answer(503) : legacy.Answer(call));

        var result = await Prober.ProbeAsync(stub.Endpoint("/sse") with { Transport = TransportChoice.Sse }, TestContext.Current.CancellationToken);

        Assert.Equal((FailureKind.HttpStatus, 503), (result.Failure?.Kind, result.Failure?.HttpStatus));
        Assert.InRange(result.Timings.TotalMs, 0, 20_000);
    }
}
