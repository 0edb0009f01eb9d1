using Azure;
using Azure.Data.Tables;
using McpProbe.Alerts.Deliveries;
using McpProbe.Functions.Storage;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using McpProbe.Uptime;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Functions.Tests.Storage;

public class TableStoreCleanUpTests(Emulators emulators)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // The blobs' times are the service's.
    private static readonly DateTimeOffset Today = TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task CleanUp_OldMonths_AreDroppedAndTheOthersStay()
    {
        var store = await emulators.NewAsync();
        var before = await store.AddAsync("a");
        foreach (var months in new[] { 0, -1, -2, -13 })
        {
            var slot = new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero).AddMonths(months);
            await store.CommitAsync(new() { EndpointId = "a", Before = before, Record = new ProbeRecord(slot, Location, Healthy()) });
        }

        // Kept for 50 days: the month of the 3rd of October is the oldest.
        await store.WriteRolledThroughAsync(new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero), Cancellation);
        var done = await CleanUpAsync(store, new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero), Retention.Default with { Results = 50 });

        Assert.Equal((2, true), (done.Of("months"), done.IsDone));
        Assert.Equal([11, 10], (await store.ReadResultsAsync("a", null, 10, Cancellation)).Select(each => each.Slot.Month));
        // A repeat that comes after its month was dropped finds nothing, and breaks nothing.
        Assert.Null(await store.FindResultAsync("a", new(2025, 10, 22, 0, 0, 0, TimeSpan.Zero), Location, Cancellation));
    }

    [Fact]
    public async Task CleanUp_Catalogs_DeletesOnlyWhatNothingRefersToAndNobodyTouchedForAWeek()
    {
        var store = await emulators.NewAsync();
        var (baseline, settled, drifted, from, to, orphan) = (Content(1), Content(2), Content(3), Content(4), Content(5), Content(6));
        var state = State(1) with
        {
            Baselines = new Dictionary<string, BaselineReference> { ["2025-11-25"] = new(baseline.Hashes.Hash, Start, null) },
            Catalogs = new Dictionary<string, SeenCatalog>
            {
                ["east"] = new() { Settled = new("2025-11-25", settled.Hashes.Hash) },
                // Seen once: its content is never stored.
                ["west"] = new() { Unsettled = new(new("2025-11-25", "sha256:f", Start), 1, []) },
            },
            Drifted = new DriftCandidate("2025-11-25", drifted.Hashes.Hash, Start),
        };
        await store.AddAsync("a");
        foreach (var catalog in new[] { baseline, settled, drifted, from, to, orphan })
        {
            await store.CommitAsync(new()
            {
                EndpointId = "a",
                Before = (await store.ReadStateAsync("a", Cancellation))!,
                After = state,
                Catalog = catalog,
                Drift = StoreSamples.Drift("a", 1) with { BeforeHash = from.Hashes.Hash, AfterHash = to.Hashes.Hash },
            });
        }

        var young = await CleanUpAsync(store, Today.AddDays(6));
        var old = await CleanUpAsync(store, Today.AddDays(8));

        Assert.Equal((0, 1), (young.Of("catalogues"), old.Of("catalogues")));
        Assert.Null(await store.ReadCatalogAsync(orphan.Hashes.Hash, Cancellation));
        foreach (var kept in new[] { baseline, settled, drifted, from, to })
            Assert.NotNull(await store.ReadCatalogAsync(kept.Hashes.Hash, Cancellation));
    }

    [Fact]
    public async Task CleanUp_ACatalogThatIsTouchedWhileItRuns_Stays()
    {
        var account = await emulators.NewAccountAsync();
        var store = await Stores.OpenAsync(account);
        var orphan = Content(1);
        var change = new StateChange { EndpointId = "a", Before = await store.AddAsync("a"), Catalog = orphan };
        await store.CommitAsync(change);
        // Written again between the collector's look and its delete.
        var touching = new BeforeDelete(() => store.CommitAsync(change));
        var collector = await Stores.OpenAsync(account, configure: touching.Configure);

        var done = await CleanUpAsync(collector, Today.AddDays(8));

        Assert.Equal(1, touching.Deletes);
        Assert.Equal(0, done.Of("catalogues"));
        Assert.NotNull(await store.ReadCatalogAsync(orphan.Hashes.Hash, Cancellation));
    }

    [Fact]
    public async Task CleanUp_PayloadsOfClearedTransitions_AreDeletedAndOthersStay()
    {
        var store = await emulators.NewAsync();
        var text = new Random(1).GetString("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", 2_000_000);
        Transition Huge(int sequence) => Transition("a", 1, sequence) with
        {
            Changes = [Change() with { After = System.Text.Json.JsonSerializer.SerializeToElement($"{sequence}{text}") }],
        };
        await store.CommitAsync(new() { EndpointId = "a", Before = await store.AddAsync("a"), After = State(1), Transitions = [Huge(1), Huge(2)] });
        await store.ClearPendingAsync([Huge(1)], Cancellation);

        var done = await CleanUpAsync(store, Today.AddDays(8));

        Assert.Equal(1, done.Of("payloads"));
        Assert.Equal(Huge(2).Id, Assert.Single(await store.ReadPendingAsync(10, Cancellation)).Id);
    }

    [Fact]
    public async Task CleanUp_MonthsThatAreNotRolledUp_Stay()
    {
        var store = await emulators.NewAsync();
        var before = await store.AddAsync("a");
        await store.CommitAsync(new() { EndpointId = "a", Before = before, Record = new ProbeRecord(Start.AddMonths(-6), Location, Healthy()) });
        await store.WriteRolledThroughAsync(Start.AddMonths(-6), Cancellation);

        Assert.Equal(0, (await CleanUpAsync(store, Start)).Of("months"));
        Assert.Single(await store.ReadResultsAsync("a", null, 10, Cancellation));
    }

    [Fact]
    public async Task CleanUp_Incidents_GoWithTheirAlertsOnceResolvedForLongAndOthersStay()
    {
        var account = await emulators.NewAccountAsync();
        var store = await Stores.OpenAsync(account);
        var now = Start.AddDays(1000);
        // All opened long ago.
        var old = Incident("a", 1, 2, Slot(2));
        var open = Incident("a", 3);
        var lately = Incident("b", 4, 2, now.AddDays(-399));
        var undelivered = Incident("c", 5, 2, Slot(6));
        var pending = Incident("d", 7, 2, Slot(8));
        foreach (var incident in new[] { old, open, lately, undelivered, pending })
        {
            await store.PutEndpointAsync(Registered(incident.EndpointId), Cancellation);
            var transition = Transition(incident.EndpointId, IncidentSlot(incident), 1, "ops", "mail");
            await store.CommitAsync(new()
            {
                EndpointId = incident.EndpointId,
                Before = (await store.ReadStateAsync(incident.EndpointId, Cancellation))!,
                After = State(IncidentSlot(incident)),
                Incidents = [incident],
                Transitions = incident == pending ? [transition with { Id = "not handed over" }] : [],
            });
            foreach (var row in await store.KeepAsync(transition, Cancellation))
            {
                if (incident != undelivered)
                    await store.WriteDeliveryAsync(row with { Status = row.Channel == "ops" ? DeliveryStatus.GaveUp : DeliveryStatus.Delivered, NextAttemptAt = null }, Cancellation);
            }
        }

        var done = await CleanUpAsync(store, now);
        Assert.Equal(4, (await store.ReadIncidentsAsync(null, null, 10, Cancellation)).Count);
        var later = await CleanUpAsync(store, now.AddDays(2));

        Assert.Equal((1, 1), (done.Of("incidents"), later.Of("incidents")));
        Assert.Equal(
            new[] { open.Id, undelivered.Id, pending.Id }.Order(),
            (await store.ReadIncidentsAsync(null, null, 10, Cancellation)).Select(each => each.Id).Order());
        Assert.Equal(open.Id, Assert.Single(await store.ReadIncidentsAsync("a", null, 10, Cancellation)).Id);
        Assert.Empty(await store.ReadDeliveriesAsync(old.Id, Cancellation));
        Assert.Null(await store.FindTransitionAsync(Transition("a", 1).Id, Cancellation));
        Assert.Equal(2, (await store.ReadDeliveriesAsync(undelivered.Id, Cancellation)).Count);
        Assert.Equal(2, (await store.ReadWaitingAsync("ops", 10, Cancellation)).Count + (await store.ReadWaitingAsync("mail", 10, Cancellation)).Count);
        // Nothing of the old one is listed any more.
        var givenUp = account.Connect().Tables.GetTableClient(Keys.Deliveries).QueryAsync<TableEntity>($"PartitionKey eq '{Keys.GivenUp}'", cancellationToken: Cancellation);
        Assert.DoesNotContain(await ToListAsync(givenUp), row => row.RowKey.Contains(old.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task CleanUp_RollupsAndDrift_GoByTheirAgeAlsoOfEndpointsThatAreGone()
    {
        var store = await emulators.NewAsync();
        var now = new DateTimeOffset(2026, 11, 22, 0, 30, 0, TimeSpan.Zero);
        var midnight = now.AddMinutes(-30);
        foreach (var id in new[] { "a", "b", "gone" })
        {
            if (id != "gone")
                await store.AddAsync(id);
            // 250 hours that are too old, the one that is just old enough, and 2 that are not; and so with days.
            for (var i = -250; i < 3; i++)
                await store.WriteRollupsAsync(id, [Rollup(RollupPeriod.Hour, midnight.AddDays(-400).AddHours(i))], Cancellation);
            foreach (var i in new[] { -2, -1, 0, 1 })
                await store.WriteRollupsAsync(id, [Rollup(RollupPeriod.Day, midnight.AddDays(-1826 + i))], Cancellation);
        }

        foreach (var at in new[] { now.AddDays(-402), now.AddDays(-401), now.AddDays(-399) })
        {
            await store.CommitAsync(new()
            {
                EndpointId = "a",
                Before = (await store.ReadStateAsync("a", Cancellation))!,
                After = State(1),
                Drift = StoreSamples.Drift("a", 1) with { At = at },
            });
        }

        var done = await CleanUpAsync(store, now);

        Assert.Equal((3 * (250 + 2), 2), (done.Of("rollups"), done.Of("drifts")));
        foreach (var id in new[] { "a", "b", "gone" })
        {
            Assert.Equal(3, (await store.ReadRollupsAsync(id, RollupPeriod.Hour, DateTimeOffset.MinValue.AddYears(1), now, Cancellation)).Count);
            Assert.Equal(2, (await store.ReadRollupsAsync(id, RollupPeriod.Day, DateTimeOffset.MinValue.AddYears(1), now, Cancellation)).Count);
        }

        Assert.Equal(now.AddDays(-399), Assert.Single(await store.ReadDriftAsync("a", 10, Cancellation)).At);
    }

    [Fact]
    public async Task CleanUp_LedgersOfChannelsLongGone_GoAndOthersStay()
    {
        var store = await emulators.NewAsync();
        foreach (var channel in new[] { "configured", "gone", "waiting" })
            await store.WriteChannelAsync(channel, await store.ReadChannelAsync(channel, Cancellation), ChannelState.New with { LastSuccess = Start }, Cancellation);
        await store.AddAsync("a");
        await store.KeepAsync(Transition("a", 1, 1, "waiting"), Cancellation);

        Assert.Equal(0, (await CleanUpAsync(store, Today.AddDays(399))).Of("channels"));
        Assert.Equal(1, (await CleanUpAsync(store, Today.AddDays(401))).Of("channels"));

        Assert.Equal(["configured", "waiting"], (await store.ReadChannelsAsync(Cancellation)).Select(each => each.Name));
    }

    [Fact]
    public async Task CleanUp_WhatADeletionLeftBehind_GoesAfterAWeek()
    {
        var account = await emulators.NewAccountAsync();
        var store = await Stores.OpenAsync(account);
        var tables = account.Connect().Tables;
        await store.CommitAsync(new() { EndpointId = "kept", Before = await store.AddAsync("kept"), After = State(1), Record = Record(1) });
        // A probe that was on its way; a location; a definition without its state.
        await store.WriteLatestAsync([("gone", Record(1))], Cancellation);
        var state = tables.GetTableClient(Keys.State);
        await state.AddEntityAsync(new TableEntity(Keys.Shard(store.ShardOf("gone")), Keys.LocationState("gone", Location)), Cancellation);
        await store.AddAsync("half");
        await state.DeleteEntityAsync(Keys.Shard(store.ShardOf("half")), Keys.SharedState("half"), cancellationToken: Cancellation);

        Assert.Equal(1, (await CleanUpAsync(store, Today.AddDays(6))).Of("orphans"));
        Assert.Equal(2, (await CleanUpAsync(store, Today.AddDays(8))).Of("orphans"));

        Assert.Equal(3, (await ToListAsync(state.QueryAsync<TableEntity>(cancellationToken: Cancellation))).Count);
        Assert.Equal("kept", Assert.Single(await store.ListEndpointsAsync(Cancellation)).Endpoint.Id);
    }

    [Fact]
    public async Task CleanUp_ThatHasNoTimeLeft_GoesOnWhereItStoppedAndBeginsAnewTheNextDay()
    {
        var store = await emulators.NewAsync();
        var now = Start.AddDays(500);
        foreach (var number in Enumerable.Range(0, 250))
            await store.WriteRollupsAsync($"e{number:D3}", [Rollup(RollupPeriod.Hour, Start), Rollup(RollupPeriod.Hour, now)], Cancellation);

        // The clock runs: a step is a minute, and three minutes are all the time there is.
        var (rounds, removed, steps) = (0, 0, new List<int>());
        CleanUpCounts done;
        do
        {
            done = await store.CleanUpAsync(Retention.Default, ["ops"], now.AddMinutes(3), new Minutes(now), Cancellation);
            removed += done.Of("rollups");
            steps.Add(done.Of("rollups"));
            rounds++;
        }
        while (!done.IsDone && rounds < 100);

        Assert.InRange(rounds, 5, 20);
        Assert.Equal(250, removed);
        // A part of them each time, and none of them twice.
        Assert.All(steps, step => Assert.InRange(step, 0, 200));
        Assert.True(steps.Count(step => step > 0) > 1);
        // Done for the day: nothing is looked at.
        Assert.Empty((await CleanUpAsync(store, now.AddHours(23))).Removed);
        Assert.NotEmpty((await CleanUpAsync(store, now.AddHours(25))).Removed);
    }

    [Fact]
    public async Task CleanUp_RowsThatCannotBeRead_StopNoOtherPart()
    {
        var account = await emulators.NewAccountAsync();
        var store = await Stores.OpenAsync(account);
        var now = Start.AddDays(1000);
        await store.CommitAsync(new()
        {
            EndpointId = "a",
            Before = await store.AddAsync("a"),
            After = State(1),
            Incidents = [Incident("a", 1, 2, Slot(2)), Incident("a", 3, 2, Slot(4))],
            Drift = StoreSamples.Drift("a", 1),
        });
        await store.WriteRollupsAsync("a", [Rollup(RollupPeriod.Hour, Start)], Cancellation);
        var tables = account.Connect().Tables;
        foreach (var name in new[] { Keys.State, Keys.Incidents, Keys.Rollups, Keys.Drift })
        {
            var table = tables.GetTableClient(name);
            foreach (var row in await ToListAsync(table.QueryAsync<TableEntity>(cancellationToken: Cancellation)))
            {
                if (name != Keys.Incidents || row.RowKey == Keys.Incident(Incident("a", 1)))
                    await table.UpdateEntityAsync(new TableEntity(row.PartitionKey, row.RowKey) { ["Json"] = "{ spoiled" }, ETag.All, TableUpdateMode.Merge, Cancellation);
            }
        }

        var done = await CleanUpAsync(store, now);

        Assert.Empty(done.Failures);
        Assert.Equal((2, 1, 1), (done.Of("incidents"), done.Of("rollups"), done.Of("drifts")));
        Assert.Empty(await store.ReadIncidentsAsync(null, null, 10, Cancellation));
    }

    private static Task<CleanUpCounts> CleanUpAsync(TableStore store, DateTimeOffset now, Retention? retention = null) =>
        store.CleanUpAsync(retention ?? Retention.Default, ["configured", "ops"], now.AddMinutes(8), new FakeTimeProvider(now), Cancellation);

    private static RollupRecord Rollup(RollupPeriod period, DateTimeOffset start) =>
        new(period, start, Location, McpProbe.Uptime.Rollup.Of([Healthy()], 60));

    private static int IncidentSlot(Incident incident) => (int)((incident.OpenedAt - Start) / TimeSpan.FromMinutes(1));

    private static async Task<List<TableEntity>> ToListAsync(AsyncPageable<TableEntity> rows)
    {
        var list = new List<TableEntity>();
        await foreach (var row in rows)
            list.Add(row);
        return list;
    }

    /// <summary>A minute later each time that it is asked.</summary>
    private sealed class Minutes(DateTimeOffset start) : TimeProvider
    {
        private int _asked = -1;

        public override DateTimeOffset GetUtcNow() => start.AddMinutes(Interlocked.Increment(ref _asked));
    }

    private static ToolCatalog Content(int number) =>
        StoreSamples.Catalog("""{"tools":[]}""") with { Hashes = new CatalogHashes($"sha256:{number:x64}", "c", "t", "a", "s") };
}
