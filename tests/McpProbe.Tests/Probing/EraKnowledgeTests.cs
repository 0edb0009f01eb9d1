using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using static McpProbe.Tests.Probing.StubMcp;

namespace McpProbe.Tests.Probing;

/// <summary>What a server's silence and its failures mean while its era is not known, and once it is.</summary>
public sealed class EraKnowledgeTests : IDisposable
{
    /// <summary>Half of it is waited for an answer, so it is real time; a silent server's cannot be less.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    private readonly McpProber _prober = new(new ProberOptions(), TimeProvider.System);

    public void Dispose() => _prober.Dispose();

    private static CancellationToken TestToken => TestContext.Current.CancellationToken;

    private Task<ProbeResult> ProbeAsync(StubMcp stub, Era? known = null, TimeSpan? timeout = null) =>
        _prober.ProbeConfirmedAsync(stub.Endpoint() with { Timeout = timeout ?? Timeout }, null, TestToken, known);

    private static void AssertHealthy(ProbeResult result, Era era)
    {
        Assert.True(result.Verdict is Verdict.Healthy, $"{result.Failure}\n{string.Join('\n', result.Log)}");
        Assert.Equal(era, result.Era);
    }

    private static Answer EventsThatHang => new(200, "text/event-stream")
    {
        Stream = async context =>
        {
            await context.Response.Body.FlushAsync();
            await Task.Delay(System.Threading.Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        },
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SilentAtDiscover_IsInitializedAtHalfTimeAndAtOnceFromThenOn(bool headers)
    {
        await using var stub = await StartAsync(call => call.Method == "server/discover" ? headers ? EventsThatHang : null : Handshake(call));

        var first = await ProbeAsync(stub);
        var asked = stub.Asked.ToList();
        var second = await ProbeAsync(stub);

        AssertHealthy(first, Era.Handshake);
        Assert.InRange(first.Timings.TotalMs, Timeout.TotalMilliseconds * 0.45, Timeout.TotalMilliseconds);
        Assert.Equal(["POST server/discover", "POST initialize", "POST notifications/initialized", "POST tools/list", "DELETE"], asked);
        AssertHealthy(second, Era.Handshake);
        Assert.InRange(second.Timings.TotalMs, 0, Timeout.TotalMilliseconds * 0.4);
        Assert.Equal("POST initialize", stub.Asked.ElementAt(asked.Count));
        Assert.Equal(first.Findings, second.Findings);
        Assert.Equal("interop-discover", Assert.Single(second.Findings).Rule);
    }

    [Fact]
    public async Task SilentAtDiscoverWithABaseline_WaitsAShorterShare()
    {
        await using var stub = await StartAsync(call => call.Method == "server/discover" ? null : Handshake(call));

        var result = await ProbeAsync(stub, Era.Handshake, TimeSpan.FromSeconds(16));

        AssertHealthy(result, Era.Handshake);
        Assert.InRange(result.Timings.TotalMs, 1_900, 7_000);
    }

    [Fact]
    public async Task SlowStatelessServer_IsNotTakenForAnOlderOne()
    {
        // It wakes up after half of the time, and answers both requests then, as servers of both eras do.
        var awake = Task.Delay(Timeout * 0.6, TimeProvider.System, TestToken);
        await using var stub = await StartAsync(call => Woken(call, awake, call.Method is "initialize" or "notifications/initialized" or null ? Handshake(call) : Stateless(call)));

        AssertHealthy(await ProbeAsync(stub), Era.Stateless);
        Assert.All(stub.Calls.Where(call => call.Method == "tools/list"), call => Assert.Null(call.Header("Mcp-Session-Id")));
    }

    /// <summary>Its session began while the other answer was on its way.</summary>
    [Fact]
    public async Task SlowStatelessServer_SessionThatItOpenedMeanwhile_IsEndedAndNotUsed()
    {
        var awake = Task.Delay(Timeout * 0.75, TimeProvider.System, TestToken);
        await using var stub = await StartAsync(call => call.Method switch
        {
            "initialize" => Handshake(call) with
            {
                Stream = async context =>
                {
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                    await Task.Delay(System.Threading.Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
                },
            },
            "server/discover" => Woken(call, awake, Stateless(call)),
            null => Handshake(call),
            _ => Stateless(call),
        });

        AssertHealthy(await ProbeAsync(stub), Era.Stateless);
        Assert.Equal(["POST server/discover", "POST initialize", "DELETE", "POST tools/list"], stub.Asked);
        Assert.Equal([null, null, "session-1", null], stub.Calls.Select(call => call.Header("Mcp-Session-Id")));
    }

    [Fact]
    public async Task SlowStatelessServerThatRefusesInitialize_IsWaitedFor()
    {
        var slow = Task.Delay(Timeout * 0.75, TimeProvider.System, TestToken);
        await using var stub = await StartAsync(call => call.Method == "server/discover" ? Woken(call, slow, Stateless(call)) : Stateless(call));

        AssertHealthy(await ProbeAsync(stub), Era.Stateless);
    }

    /// <summary>By the baseline of another process, and by what this prober saw last.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task KnownStatelessServerThatIsSlow_IsATimeOut(bool baseline)
    {
        var silent = baseline;
        await using var stub = await StartAsync(call => call.Method == "server/discover" && silent ? null : call.Method is "server/discover" or "tools/list" ? Stateless(call) : Handshake(call));
        if (!baseline)
            AssertHealthy(await ProbeAsync(stub), Era.Stateless);
        silent = true;

        var result = await ProbeAsync(stub, baseline ? Era.Stateless : null, TimeSpan.FromSeconds(1));

        Assert.Equal((FailureKind.Timeout, Phase.Handshake), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.DoesNotContain("POST initialize", stub.Asked);
    }

    public static TheoryData<int, string?, string> FailuresOfAMoment => new()
    {
        { 500, "text/html", "<h1>Oops</h1>" },
        { 500, "application/json", """{"jsonrpc":"2.0","id":$ID,"error":{"code":-32603,"message":"Internal error"}}""" },
        { 501, null, "" },
        { 200, "application/json", """{"jsonrpc":"2.0","id":$ID,"error":{"code":-32603,"message":"Internal error"}}""" },
        { 200, "text/html", "<h1>Back soon</h1>" },
        { 202, null, "" },
        { 408, null, "" },
        { 403, null, "" },
        { 200, "application/json", "" },
    };

    [Theory]
    [MemberData(nameof(FailuresOfAMoment))]
    public async Task KnownStatelessServerThatFailsAtDiscover_IsDownAndNotOfAnotherEra(int status, string? type, string body)
    {
        await using var stub = await StartAsync(call => call.Method == "server/discover" ? new Answer(status, type, body) : Handshake(call));

        var result = await ProbeAsync(stub, Era.Stateless);

        Assert.NotNull(result.Failure);
        Assert.Null(result.Era);
        Assert.All(stub.Asked, asked => Assert.Equal("POST server/discover", asked));
    }

    [Theory]
    [InlineData(404, null, "")]
    [InlineData(400, "application/json", """{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: Server not initialized"}}""")]
    [InlineData(200, "application/json", """{"jsonrpc":"2.0","id":$ID,"error":{"code":-32601,"message":"Method not found"}}""")]
    public async Task KnownStatelessServerThatWasRolledBack_IsOfTheOlderEra(int status, string? type, string body)
    {
        await using var stub = await StartAsync(call => call.Method == "server/discover" ? new Answer(status, type, body) : Handshake(call));

        AssertHealthy(await ProbeAsync(stub, Era.Stateless), Era.Handshake);
    }

    [Fact]
    public async Task KnownStatelessServerThatFailsAgainAndAgain_IsLookedAtAnew()
    {
        var older = false;
        await using var stub = await StartAsync(call => older ? call.Method == "server/discover" ? new Answer(500) : Handshake(call) : Stateless(call));
        AssertHealthy(await ProbeAsync(stub), Era.Stateless);
        older = true;

        // Each watched probe that failed is confirmed by a second attempt.
        Assert.Equal(500, (await ProbeAsync(stub)).Failure?.HttpStatus);
        AssertHealthy(await ProbeAsync(stub), Era.Handshake);
    }

    [Fact]
    public async Task SilentServerThatLearntTheOtherEra_IsDiscovered()
    {
        var updated = false;
        await using var stub = await StartAsync(call => updated ? Stateless(call) : call.Method == "server/discover" ? null : Handshake(call));
        AssertHealthy(await ProbeAsync(stub), Era.Handshake);
        updated = true;

        AssertHealthy(await ProbeAsync(stub), Era.Stateless);
    }

    [Fact]
    public async Task SilentAtEverything_IsATimeOutWithinTheDeadline()
    {
        await using var stub = await StartAsync(_ => null);

        var result = await ProbeAsync(stub, timeout: TimeSpan.FromSeconds(1));

        Assert.Equal((FailureKind.Timeout, Phase.Handshake), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.InRange(result.Timings.TotalMs, 900, 3_000);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(501)]
    public async Task FailureAtDiscoverAlone_IsSaidAsANote(int status)
    {
        await using var stub = await StartAsync(call => call.Method == "server/discover" ? new Answer(status) : Handshake(call));

        var result = await ProbeAsync(stub);

        AssertHealthy(result, Era.Handshake);
        var note = Assert.Single(result.Findings);
        Assert.Equal(("interop-discover", "server/discover"), (note.Rule, note.Path));
        Assert.Contains($"HTTP {status}", note.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StatelessServerThatFailsAtDiscover_IsThatFailure()
    {
        await using var stub = await StartAsync(call => call.Method == "server/discover" ? new Answer(500) : Stateless(call));

        var result = await ProbeAsync(stub);

        Assert.Equal((FailureKind.HttpStatus, 500), (result.Failure?.Kind, result.Failure?.HttpStatus));
    }

    [Fact]
    public async Task ConnectionClosedAtDiscover_IsTriedAgainAndThenInitialized()
    {
        await using var stub = await StartAsync(call => call.Method == "server/discover"
            ? new Answer(200) { Stream = context => { context.Abort(); return Task.CompletedTask; } }
            : Handshake(call));

        var result = await ProbeAsync(stub);

        AssertHealthy(result, Era.Handshake);
        Assert.Equal(["POST server/discover", "POST server/discover", "POST initialize"], stub.Asked.Take(3));
        Assert.Equal("interop-discover", Assert.Single(result.Findings).Rule);
    }

    [Fact]
    public async Task ConnectionClosedOnceAtDiscover_IsStillStateless()
    {
        var restarts = 1;
        await using var stub = await StartAsync(call => restarts-- > 0
            ? new Answer(200) { Stream = context => { context.Abort(); return Task.CompletedTask; } }
            : Stateless(call));

        AssertHealthy(await ProbeAsync(stub), Era.Stateless);
    }

    private static Answer Woken(Call call, Task awake, Answer answer) => answer with
    {
        Stream = async context =>
        {
            await awake;
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, answer.Body.Replace("$ID", call.Id, StringComparison.Ordinal));
        },
    };
}
