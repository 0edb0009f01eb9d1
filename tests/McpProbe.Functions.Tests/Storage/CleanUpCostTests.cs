using Azure.Data.Tables;
using McpProbe.Functions.Storage;
using McpProbe.Functions.Uptime;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Uptime;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>What a day's clean-up is charged for, in billed requests, and whether a function has the time for it.</summary>
public class CleanUpCostTests(Emulators emulators)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task CleanUp_OfADay_CostsAFewRequestsAnEndpoint() => MeasureAsync(200);

    /// <summary>Some minutes, so by hand: <c>-explicit only -class '*CleanUpCostTests' -showLiveOutput</c>.</summary>
    [Fact(Explicit = true)]
    public Task CleanUp_OfADayAtTenThousandEndpoints_FitsIntoAFunction() => MeasureAsync(10_000);

    private async Task MeasureAsync(int endpoints)
    {
        var account = await emulators.NewAccountAsync();
        var requests = new CountedRequests();
        var store = await Stores.OpenAsync(account, configure: requests.Configure);
        var now = new DateTimeOffset(2026, 11, 22, 0, 30, 0, TimeSpan.Zero);
        await FillAsync(account, store, endpoints, now);
        requests.Clear();

        var began = TimeProvider.System.GetTimestamp();
        var (rounds, removed) = (0, new Dictionary<string, int>());
        CleanUpCounts done;
        do
        {
            var time = new FakeTimeProvider(now);
            done = await store.CleanUpAsync(Retention.Default, ["ops"], now + RollUp.Longest, time, Cancellation);
            foreach (var (what, count) in done.Removed)
                removed[what] = removed.GetValueOrDefault(what) + count;
            rounds++;
        }
        while (!done.IsDone);

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{endpoints} endpoints: {requests.All.Count} requests in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:F0} s, {(double)requests.All.Count / endpoints:F2} an endpoint; "
            + string.Join(", ", removed.Where(each => each.Value > 0).Select(each => $"{each.Value} {each.Key}")));
        Assert.Empty(done.Failures);
        Assert.Equal((24 * endpoints, endpoints / 10, endpoints / 10), (removed["rollups"], removed["drifts"], removed["incidents"]));
        // An endpoint's first row, its old hours, and their deletion; a mark for a hundred. Five for an incident that goes, and one for its
        // endpoint. What is left are pages of a thousand rows.
        Assert.InRange(requests.All.Count, 3 * endpoints, 4 * endpoints + 200);
    }

    /// <summary>A day's hours that are too old by now, a drift and an incident for every tenth endpoint, and what is kept beside them.</summary>
    private static async Task FillAsync(StorageAccount account, TableStore store, int endpoints, DateTimeOffset now)
    {
        var rollup = Rollup.Of([Healthy()], 60);
        var old = now.AddMinutes(-30).AddDays(-401);
        var tables = account.Connect().Tables;
        var state = tables.GetTableClient(Keys.State);
        var drift = tables.GetTableClient(Keys.Drift);
        await Parallel.ForAsync(0, endpoints, Cancellation, async (number, token) =>
        {
            var id = $"endpoint-{number:D5}";
            await state.UpsertEntityAsync(
                new TableEntity(Keys.Shard(store.ShardOf(id)), Keys.SharedState(id)) { ["Json"] = "{}" }, cancellationToken: token);
            RollupRecord[] rows =
            [
                .. Enumerable.Range(0, 24).Select(hour => new RollupRecord(RollupPeriod.Hour, old.AddHours(hour), Location, rollup)),
                new(RollupPeriod.Hour, now.AddMinutes(-30), Location, rollup), new(RollupPeriod.Day, now.AddMinutes(-30).AddDays(-1), Location, rollup),
            ];
            await store.WriteRollupsAsync(id, rows, token);
            if (number % 10 > 0)
                return;
            foreach (var at in new[] { now.AddDays(-401), now })
                await drift.AddEntityAsync(new TableEntity(id, Keys.DriftRow(at, "2025-11-25")) { ["BeforeHash"] = "sha256:a", ["AfterHash"] = "sha256:b" }, token);
            var incident = new Incident(
                IncidentIds.Of(id, IncidentKind.Outage, old), id, IncidentKind.Outage, old, old.AddHours(1), "failures-in-a-row", 2, "answered 503");
            foreach (var transition in new[] { 1, 2 })
            {
                var step = Transition(id, 0, transition, "ops") with
                {
                    Id = IncidentIds.OfTransition(incident.Id, transition),
                    Incident = incident with { Sequence = transition },
                };
                foreach (var row in await store.KeepAsync(step, token))
                    await store.WriteDeliveryAsync(row with { Status = McpProbe.Alerts.Deliveries.DeliveryStatus.Delivered, NextAttemptAt = null }, token);
            }

            // As it is written when its last transition was handed over.
            await store.ClearPendingAsync([Transition(id, 0, 2) with { Incident = incident }], token);
        });
        await store.WriteRolledThroughAsync(now, Cancellation);
    }
}
