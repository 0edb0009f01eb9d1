using McpProbe.Alerts.Deliveries;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Uptime;
using Microsoft.Extensions.Time.Testing;
using Endpoint = McpProbe.Endpoints.Endpoint;

namespace McpProbe.Testing;

/// <summary>The ports that rolling up works on.</summary>
public sealed record RollupPorts(IEndpointStore Endpoints, IMonitorStore Monitor, IRollupStore Rollups);

/// <summary>What every store keeps of <see cref="IRollupStore"/>, and the engine's jobs on it. A store derives from this and opens itself.</summary>
public abstract partial class RollupStoreContract : StoreContract<RollupPorts>
{
    protected static readonly DateTimeOffset Midnight = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private IEndpointStore Endpoints => Ports.Endpoints;
    private IMonitorStore Monitor => Ports.Monitor;
    private IRollupStore Store => Ports.Rollups;

    [Fact]
    public async Task RolledThrough_Written_IsReadAfterARestart()
    {
        Assert.Null(await Store.ReadRolledThroughAsync(Cancellation));
        await Store.WriteRolledThroughAsync(Midnight, Cancellation);
        await Store.WriteRolledThroughAsync(Midnight + Hour, Cancellation);

        await ReopenAsync();

        Assert.Equal(Midnight + Hour, await Store.ReadRolledThroughAsync(Cancellation));
    }

    [Fact]
    public async Task Results_OfARange_AreThoseFromItsStartUntilItsEnd()
    {
        await AddAsync("a");
        await AddAsync("ab");
        foreach (var slot in new[] { Midnight.AddTicks(-1), Midnight, Midnight.AddMinutes(59), Midnight + Hour })
        {
            await RecordAsync("a", slot, Verdict.Healthy, location: "home");
            await RecordAsync("a", slot, Verdict.Healthy, location: "west");
            await RecordAsync("ab", slot, Verdict.Healthy);
        }

        var results = await Store.ReadResultsAsync("a", Midnight, Midnight + Hour, Cancellation);

        Assert.Equal(
            [(Midnight, "home"), (Midnight, "west"), (Midnight.AddMinutes(59), "home"), (Midnight.AddMinutes(59), "west")],
            results.Select(record => (record.Slot, record.Location)).Order());
    }

    [Fact]
    public async Task Rollups_Written_AreReadByPeriodAndTimeOldestFirst()
    {
        await AddAsync("a");
        var rollup = new Rollup
        {
            Healthy = 1,
            Degraded = 2,
            Gated = 3,
            Down = 4,
            Unknown = 5,
            Maintenance = 6,
            Expected = 7,
            Latency = new PhaseLatencies(phase => phase is LatencyPhase.Smoke
                ? LatencyHistogram.Empty
                : LatencyHistogram.Of([0.05, 1, 10, 10, 100_000 + (int)phase])),
        };
        RollupRecord[] records =
        [
            new(RollupPeriod.Hour, Midnight + Hour, "home", rollup), new(RollupPeriod.Hour, Midnight, "west|1/2", rollup with { Down = 9 }),
            new(RollupPeriod.Hour, Midnight, "home", Rollup.Empty), new(RollupPeriod.Day, Midnight, "home", rollup with { Down = 10 }),
            new(RollupPeriod.Hour, Midnight + 2 * Hour, "home", rollup), new(RollupPeriod.Hour, Midnight - Hour, "home", rollup),
        ];
        await Store.WriteRollupsAsync("a", records, Cancellation);
        // Writes over what was there.
        await Store.WriteRollupsAsync("a", [records[0] with { Rollup = rollup with { Down = 11 } }], Cancellation);

        var hours = await Store.ReadRollupsAsync("a", RollupPeriod.Hour, Midnight, Midnight + 2 * Hour, Cancellation);
        var days = await Store.ReadRollupsAsync("a", RollupPeriod.Day, Midnight, Midnight.AddDays(1), Cancellation);

        Assert.Equal([(Midnight, "home", 0), (Midnight, "west|1/2", 9), (Midnight + Hour, "home", 11)],
            hours.Select(record => (record.Start, record.Location, record.Rollup.Down)));
        Assert.Equal(Bytes(rollup with { Down = 11 }), Bytes(hours[2].Rollup));
        Assert.Equal(Bytes(rollup with { Down = 10 }), Bytes(Assert.Single(days).Rollup));
        Assert.Empty(await Store.ReadRollupsAsync("b", RollupPeriod.Hour, Midnight, Midnight.AddDays(1), Cancellation));
    }

    [Fact]
    public async Task Run_HourByHourOverADay_GivesHoursAndTheDay()
    {
        await AddAsync("a");
        var time = new FakeTimeProvider(Midnight.AddMinutes(5));
        var job = new RollUpJob(Endpoints, Monitor, Store, [], time);
        await job.RunAsync(Cancellation);
        for (var hour = 0; hour < 24; hour++)
        {
            // A probe an hour, of sixty: every fourth fails, and takes longer every time.
            await RecordAsync("a", Midnight.AddHours(hour).AddMinutes(7), hour % 4 == 0 ? Verdict.Down : Verdict.Healthy, handshakeMs: 10 + hour);
            time.Advance(Hour);
            Assert.Equal(2, (await job.RunAsync(Cancellation)).Hours);
            if (hour == 22)
                Assert.Empty(await DaysAsync("a"));
        }

        var hours = await Store.ReadRollupsAsync("a", RollupPeriod.Hour, Midnight, Midnight.AddDays(1), Cancellation);
        var day = Assert.Single(await DaysAsync("a")).Rollup;
        Assert.Equal(24, hours.Count);
        Assert.All(hours, hour => Assert.Equal((1, 60), (hour.Rollup.Observed, hour.Rollup.Expected)));
        Assert.Equal((18, 6, 1440), (day.Healthy, day.Down, day.Expected));
        Assert.Equal(0.75, day.Uptime);
        Assert.Equal(24.0 / 1440, day.Coverage);
        Assert.Equal((18, 11, 33), (day.HandshakeMs.Count, day.HandshakeMs.MinMs, day.HandshakeMs.MaxMs));
    }

    [Fact]
    public async Task Run_FirstOfAStore_BeginsWithItsOldestResultOfADayAndAnHour()
    {
        await AddAsync("a");
        // Before that, and at its very begin.
        await RecordAsync("a", Midnight.AddHours(-25).AddMinutes(-1), Verdict.Healthy);
        await RecordAsync("a", Midnight.AddHours(-25), Verdict.Healthy);
        await RecordAsync("a", Midnight.AddHours(-3), Verdict.Healthy);
        await AddAsync("b");
        await RecordAsync("b", Midnight.AddHours(-5), Verdict.Healthy);
        var job = new RollUpJob(Endpoints, Monitor, Store, [], new FakeTimeProvider(Midnight.AddMinutes(5)));

        Assert.Equal(25, (await job.RunAsync(Cancellation)).Hours);
        Assert.Equal(Midnight, await Store.ReadRolledThroughAsync(Cancellation));
    }

    [Fact]
    public async Task Run_RepeatAcrossMidnight_CountsNoHourOfTheNextDay()
    {
        await AddAsync("a");
        await RecordAsync("a", Midnight.AddMinutes(-30), Verdict.Healthy);
        await RecordAsync("a", Midnight.AddMinutes(30), Verdict.Down);
        var job = new RollUpJob(Endpoints, Monitor, Store, [], new FakeTimeProvider(Midnight.AddMinutes(65)));
        await job.RunAsync(Cancellation);

        // As after a crash before the mark was moved.
        await Store.WriteRolledThroughAsync(Midnight, Cancellation);
        await job.RunAsync(Cancellation);

        var day = Assert.Single(await Store.ReadRollupsAsync("a", RollupPeriod.Day, Midnight.AddDays(-1), Midnight, Cancellation)).Rollup;
        Assert.Equal((1, 0), (day.Healthy, day.Down));
    }

    [Fact]
    public async Task Run_AfterAStopOfDays_CatchesUp()
    {
        await AddAsync("a");
        var time = new FakeTimeProvider(Midnight.AddMinutes(5));
        var job = new RollUpJob(Endpoints, Monitor, Store, [], time);
        await job.RunAsync(Cancellation);
        await RecordAsync("a", Midnight.AddMinutes(10), Verdict.Healthy, handshakeMs: 1);
        await RecordAsync("a", Midnight.AddDays(2), Verdict.Healthy, handshakeMs: 3);

        time.Advance(TimeSpan.FromHours(49));
        var rolled = await job.RunAsync(Cancellation);

        Assert.Equal(50, rolled.Hours);
        Assert.Equal([Midnight, Midnight.AddDays(2)],
            (await Store.ReadRollupsAsync("a", RollupPeriod.Hour, Midnight, Midnight.AddDays(3), Cancellation)).Select(record => record.Start));
        Assert.Equal(Midnight, Assert.Single(await DaysAsync("a")).Start);
        // Only of the newest hour: an older one is no news.
        var latest = Assert.Single(rolled.Latest);
        Assert.Equal((Midnight.AddDays(2), 3, 1), (latest.Hour, latest.P95Ms, latest.Samples));
        Assert.Equal(Midnight.AddHours(49), await Store.ReadRolledThroughAsync(Cancellation));
    }

    [Fact]
    public async Task Run_OverHoursThatNobodyProbed_LowersTheCoverage()
    {
        await Endpoints.PutEndpointAsync(StoreSamples.Registered("a") with { Watched = new(Midnight.AddMinutes(-150), null) }, Cancellation);
        await Endpoints.PutEndpointAsync(StoreSamples.Registered("new") with { Watched = new(Midnight.AddHours(5), null) }, Cancellation);
        await Store.WriteRolledThroughAsync(Midnight.AddHours(-3), Cancellation);
        foreach (var slot in Schedule.SlotsIn(StoreSamples.Endpoint("a"), Midnight.AddHours(-1), Midnight))
            await RecordAsync("a", slot, Verdict.Healthy);

        // It was down for two and a half hours, and looks at them after its start.
        await new RollUpJob(Endpoints, Monitor, Store, [StoreSamples.Location], new FakeTimeProvider(Midnight.AddMinutes(5))).RunAsync(Cancellation);

        var hours = await Store.ReadRollupsAsync("a", RollupPeriod.Hour, Midnight.AddHours(-4), Midnight, Cancellation);
        Assert.Equal(
            [(Midnight.AddHours(-3), 0, 30), (Midnight.AddHours(-2), 0, 60), (Midnight.AddHours(-1), 60, 60)],
            hours.Select(each => (each.Start, each.Rollup.Observed, each.Rollup.Expected)));
        var day = Assert.Single(await DaysAsync("a")).Rollup;
        Assert.Equal((0.4, 1.0), (day.Coverage, day.Uptime));
        Assert.Empty(await Store.ReadRollupsAsync("new", RollupPeriod.Hour, Midnight.AddDays(-1), Midnight.AddDays(1), Cancellation));
    }

    [Fact]
    public async Task Run_OverAMaintenanceThatSomebodyAskedFor_IsNoGap()
    {
        await Endpoints.PutEndpointAsync(StoreSamples.Registered("a") with { Watched = new(Midnight.AddHours(-1), null) }, Cancellation);
        await Store.WriteRolledThroughAsync(Midnight.AddHours(-1), Cancellation);
        var before = (await Monitor.ReadStateAsync("a", Cancellation))!;
        await Monitor.CommitAsync(
            new StateChange
            {
                EndpointId = "a",
                Before = before,
                After = before.State with { Maintenance = new AdHocMaintenance(Midnight.AddMinutes(-30), Midnight.AddHours(1), "Ann", null) },
            },
            Cancellation);

        await new RollUpJob(Endpoints, Monitor, Store, [StoreSamples.Location], new FakeTimeProvider(Midnight.AddMinutes(5))).RunAsync(Cancellation);

        Assert.Equal(30, Assert.Single(await Store.ReadRollupsAsync("a", RollupPeriod.Hour, Midnight.AddHours(-1), Midnight, Cancellation)).Rollup.Expected);
    }

    [Fact]
    public async Task Run_AgainAndAgain_ChangesNothing()
    {
        await AddAsync("a");
        await RecordAsync("a", Midnight.AddHours(-3), Verdict.Healthy);
        var job = new RollUpJob(Endpoints, Monitor, Store, [], new FakeTimeProvider(Midnight.AddHours(1)));

        await job.RunAsync(Cancellation);
        var first = await AllAsync("a");
        Assert.Equal(1, (await job.RunAsync(Cancellation)).Hours);

        Assert.Equal(2, first.Length);
        Assert.Equal(first, await AllAsync("a"));
    }

    [Fact]
    public async Task Run_AfterAResultThatCameLate_CountsIt()
    {
        await AddAsync("a");
        var time = new FakeTimeProvider(Midnight.AddMinutes(5));
        var job = new RollUpJob(Endpoints, Monitor, Store, [], time);
        await RecordAsync("a", Midnight.AddMinutes(-2), Verdict.Healthy);
        await job.RunAsync(Cancellation);
        await RecordAsync("a", Midnight.AddMinutes(-1), Verdict.Down);

        time.Advance(Hour);
        await job.RunAsync(Cancellation);

        var day = await Store.ReadRollupsAsync("a", RollupPeriod.Day, Midnight.AddDays(-1), Midnight, Cancellation);
        Assert.Equal(0.5, Assert.Single(day).Rollup.Uptime);
    }

    [Fact]
    public async Task Watch_AnHourSlowerThanTheWeek_OpensAnIncidentThatTheNextUsualHourResolves()
    {
        var outbox = new Told();
        var watch = new LatencyWatch(Store, Monitor, new FakeTimeProvider(Midnight.AddHours(3)));
        var slow = await AddAsync("slow");
        var steady = await AddAsync("steady");
        foreach (var id in new[] { "slow", "steady" })
            await ReportAsync(id);
        foreach (var id in new[] { "slow", "steady" })
            await Store.WriteRollupsAsync(id, Week(Midnight, usualMs: 200, perDay: 40), Cancellation);

        // Only the first is slow, and it is told once, however often its hours are judged.
        HourLatency[] latest = [new(slow, Midnight, 900, 60), new(steady, Midnight, 210, 60)];
        Assert.Equal(1, await watch.RunAsync(latest, outbox, Cancellation));
        Assert.Equal(1, await watch.RunAsync(latest, outbox, Cancellation));
        await ReopenAsync();
        watch = new LatencyWatch(Store, Monitor, new FakeTimeProvider(Midnight.AddHours(3)));
        Assert.Equal(["slow"], await Store.ReadRegressedAsync(Cancellation));
        Assert.Equal(TransitionType.Opened, Assert.Single(outbox.Transitions).Type);
        var incident = Assert.Single((await Monitor.ReadStateAsync("slow", Cancellation))!.State.OpenIncidents);
        Assert.Equal((IncidentKind.Degraded, Midnight + Hour), (incident.Kind, incident.OpenedAt));

        // What was usual before it became slow counts.
        await Store.WriteRollupsAsync("slow", [OfHour(Midnight, 900, 1000)], Cancellation);
        Assert.Equal(1, await watch.RunAsync([new(slow, Midnight + Hour, 900, 60)], outbox, Cancellation));
        Assert.Equal(1, await watch.RunAsync([new(slow, Midnight + 2 * Hour, 205, 60)], outbox, Cancellation));

        Assert.Equal([TransitionType.Opened, TransitionType.Resolved], outbox.Transitions.Select(each => each.Type));
        Assert.Empty(await Store.ReadRegressedAsync(Cancellation));
        Assert.Empty((await Monitor.ReadStateAsync("slow", Cancellation))!.Pending);
    }

    [Fact]
    public async Task Clock_ErrorBudgetSpentTooFast_OpensAnIncidentThatEndsWhenTheShortWindowRecovers()
    {
        var registered = StoreSamples.Registered("a");
        await Endpoints.PutEndpointAsync(registered with { Endpoint = registered.Endpoint with { Slo = 99.9 } }, Cancellation);
        var time = new FakeTimeProvider(Midnight);
        await Store.WriteRollupsAsync("a", [.. Enumerable.Range(3, 69).Select(hour => OfHour(Midnight.AddHours(-hour), 5, 60))], Cancellation);
        for (var minute = 20; minute > 0; minute--)
            await RecordAsync("a", Midnight.AddMinutes(-minute).AddSeconds(30), minute <= 3 ? Verdict.Down : Verdict.Healthy);
        await BeginWatchAsync("a", Midnight);
        var outbox = new Told();

        Assert.Equal(1, await IncidentClock.RunAsync(Monitor, Endpoints, outbox, time, Cancellation, new BudgetCounts(Store).ReadAsync));
        await ReopenAsync();
        var opened = Assert.Single(outbox.Transitions);
        Assert.Equal((TransitionType.Opened, IncidentKind.Slo, IncidentRules.BurnRateFast), (opened.Type, opened.Incident.Kind, opened.Incident.Rule));
        Assert.Contains("3 of 20 probes failed in the last 1h, 3 of 5 in the last 5m", opened.Incident.Summary, StringComparison.Ordinal);
        // Not due again before a minute has passed.
        Assert.Equal(0, await IncidentClock.RunAsync(Monitor, Endpoints, outbox, time, Cancellation, new BudgetCounts(Store).ReadAsync));

        time.Advance(3 * Hour);
        for (var minute = 5; minute > 0; minute--)
            await RecordAsync("a", time.GetUtcNow().AddMinutes(-minute).AddSeconds(30), Verdict.Healthy);
        Assert.Equal(1, await IncidentClock.RunAsync(Monitor, Endpoints, outbox, time, Cancellation, new BudgetCounts(Store).ReadAsync));

        Assert.Equal(IncidentRules.BurnRateRecovered, outbox.Transitions[^1].Incident.Rule);
        var state = (await Monitor.ReadStateAsync("a", Cancellation))!.State;
        Assert.Empty(state.OpenIncidents);
        Assert.Null(state.Budget);
        Assert.Null(state.DueAt);
    }

    /// <summary>A probe has failed: the error budget is watched.</summary>
    private async Task BeginWatchAsync(string id, DateTimeOffset at)
    {
        var before = (await Monitor.ReadStateAsync(id, Cancellation))!;
        await Monitor.CommitAsync(
            new StateChange { EndpointId = id, Before = before, After = before.State with { Budget = new BudgetWatch(at), DueAt = at } }, Cancellation);
    }

    protected static Rollup OfLatency(double ms, int samples) =>
        new() { Healthy = samples, Expected = samples, HandshakeMs = LatencyHistogram.Of(Enumerable.Repeat(ms, samples)) };

    protected static RollupRecord OfHour(DateTimeOffset start, double ms, int samples) =>
        new(RollupPeriod.Hour, start, StoreSamples.Location, OfLatency(ms, samples));

    /// <summary>The days before.</summary>
    protected static IReadOnlyList<RollupRecord> Week(DateTimeOffset until, double usualMs, int perDay) =>
        [.. Enumerable.Range(1, 7).Select(day => new RollupRecord(RollupPeriod.Day, until.AddDays(-day), StoreSamples.Location, OfLatency(usualMs, perDay)))];

    protected async Task<Endpoint> AddAsync(string id)
    {
        var registered = StoreSamples.Registered(id);
        await Endpoints.PutEndpointAsync(registered, Cancellation);
        return registered.Endpoint;
    }

    private async Task RecordAsync(
        string id, DateTimeOffset slot, Verdict verdict, double handshakeMs = 5, string location = StoreSamples.Location)
    {
        var result = new ProbeResult
        {
            Target = "https://example.com/mcp",
            Verdict = verdict,
            Timings = new Timings(null, null, null, handshakeMs, null, null, handshakeMs),
            StartedAt = slot,
        };
        var outcome = await Monitor.CommitAsync(
            new StateChange
            {
                EndpointId = id,
                Before = (await Monitor.ReadStateAsync(id, Cancellation))!,
                Record = new ProbeRecord(slot, location, result),
            },
            Cancellation);
        Assert.Equal(CommitStatus.Committed, outcome.Status);
    }

    /// <summary>A location has seen it healthy.</summary>
    private async Task ReportAsync(string id)
    {
        var outcome = await Monitor.CommitAsync(
            new StateChange
            {
                EndpointId = id,
                Before = (await Monitor.ReadStateAsync(id, Cancellation))!,
                After = EndpointState.New with
                {
                    Verdict = Verdict.Healthy,
                    Locations = new Dictionary<string, LocationState> { [StoreSamples.Location] = new(Midnight, Verdict.Healthy, 0, 0) },
                },
            },
            Cancellation);
        Assert.Equal(CommitStatus.Committed, outcome.Status);
    }

    private Task<IReadOnlyList<RollupRecord>> DaysAsync(string id) =>
        Store.ReadRollupsAsync(id, RollupPeriod.Day, Midnight.AddDays(-1), Midnight.AddDays(1), Cancellation);

    private async Task<string[]> AllAsync(string id)
    {
        var hours = await Store.ReadRollupsAsync(id, RollupPeriod.Hour, Midnight.AddDays(-2), Midnight.AddDays(2), Cancellation);
        var days = await Store.ReadRollupsAsync(id, RollupPeriod.Day, Midnight.AddDays(-2), Midnight.AddDays(2), Cancellation);
        return [.. hours.Concat(days).Select(each => $"{each.Period} {each.Start:O} {each.Location} {Bytes(each.Rollup)}")];
    }

    private static string Bytes(Rollup rollup) => Convert.ToHexString(CompactRollup.Write(rollup));

    private sealed class Told : IAlertOutbox
    {
        public List<Transition> Transitions { get; } = [];

        public Task HandOverAsync(Transition transition, CancellationToken cancellationToken)
        {
            lock (Transitions)
                Transitions.Add(transition);
            return Task.CompletedTask;
        }
    }
}
