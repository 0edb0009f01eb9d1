using System.Text;
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
        // An endpoint has its turn once a week.
        var today = Math.Min(endpoints, Math.Max(1_000, (endpoints + 6) / 7));
        await FillAsync(account, store, endpoints, today, now);
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

        var took = TimeProvider.System.GetElapsedTime(began);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{endpoints} endpoints: {requests.All.Count} requests in {took.TotalSeconds:F0} s, {(double)requests.All.Count / endpoints:F2} an endpoint; "
            + string.Join(", ", removed.Where(each => each.Value > 0).Select(each => $"{each.Value} {each.Key}")));
        Assert.Empty(done.Failures);
        Assert.Equal((OldHours * today, endpoints / 10, endpoints / 10), (removed["rollups"], removed["drifts"], removed["incidents"]));
        Assert.InRange(took, TimeSpan.Zero, RollUp.Longest);
        // An endpoint's first row, its old hours, and their deletion, once a week; a mark for a hundred. Five for an incident that goes, and
        // two for its endpoint. What is left are pages of a thousand rows.
        Assert.InRange(requests.All.Count, 3 * today, 3 * today + endpoints / 10 * 8 + endpoints / 10 + 300);
    }

    // The deletion takes a hundred with one request; a week of them would be two.
    private const int OldHours = 24;

    /// <summary>
    /// A drift and an incident that are too old for every tenth endpoint, hours that are too old for those whose turn it is, and what is
    /// kept beside them. In transactions, as far as a table allows: what is measured is the clean-up.
    /// </summary>
    private static async Task FillAsync(StorageAccount account, TableStore store, int endpoints, int today, DateTimeOffset now)
    {
        var rollup = CompactRollup.Write(Rollup.Of([Healthy()], 60));
        var old = now.AddMinutes(-30).AddDays(-401);
        var tables = account.Connect().Tables;
        string[] ids = [.. Enumerable.Range(0, endpoints).Select(number => $"endpoint-{number:D5}")];
        await SubmitAsync(tables.GetTableClient(Keys.State), ids.Select(id =>
            new TableEntity(Keys.Shard(store.ShardOf(id)), Keys.SharedState(id)) { ["Json"] = "{}" }));
        await SubmitAsync(tables.GetTableClient(Keys.Endpoints), ids.Select(id =>
            new TableEntity(Keys.Shard(store.ShardOf(id)), id) { ["Source"] = "api", ["Definition"] = Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","url":"https://example.com/mcp"}""") }));
        await SubmitAsync(tables.GetTableClient(Keys.Rollups), ids.Index().SelectMany(each => Enumerable
            .Range(0, each.Index < today ? OldHours : 0).Select(hour => new RollupRecord(RollupPeriod.Hour, old.AddHours(hour), Location, Rollup.Of([Healthy()], 60)))
            .Append(new(RollupPeriod.Hour, now.AddMinutes(-30), Location, Rollup.Of([Healthy()], 60)))
            .Select(record => new TableEntity(each.Item, Keys.Rollup(record)) { ["Location"] = record.Location, ["Start"] = record.Start, ["R"] = rollup })));
        await Parallel.ForAsync(0, endpoints / 10, Cancellation, async (number, token) =>
        {
            var id = ids[number * 10];
            foreach (var at in new[] { now.AddDays(-401), now })
                await tables.GetTableClient(Keys.Drift).AddEntityAsync(new TableEntity(id, Keys.DriftRow(at, "2025-11-25")) { ["BeforeHash"] = "sha256:a", ["AfterHash"] = "sha256:b" }, token);
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

    private static Task SubmitAsync(TableClient table, IEnumerable<TableEntity> rows) => Parallel.ForEachAsync(
        rows.GroupBy(row => row.PartitionKey).SelectMany(partition => partition.Chunk(100)), Cancellation,
        async (some, token) => await table.SubmitTransactionAsync(some.Select(row => new TableTransactionAction(TableTransactionActionType.Add, row)), token));
}
