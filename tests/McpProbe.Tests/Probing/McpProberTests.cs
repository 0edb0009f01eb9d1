using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Tests.Probing.StubMcp;

namespace McpProbe.Tests.Probing;

/// <summary>The deadline, cancelling, confirming, closing, conditions and configuration.</summary>
public class McpProberTests
{
    private static McpProber Prober => new(new ProberOptions { Secrets = _ => null }, TimeProvider.System);

    private static CancellationToken TestToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("POST server/discover", Phase.Handshake)]
    [InlineData("POST initialize", Phase.Handshake)]
    [InlineData("POST notifications/initialized", Phase.Handshake)]
    [InlineData("POST tools/list", Phase.Catalog)]
    public async Task ProbeAsync_HangingAnswer_TimesOutInItsPhaseAndIsNotTakenForAnotherEra(string hanging, Phase phase)
    {
        var time = new FakeTimeProvider();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stub = await StartAsync(call =>
        {
            if (call.ToString() != hanging)
                return Handshake(call);
            reached.TrySetResult();
            return null;
        });

        var probe = new McpProber(new ProberOptions(), time).ProbeAsync(stub.Endpoint() with { Timeout = TimeSpan.FromSeconds(7) }, TestToken);
        await reached.Task.WaitAsync(TestToken);
        time.Advance(TimeSpan.FromSeconds(7));
        var result = await probe;

        Assert.Equal((FailureKind.Timeout, phase, Verdict.Down), (result.Failure?.Kind, result.Failure?.Phase, result.Verdict));
        Assert.Contains("7 s", result.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(7000, result.Timings.TotalMs);
        Assert.Equal(hanging, stub.Asked.Last(asked => asked != "DELETE"));
    }

    [Fact]
    public async Task ProbeAsync_Cancelled_IsAValueOfKindCancelled()
    {
        using var caller = new CancellationTokenSource();
        await using var stub = await StartAsync(call =>
        {
            if (call.Method != "tools/list")
                return Handshake(call);
            caller.Cancel();
            return null;
        });

        var result = await Prober.ProbeAsync(stub.Endpoint(), caller.Token);

        Assert.Equal((FailureKind.Cancelled, Verdict.Unknown), (result.Failure?.Kind, result.Verdict));
        Assert.Equal("DELETE", stub.Asked.Last());
    }

    [Fact]
    public async Task ProbeAsync_CancelledBefore_AsksNothing()
    {
        await using var stub = await StartAsync(call => Handshake(call));

        var result = await Prober.ProbeConfirmedAsync(stub.Endpoint(), null, new CancellationToken(canceled: true));

        Assert.Equal(FailureKind.Cancelled, result.Failure?.Kind);
        Assert.Empty(stub.Calls);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(null)]
    public async Task ProbeAsync_ClosingFailsOrHangs_DoesNotMatterAndIsNotCounted(int? status)
    {
        var close = TimeSpan.FromMilliseconds(400);
        await using var stub = await StartAsync(call => call.HttpMethod != "DELETE" ? Handshake(call) : status is { } code ? new Answer(code) : null);
        var prober = new McpProber(new ProberOptions { Limits = ProbeLimits.Default with { Close = close } }, TimeProvider.System);
        var started = TimeProvider.System.GetTimestamp();

        var result = await prober.ProbeAsync(stub.Endpoint(), TestToken);

        var elapsed = TimeProvider.System.GetElapsedTime(started);
        Assert.Equal(Verdict.Healthy, result.Verdict);
        Assert.Contains(result.Log, line => line.StartsWith("DELETE session", StringComparison.Ordinal));
        if (status is null)
            Assert.InRange(elapsed.TotalMilliseconds - result.Timings.TotalMs, close.TotalMilliseconds - 20, 10_000);
    }

    [Fact]
    public async Task ProbeConfirmedAsync_FailureThatPasses_IsHealthyAtTheSecondAttemptOverAFreshConnection()
    {
        var asked = 0;
        await using var stub = await StartAsync(call => ++asked == 1 ? new Answer(503) : Handshake(call));

        var result = await Prober.ProbeConfirmedAsync(stub.Endpoint(), null, TestToken);

        Assert.Equal((Verdict.Healthy, 2), (result.Verdict, result.Attempts));
        Assert.Equal(2, result.Log.Count(line => line.StartsWith("connect ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(503, 2, 2)]
    [InlineData(302, 2, 2)]
    [InlineData(401, 1, 1)]
    [InlineData(403, 1, 2)] // and a GET: it may be HTTP+SSE
    [InlineData(421, 1, 1)]
    public async Task ProbeConfirmedAsync_FailureThatStays_IsConfirmedOnlyWhereARepeatCanTell(int status, int attempts, int requests)
    {
        await using var stub = await StartAsync(_ => new Answer(status));

        var result = await Prober.ProbeConfirmedAsync(stub.Endpoint(), null, TestToken);

        Assert.Equal((attempts, requests), (result.Attempts, stub.Calls.Count));
        Assert.Equal(status, result.Failure?.HttpStatus);
    }

    [Fact]
    public async Task ProbeConfirmedAsync_TimeOut_IsNotConfirmed()
    {
        await using var stub = await StartAsync(_ => null);

        var result = await Prober.ProbeConfirmedAsync(stub.Endpoint() with { Timeout = TimeSpan.FromMilliseconds(300) }, null, TestToken);

        Assert.Equal((FailureKind.Timeout, 1), (result.Failure?.Kind, result.Attempts));
        // On a machine that stood still meanwhile, initialize was not sent; whatever was, was sent once.
        Assert.Equal(stub.Asked.Distinct(), stub.Asked);
        Assert.Equal("POST server/discover", stub.Asked.First());
    }

    [Fact]
    public async Task ProbeConfirmedAsync_SecondAttempt_SharesTheDeadline()
    {
        var time = new FakeTimeProvider();
        var asked = 0;
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stub = await StartAsync(_ =>
        {
            if (++asked == 1)
            {
                time.Advance(TimeSpan.FromSeconds(4));
                return new Answer(503);
            }

            hangs.TrySetResult();
            return null;
        });

        var probe = new McpProber(new ProberOptions(), time).ProbeConfirmedAsync(stub.Endpoint() with { Timeout = TimeSpan.FromSeconds(10) }, null, TestToken);
        await hangs.Task.WaitAsync(TestToken);
        time.Advance(TimeSpan.FromSeconds(6));
        var result = await probe;

        Assert.Equal((FailureKind.Timeout, 2), (result.Failure?.Kind, result.Attempts));
        Assert.Equal(6000, result.Timings.TotalMs);
    }

    [Fact]
    public async Task ProbeConfirmedAsync_FirstOfAProber_IsCold()
    {
        await using var stub = await StartAsync(call => Stateless(call));
        var prober = new McpProber(new ProberOptions(), TimeProvider.System);

        var probes = new[]
        {
            await prober.ProbeAsync(stub.Endpoint(), TestToken),
            await prober.ProbeConfirmedAsync(stub.Endpoint(), null, TestToken),
            await prober.ProbeConfirmedAsync(stub.Endpoint(), null, TestToken),
        };

        Assert.Equal([false, true, false], probes.Select(probe => probe.Cold));
    }

    public static TheoryData<Conditions, string, FailureKind?, Phase?> ConditionCases => new()
    {
        { new Conditions(), Tool, null, null },
        { new Conditions(), "", FailureKind.EmptyCatalog, Phase.Catalog },
        { new Conditions { AllowEmpty = true }, "", null, null },
        { new Conditions { RequireTools = ["echo"] }, Tool, null, null },
        { new Conditions { RequireTools = ["echo", "add"] }, Tool, FailureKind.MissingTool, Phase.Catalog },
        { new Conditions { ExpectProtocol = "2026-07-28" }, Tool, null, null },
        { new Conditions { ExpectProtocol = "2025-11-25" }, Tool, FailureKind.ProtocolMismatch, Phase.Handshake },
        { new Conditions { ExpectProtocol = "2025-11-25" }, "", FailureKind.ProtocolMismatch, Phase.Handshake },
        { new Conditions(), Tool + "," + Tool, FailureKind.DuplicateTool, Phase.Catalog },
        { new Conditions { ForbidTools = ["drop", "delete"] }, Tool, null, null },
        { new Conditions { ForbidTools = ["drop", "echo"] }, Tool, FailureKind.ForbiddenTool, Phase.Catalog },
        { new Conditions { ForbidTools = ["echo"], RequireTools = ["add"] }, Tool, FailureKind.MissingTool, Phase.Catalog },
        { new Conditions { ExpectServer = "stub", ExpectServerVersion = ">=2 <3" }, Tool, null, null },
        { new Conditions { ExpectServer = "Stub" }, Tool, FailureKind.ConditionFailed, Phase.Handshake },
        { new Conditions { ExpectServerVersion = "<2", RequireTools = ["add"] }, Tool, FailureKind.ConditionFailed, Phase.Handshake },
    };

    [Theory]
    [MemberData(nameof(ConditionCases))]
    public async Task ProbeAsync_Conditions_AreAllJudgedAndTheFirstFailureCounts(Conditions conditions, string tools, FailureKind? kind, Phase? phase)
    {
        await using var stub = await StartAsync(call => call.Method == "tools/list" ? Answer.Result($$"""{"tools":[{{tools}}]}""") : Stateless(call));

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Conditions = conditions }, TestToken);

        Assert.Equal((kind, phase), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.NotNull(result.Catalog);
        string?[] expected =
        [
            conditions.ExpectProtocol is null ? null : "expected-protocol",
            conditions.ExpectServer is null ? null : "expected-server",
            conditions.ExpectServerVersion is null ? null : "expected-server-version",
            conditions.AllowEmpty ? null : "tools-non-empty",
            conditions.RequireTools.Count == 0 ? null : "required-tools",
            conditions.ForbidTools.Count == 0 ? null : "forbidden-tools",
            tools.Length == 0 ? null : "tools-usable",
        ];
        Assert.Equal(expected.OfType<string>(), result.Conditions.Select(condition => condition.Name));
        Assert.All(result.Conditions, condition => Assert.Equal(condition.Passed, condition.Detail is null));
    }

    [Fact]
    public async Task ProbeAsync_ServerWithoutNameAndVersion_IsNotTheExpectedOne()
    {
        await using var stub = await StartAsync(call => call.Method == "server/discover"
            ? Answer.Result("""{"supportedVersions":["2026-07-28"],"capabilities":{}}""")
            : Stateless(call));

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Conditions = new() { ExpectServer = "stub", ExpectServerVersion = ">=1" } }, TestToken);

        Assert.Equal(
            [
                "The server 'stub' was expected, and the server does not say its name; check what is deployed at the address, or update the expectation.",
                "The server does not say its version, and '>=1' was expected; have it say one, or remove the expectation.",
            ],
            result.Conditions.Where(condition => !condition.Passed).Select(condition => condition.Detail));
    }

    // No server is that fast.
    private static readonly LatencyBudgets Tight = new(Handshake: TimeSpan.FromTicks(1), Catalog: TimeSpan.FromMinutes(1), Smoke: TimeSpan.FromTicks(1), Total: TimeSpan.FromTicks(1));

    [Fact]
    public async Task ProbeConfirmedAsync_OverABudget_IsDegradedAndNotProbedAgain()
    {
        await using var stub = await StartAsync(call => Stateless(call));
        var prober = new McpProber(new ProberOptions(), TimeProvider.System);
        var endpoint = stub.Endpoint() with { Conditions = new() { Budgets = Tight } };

        var cold = await prober.ProbeConfirmedAsync(endpoint, null, TestToken);
        var warm = await prober.ProbeConfirmedAsync(endpoint, null, TestToken);

        Assert.Equal((true, Verdict.Healthy), (cold.Cold, cold.Verdict)); // our own start is nobody's fault
        Assert.DoesNotContain(cold.Conditions, condition => condition.IsBudget);
        Assert.Equal((Verdict.Degraded, FailureKind.Budget, Phase.Handshake, 1), (warm.Verdict, warm.Failure?.Kind, warm.Failure?.Phase, warm.Attempts));
        Assert.Equal(
            [("tools-non-empty", true), ("tools-usable", true), ("budget-handshake", false), ("budget-catalog", true), ("budget-total", false)],
            warm.Conditions.Select(condition => (condition.Name, condition.Passed)));
        Assert.Equal(4, stub.Calls.Count);
    }

    [Fact]
    public async Task ProbeAsync_OverABudgetAndUnwell_IsDownForTheRealFailure()
    {
        await using var stub = await StartAsync(call => Stateless(call));

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Conditions = new() { Budgets = Tight, RequireTools = ["add"] } }, TestToken);

        Assert.Equal((Verdict.Down, FailureKind.MissingTool), (result.Verdict, result.Failure?.Kind));
        Assert.Contains(result.Conditions, condition => condition is { Name: "budget-total", Passed: false });
    }

    [Fact]
    public async Task ProbeAsync_SecretFileThatChanges_IsReadAgainForTheNextProbe()
    {
        using var directory = new TempDirectory();
        Environment.SetEnvironmentVariable("MCP_PROBER_TESTS_TOKEN_FILE", directory.File("token"));
        await using var stub = await StartAsync(call => Stateless(call));
        var prober = new McpProber(new ProberOptions(), TimeProvider.System);
        var endpoint = stub.Endpoint() with { Bearer = "${env:MCP_PROBER_TESTS_TOKEN}" };

        var before = await prober.ProbeAsync(endpoint, TestToken);
        await File.WriteAllTextAsync(directory.File("token"), "first\n", TestToken);
        await prober.ProbeAsync(endpoint, TestToken);
        await File.WriteAllTextAsync(directory.File("token"), "second\n", TestToken);
        await prober.ProbeAsync(endpoint, TestToken);

        Assert.Equal(FailureKind.Config, before.Failure?.Kind);
        Assert.Contains("MCP_PROBER_TESTS_TOKEN_FILE", before.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(["Bearer first", "Bearer second"], stub.Calls.Select(call => call.Header("Authorization")).Distinct());
    }

    public static TheoryData<string, Func<Endpoint, Endpoint>, string> WrongConfigurations => new()
    {
        { "missing secret", endpoint => endpoint with { Bearer = "${env:NO_SUCH_TOKEN}" }, "NO_SUCH_TOKEN" },
        { "missing header secret", endpoint => endpoint with { Headers = With("X-Api-Key", "${env:NO_SUCH_KEY}") }, "NO_SUCH_KEY" },
        { "line break", endpoint => endpoint with { Headers = With("X-A", "a\r\nX-B: b") }, "X-A" },
        { "non-ASCII", endpoint => endpoint with { Bearer = "tökén" }, "bearer token" },
        { "bad header name", endpoint => endpoint with { Headers = With("X A", "a") }, "X A" },
        { "content header", endpoint => endpoint with { Headers = With("Content-Type", "a") }, "Content-Type" },
        { "reserved header", endpoint => endpoint with { Headers = With("mcp-session-id", "a") }, "mcp-session-id" },
        { "two authorizations", endpoint => endpoint with { Bearer = "a", Headers = With("authorization", "b") }, "Authorization" },
        { "unknown version", endpoint => endpoint with { Protocol = "2031-01-01" }, "2031-01-01" },
        { "bad connectTo", endpoint => endpoint with { ConnectTo = "a b" }, "a b" },
        { "user info", endpoint => endpoint with { Url = new Uri("http://user:pass@127.0.0.1/mcp") }, "user name" },
        { "no target", endpoint => endpoint with { Url = null }, "URL" },
    };

    private static Dictionary<string, string> With(string name, string value) => new() { [name] = value };

    [Theory]
    [MemberData(nameof(WrongConfigurations))]
    public async Task ProbeAsync_WrongConfiguration_IsUnknownAndSaysWhatToCorrect(string what, Func<Endpoint, Endpoint> change, string named)
    {
        await using var stub = await StartAsync(call => Handshake(call));

        var result = await Prober.ProbeConfirmedAsync(change(stub.Endpoint()), null, TestToken);

        Assert.True(result.Failure?.Kind is FailureKind.Config, what);
        Assert.Equal((Verdict.Unknown, 1), (result.Verdict, result.Attempts));
        Assert.Contains(named, result.Failure!.Message, StringComparison.Ordinal);
        Assert.Empty(stub.Calls);
        Assert.DoesNotContain("pass@", result.Target, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{0}")]
    [InlineData("localhost:{1}")]
    public async Task ProbeAsync_ConnectTo_ConnectsThereUnderTheUrlsHost(string connectTo)
    {
        await using var stub = await StartAsync(call => Stateless(call));
        var address = new Uri(stub.Url);
        var endpoint = stub.Endpoint() with
        {
            Url = new Uri("http://mcp.example.invalid:8123/mcp"),
            ConnectTo = connectTo.Replace("{0}", address.Authority, StringComparison.Ordinal).Replace("{1}", $"{address.Port}", StringComparison.Ordinal),
        };

        var result = await Prober.ProbeAsync(endpoint, TestToken);

        Assert.True(result.Verdict is Verdict.Healthy, result.Failure?.Message);
        Assert.All(stub.Calls, call => Assert.Equal("mcp.example.invalid:8123", call.Header("Host")));
    }

    [Fact]
    public async Task ProbeAsync_Log_HasALineAStepWithItsTime()
    {
        await using var stub = await StartAsync(call => Handshake(call));

        var result = await Prober.ProbeAsync(stub.Endpoint(), TestToken);

        string[] steps =
        [
            @"^connect 127\.0\.0\.1:\d+ in [\d.]+ ms$",
            @"^POST server/discover -> 200 in [\d.]+ ms$",
            @"^POST initialize -> 200 in [\d.]+ ms$",
            @"^POST notifications/initialized -> 202 in [\d.]+ ms$",
            @"^POST tools/list -> 200 in [\d.]+ ms$",
            @"^healthy in [\d.]+ ms$",
            @"^DELETE session -> 200 in [\d.]+ ms$",
        ];
        Assert.Equal(steps.Length, result.Log.Count);
        Assert.All(steps.Zip(result.Log), step => Assert.Matches(step.First, step.Second));
    }
}
