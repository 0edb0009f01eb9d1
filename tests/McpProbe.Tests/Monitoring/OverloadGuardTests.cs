using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Prober;
using McpProbe.Probing;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Monitoring;

/// <summary>A process that stands still during a probe, by a clock that stands still with it: no beat comes while it jumps.</summary>
public sealed class OverloadGuardTests : IDisposable
{
    private static readonly Endpoint Endpoint = new() { Id = "a", Url = new Uri("https://example.com/mcp"), Timeout = TimeSpan.FromSeconds(10) };

    private readonly StandingClock _time = new();
    private readonly StandstillWatch _watch;
    private readonly OverloadGuard _guard;
    private int _counted;

    public OverloadGuardTests()
    {
        _watch = new StandstillWatch(_time);
        _guard = new OverloadGuard(_watch, () => _counted++);
    }

    public void Dispose() => _watch.Dispose();

    // Seconds: before the probe; r<n> the process runs, s<n> it stands still.
    [Theory]
    [InlineData("| r10", false)]
    [InlineData("| r1 s2.4 r1", false)] // less than a quarter of the timeout
    [InlineData("| r1 s2.7 r1", true)]
    [InlineData("| s2.7", true)] // no beat has come yet
    [InlineData("| r1 s20 r0.1", true)]
    [InlineData("| s1 r1 s1 r1 s1 r1", true)] // all of it together
    [InlineData("| r0.2 s0.2 r0.2 s0.2 r0.2 s0.2 r0.2 s0.2 r0.2 s0.2 r0.2 s0.2 r0.2 s0.2 r0.2 s0.2 r0.2 s0.2 r0.2 s0.2", false)] // busy, and going on
    [InlineData("s30 | r5", false)] // before it began
    [InlineData("s30 | s0.1 r5", false)]
    [InlineData("r1 s5 r1 | r1", false)]
    public void Check_Failure_SaysNothingWhereTheProcessStoodStill(string story, bool stood)
    {
        var result = Run(story, Down());

        Assert.Equal(stood ? Verdict.Unknown : Verdict.Down, result.Verdict);
        Assert.Equal(stood ? FailureKind.ProberOverloaded : FailureKind.Timeout, result.Failure!.Kind);
        Assert.Equal(stood ? 1 : 0, _counted);
        if (!stood)
            return;
        Assert.Equal(Phase.Handshake, result.Failure.Phase);
        Assert.Contains("no reply within 10 s", result.Failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, "| s0.3 r0.2", false)]
    [InlineData(400, "| s0.8", true)] // half a second at least
    [InlineData(60_000, "| s10 r1", false)]
    [InlineData(60_000, "| s16 r1", true)]
    public void Check_Timeout_SaysHowLongIsTooLong(int timeoutMs, string story, bool stood) =>
        Assert.Equal(stood, Run(story, Down(), Endpoint with { Timeout = TimeSpan.FromMilliseconds(timeoutMs) }).Verdict is Verdict.Unknown);

    [Fact]
    public void Check_Healthy_StaysHealthyAndItsTimesDoNotCount()
    {
        var result = Run("| s5", Healthy());

        Assert.Equal((Verdict.Healthy, null, true), (result.Verdict, result.Failure, result.Cold));
        Assert.Equal(1, _counted);
    }

    [Theory]
    [InlineData(false, false, Verdict.Healthy, null)]
    [InlineData(true, false, Verdict.Degraded, FailureKind.Budget)] // the certificate is as old as it is
    [InlineData(false, true, Verdict.Degraded, FailureKind.ToolsUsable)]
    public void Check_Slow_IsNotDegradedByIt(bool old, bool unusable, Verdict verdict, FailureKind? kind)
    {
        List<ConditionResult> conditions =
        [
            new("tools-non-empty", true),
            new(ConditionResult.ToolsUsable, !unusable, unusable ? "Official clients throw away the list." : null),
            new(ConditionResult.BudgetPrefix + "handshake", false, "The handshake phase took 5000 ms of the 200 ms allowed."),
            new(ConditionResult.CertificateDays, !old, old ? "The TLS certificate has 3 of the 14 days left that are asked for." : null),
        ];
        var failure = unusable
            ? new Failure(FailureKind.ToolsUsable, Phase.Catalog, "Official clients throw away the list.")
            : new Failure(FailureKind.Budget, Phase.Handshake, "The server works, outside its budgets: the handshake phase took 5000 ms of the 200 ms allowed");

        var result = Run("| s5", Healthy() with { Verdict = Verdict.Degraded, Failure = failure, Conditions = conditions });

        Assert.Equal((verdict, kind, true), (result.Verdict, result.Failure?.Kind, result.Cold));
        Assert.DoesNotContain("handshake", result.Failure?.Message ?? "", StringComparison.Ordinal);
        var late = result.Conditions[2];
        Assert.True(late.Passed);
        Assert.Contains("stood still for 4.9 s", late.Detail, StringComparison.Ordinal);
        Assert.Equal(!old, result.Conditions[3].Passed);
    }

    [Theory]
    [InlineData(Verdict.Gated)]
    [InlineData(Verdict.Unknown)]
    public void Check_OtherVerdicts_Stay(Verdict verdict)
    {
        var failure = new Failure(verdict is Verdict.Gated ? FailureKind.Gated : FailureKind.Config, null, "so it is");

        var result = Run("| s5", Healthy() with { Verdict = verdict, Failure = failure });

        Assert.Equal((verdict, failure), (result.Verdict, result.Failure));
    }

    [Theory]
    [InlineData(true)] // a machine that slept: the clock that runs did not
    [InlineData(false)] // a clock that is set back, while the process stood still
    public void StoodStill_EitherClockSaysSo(bool shown)
    {
        var begun = _watch.Now;
        if (shown)
            _time.Jump(running: TimeSpan.Zero, shown: TimeSpan.FromHours(8));
        else
            _time.Jump(running: TimeSpan.FromSeconds(9), shown: TimeSpan.FromHours(-1));

        Assert.InRange(_watch.StoodStill(begun), TimeSpan.FromSeconds(8), TimeSpan.FromHours(9));
        _time.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, _watch.StoodStill(_watch.Now));
    }

    // Five failures while the process stands still open nothing, and what it does of its own is counted.
    [Fact]
    public async Task Run_ProbesOfAProcessThatStandsStill_OpenNothing()
    {
        var store = new MemoryStore();
        store.Put(new RegisteredEndpoint(Endpoint, EndpointSource.Api));
        var stands = true;
        using var prober = new McpProber(_time, (_, _, _) =>
        {
            if (stands)
                _time.Jump(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));
            else
                _time.Run(TimeSpan.FromSeconds(10));
            return Task.FromResult(Down());
        });
        var cycle = new MonitorCycle(prober, store, store, _time, guard: null, _guard);

        for (var probe = 0; probe < 10; probe++)
        {
            stands = probe < 5;
            await cycle.RunAsync(new ProbeRequest(Endpoint, _time.GetUtcNow(), "local"), TestContext.Current.CancellationToken);
            _time.Run(TimeSpan.FromSeconds(60));
            Assert.Equal(probe >= 7 ? 1 : 0, store.HandedOver.Count);
        }

        Assert.Equal(5, _counted);
    }

    // All threads of the pool are busy with something else: the beats are late, as the answers are.
    [Fact]
    public async Task StoodStill_ThreadPoolWithoutAFreeThread_IsNoticed()
    {
        using var watch = new StandstillWatch(TimeProvider.System);
        using var released = new ManualResetEventSlim();
        ThreadPool.GetMinThreads(out var threads, out _);
        var begun = watch.Now;
        // More than the pool adds in this time.
        var busy = Enumerable.Range(0, threads + 200).Select(_ => Task.Run(() => released.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken))).ToList();

        // Seen from outside of the pool.
        var seen = await Task.Factory.StartNew(
            () =>
            {
                var started = TimeProvider.System.GetTimestamp();
                while (watch.StoodStill(begun) < TimeSpan.FromSeconds(1) && TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20))
                    released.Wait(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
                released.Set();
                return watch.StoodStill(begun);
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAll(busy);

        Assert.True(seen >= TimeSpan.FromSeconds(1), $"{seen}");
    }

    private ProbeResult Run(string story, ProbeResult result, Endpoint? endpoint = null)
    {
        var begun = TimeSpan.Zero;
        foreach (var word in story.Split(' '))
        {
            if (word == "|")
                begun = _guard.Begin();
            else if (TimeSpan.FromSeconds(double.Parse(word[1..], System.Globalization.CultureInfo.InvariantCulture)) is var length && word[0] == 'r')
                _time.Run(length);
            else
                _time.Jump(length, length);
        }

        return _guard.Check(endpoint ?? Endpoint, begun, result);
    }

    private static ProbeResult Down() => new()
    {
        Target = Endpoint.Target,
        Verdict = Verdict.Down,
        Failure = new Failure(FailureKind.Timeout, Phase.Handshake, "no reply within 10 s"),
        Timings = new Timings(null, null, null, null, null, null, 10_000),
        StartedAt = StoreSamples.Start,
    };

    private static ProbeResult Healthy() => Down() with { Verdict = Verdict.Healthy, Failure = null };

    /// <summary>Timers fire while it runs, and not while it stands still; then once, late.</summary>
    private sealed class StandingClock : TimeProvider
    {
        private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
        private readonly List<Action> _timers = [];
        private TimeSpan _running;
        private DateTimeOffset _shown = StoreSamples.Start;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _running.Ticks;

        public override DateTimeOffset GetUtcNow() => _shown;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (period == Tick)
                _timers.Add(() => callback(state));
            return new FakeTimeProvider().CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Run(TimeSpan length)
        {
            for (var passed = TimeSpan.Zero; passed < length; passed += Tick)
            {
                Jump(Tick, Tick);
                _timers.ForEach(beat => beat());
            }
        }

        public void Jump(TimeSpan running, TimeSpan shown) => (_running, _shown) = (_running + running, _shown + shown);
    }
}
