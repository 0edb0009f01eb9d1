using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Server.Storage;
using McpProbe.Testing;
using McpProbe.Uptime;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Server.Tests.Storage;

public sealed class CleanUpTests : IAsyncDisposable
{
    private readonly TempDirectory _temp = new();
    private readonly FakeTimeProvider _time = new(Start);
    private readonly DataDirectory _directory;
    private readonly SqliteStore _store;
    private readonly CleanUp _cleanUp;

    public CleanUpTests()
    {
        _directory = DataDirectory.Open(_temp.File("data"));
        _store = SqliteStore.Open(_directory, _time);
        var channels = new Dictionary<string, Channel> { ["ops"] = new Channel { Name = "ops", Type = ChannelType.Webhook } };
        _cleanUp = new CleanUp(_store, Retention.Default, channels, _time, NullLogger<CleanUp>.Instance);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_ResultsOlderThanKept_AreRemovedOfEveryEndpointInSteps()
    {
        foreach (var id in new[] { "a", "b" })
        {
            var before = await AddAsync(id);
            // More than one step removes; the others are of the last minutes.
            foreach (var slot in Enumerable.Range(0, 1200).Concat(Enumerable.Range(60_000, 3)))
                await _store.CommitAsync(new StateChange { EndpointId = id, Before = before, Record = Record(slot) }, Cancellation);
        }

        _time.SetUtcNow(Slot(60_003));
        await _store.WriteRolledThroughAsync(Slot(60_000), Cancellation);
        await RunUntilAsync(async () => (await ResultsAsync("a")).Count == 3 && (await ResultsAsync("b")).Count == 3);

        Assert.Equal([Slot(60_002), Slot(60_001), Slot(60_000)], (await ResultsAsync("a")).Select(result => result.Slot));
    }

    [Fact]
    public async Task Run_ResultsThatAreInNoRollupYet_Stay()
    {
        var before = await AddAsync("a");
        // Two days, the first of which is rolled up.
        foreach (var slot in new[] { 0, 1, 1440, 1441 })
            await _store.CommitAsync(new StateChange { EndpointId = "a", Before = before, Record = Record(slot) }, Cancellation);
        await _store.WriteRolledThroughAsync(Slot(1440), Cancellation);

        _time.SetUtcNow(Slot(200_000));
        await RunUntilAsync(async () => (await ResultsAsync("a")).Count == 2);

        Assert.Equal([Slot(1441), Slot(1440)], (await ResultsAsync("a")).Select(result => result.Slot));
    }

    [Fact]
    public async Task Run_OldIncidents_GoWithTheirAlertsAndOpenOnesAndPendingOnesStay()
    {
        var before = await AddAsync("a");
        await _store.CommitAsync(
            new StateChange { EndpointId = "a", Before = before, After = State(1), Incidents = [Incident("a", 1, 2, Slot(2)), Incident("a", 3)] }, Cancellation);
        var old = (await _store.KeepAsync(Transition("a", 1, 1, "ops", "mail"), Cancellation)).ToList();
        await _store.KeepAsync(Transition("a", 3, 1, "ops"), Cancellation);
        foreach (var row in old)
            await _store.WriteDeliveryAsync(row with { Status = DeliveryStatus.GaveUp, NextAttemptAt = null }, Cancellation);

        _time.SetUtcNow(Start.AddDays(399));
        await RunUntilAsync(async () =>
        {
            _time.Advance(TimeSpan.FromHours(1));
            return (await _store.ReadIncidentsAsync("a", null, 10, Cancellation)).Count == 1;
        });

        // From when it was resolved, not from when it opened.
        Assert.True(_time.GetUtcNow() > Slot(2).AddDays(400));
        Assert.Equal(Incident("a", 3).Id, Assert.Single(await _store.ReadIncidentsAsync(null, null, 10, Cancellation)).Id);
        Assert.Null(await _store.FindTransitionAsync(old[0].TransitionId, Cancellation));
        Assert.Empty(await _store.ReadGivenUpAsync(10, Cancellation));
        Assert.NotNull(await _store.FindTransitionAsync(Transition("a", 3).Id, Cancellation));
        Assert.Single(await _store.ReadWaitingAsync("ops", 10, Cancellation));
    }

    [Fact]
    public async Task Run_AnIncidentThatWasOpenForLonger_IsKeptFromItsEndOn()
    {
        var before = await AddAsync("a");
        await _store.CommitAsync(
            new StateChange { EndpointId = "a", Before = before, After = State(1), Incidents = [Incident("a", 1, 2, Start.AddDays(500)), Incident("a", 2, 2, Slot(3))] },
            Cancellation);
        foreach (var slot in new[] { 1, 2 })
        {
            foreach (var row in await _store.KeepAsync(Transition("a", slot, 1, "ops"), Cancellation))
                await _store.WriteDeliveryAsync(row with { Status = DeliveryStatus.Delivered, NextAttemptAt = null }, Cancellation);
        }

        _time.SetUtcNow(Start.AddDays(600));
        await RunUntilAsync(async () => (await _store.ReadIncidentsAsync("a", null, 10, Cancellation)).Count == 1);

        Assert.Equal(Incident("a", 1).Id, Assert.Single(await _store.ReadIncidentsAsync("a", null, 10, Cancellation)).Id);
        // Its alerts are as old as it is, and stay with it.
        Assert.Single(await _store.ReadDeliveriesAsync(Incident("a", 1).Id, Cancellation));
        Assert.NotNull(await _store.FindTransitionAsync(Transition("a", 1).Id, Cancellation));
        Assert.Null(await _store.FindTransitionAsync(Transition("a", 2).Id, Cancellation));
    }

    [Fact]
    public async Task Run_RollupsAndDrift_GoByTheirAge()
    {
        var now = Start.AddDays(2000);
        await AddAsync("a");
        foreach (var (period, days) in new[] { (RollupPeriod.Hour, 401), (RollupPeriod.Hour, 399), (RollupPeriod.Day, 1828), (RollupPeriod.Day, 1825) })
            await _store.WriteRollupsAsync("a", [new(period, now.AddDays(-days), Location, Rollup.Of([Healthy()], 60))], Cancellation);
        foreach (var days in new[] { 401, 399 })
        {
            var before = (await _store.ReadStateAsync("a", Cancellation))!;
            await _store.CommitAsync(
                new StateChange { EndpointId = "a", Before = before, After = State(days), Drift = StoreSamples.Drift("a", 1) with { At = now.AddDays(-days) } }, Cancellation);
        }

        _time.SetUtcNow(now);
        await RunUntilAsync(async () => (await _store.ReadDriftAsync("a", 10, Cancellation)).Count == 1);

        foreach (var (period, days) in new[] { (RollupPeriod.Hour, 399), (RollupPeriod.Day, 1825) })
            Assert.Equal(now.AddDays(-days), Assert.Single(await _store.ReadRollupsAsync("a", period, Start.AddDays(-1), now, Cancellation)).Start);
        Assert.Equal(now.AddDays(-399), (await _store.ReadDriftAsync("a", 10, Cancellation))[0].At);
    }

    [Fact]
    public async Task Run_Catalogues_GoWhenNothingRefersToThemAndNobodyTouchedThemForAWeek()
    {
        var (baseline, drifted, from, orphan, touched) = (Content(1), Content(2), Content(3), Content(4), Content(5));
        await AddAsync("a");
        async Task WriteAsync(ToolCatalog catalog, EndpointState after, DriftRecord? drift = null) => await _store.CommitAsync(
            new StateChange
            {
                EndpointId = "a",
                Before = (await _store.ReadStateAsync("a", Cancellation))!,
                After = after,
                Catalog = catalog,
                Drift = drift,
            },
            Cancellation);
        var state = State(1) with
        {
            Baselines = new Dictionary<string, BaselineReference> { ["2025-11-25"] = new(baseline.Hashes.Hash, Start, null) },
            Drifted = new DriftCandidate("2025-11-25", drifted.Hashes.Hash, Start),
        };
        await WriteAsync(orphan, state);
        await WriteAsync(touched, state);
        await WriteAsync(baseline, state);
        await WriteAsync(drifted, state);
        await WriteAsync(from, state, StoreSamples.Drift("a", 1) with { BeforeHash = from.Hashes.Hash, AfterHash = drifted.Hashes.Hash });

        _time.SetUtcNow(Start.AddDays(8));
        await WriteAsync(touched, state);
        await RunUntilAsync(async () => await _store.ReadCatalogAsync(orphan.Hashes.Hash, Cancellation) is null);

        foreach (var kept in new[] { baseline, drifted, from, touched })
            Assert.NotNull(await _store.ReadCatalogAsync(kept.Hashes.Hash, Cancellation));
    }

    [Fact]
    public async Task Run_LedgersOfChannelsLongGone_GoAndOthersStay()
    {
        foreach (var channel in new[] { "ops", "gone", "told" })
            await _store.WriteChannelAsync(channel, await _store.ReadChannelAsync(channel, Cancellation), ChannelState.New with { LastSuccess = Start }, Cancellation);
        await AddAsync("a");
        await _store.KeepAsync(Transition("a", 1, 1, "told"), Cancellation);

        await RunUntilAsync(async () => (await _store.ReadChannelsAsync(Cancellation)).Count == 2);

        Assert.Equal(["ops", "told"], (await _store.ReadChannelsAsync(Cancellation)).Select(each => each.Name));
    }

    [Fact]
    public async Task Run_RowsThatCannotBeRead_StopNoOtherPart()
    {
        await AddAsync("a");
        await _store.CommitAsync(
            new StateChange
            {
                EndpointId = "a",
                Before = (await _store.ReadStateAsync("a", Cancellation))!,
                After = State(1),
                Incidents = [Incident("a", 1, 2, Slot(2)), Incident("a", 2, 2, Slot(2))],
                Drift = StoreSamples.Drift("a", 1),
                Catalog = Content(1),
            },
            Cancellation);
        Spoil("UPDATE incidents SET incident = '{ spoiled' WHERE id = $id", Incident("a", 1).Id);
        Spoil("UPDATE state SET state = '{ spoiled' WHERE endpoint_id = $id", "a");

        _time.SetUtcNow(Start.AddDays(500));
        await RunUntilAsync(async () => await _store.ReadCatalogAsync(Content(1).Hashes.Hash, Cancellation) is null);

        Assert.Empty(await _store.ReadIncidentsAsync("a", null, 10, Cancellation));
        Assert.Empty(await _store.ReadDriftAsync("a", 10, Cancellation));
    }

    [Fact]
    public async Task Run_AfterMuchWasRemoved_GivesTheSpaceBack()
    {
        var before = await AddAsync("a");
        var text = new string('x', 20_000);
        foreach (var slot in Enumerable.Range(0, 1000))
            await _store.CommitAsync(new StateChange { EndpointId = "a", Before = before, Record = Record(slot, Healthy() with { Target = $"{slot}{text}" }) }, Cancellation);
        await _store.WriteRolledThroughAsync(Slot(200_000), Cancellation);
        var full = Pages();

        _time.SetUtcNow(Slot(200_000));
        await RunUntilAsync(() => Task.FromResult(Pages() < full / 2));

        // Some are left for what comes next.
        Assert.InRange(Pages(), 1000, full / 2);
    }

    private static ToolCatalog Content(int number) =>
        StoreSamples.Catalog("""{"tools":[]}""") with { Hashes = new CatalogHashes($"sha256:{number:x64}", "c", "t", "a", "s") };

    private int Pages()
    {
        using var session = SqliteSession.Open(_directory.Database, readOnly: true);
        return session.QueryFirst("PRAGMA page_count", row => row.GetInt32(0));
    }

    private void Spoil(string sql, string id)
    {
        using var session = SqliteSession.Open(_directory.Database, readOnly: false);
        Assert.Equal(1, session.Execute(sql, ("$id", id)));
    }

    public async ValueTask DisposeAsync()
    {
        await _cleanUp.StopAsync(CancellationToken.None);
        _cleanUp.Dispose();
        await _store.DisposeAsync();
        _directory.Dispose();
        _temp.Dispose();
    }

    private Task<IReadOnlyList<ProbeRecord>> ResultsAsync(string id) => _store.ReadResultsAsync(id, null, 10_000, Cancellation);

    private async Task<StoredState> AddAsync(string id)
    {
        await _store.PutEndpointAsync(Registered(id), Cancellation);
        return (await _store.ReadStateAsync(id, Cancellation))!;
    }

    private async Task RunUntilAsync(Func<Task<bool>> done)
    {
        await _cleanUp.StartAsync(Cancellation);
        await Eventually.TrueAsync(
            async () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                return await done();
            },
            "what is old is removed");
    }
}
