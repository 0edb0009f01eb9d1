using System.Globalization;
using Azure;
using Azure.Data.Tables;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Storage;

// A clean-up goes through all that is kept once a day, in small steps. After each it writes where it is; a round that has no time left
// stops there, and the next one goes on. Every step can be done again without harm.
public sealed partial class TableStore
{
    private const string Stage = "Stage";
    private const string Cursor = "Cursor";
    private const string Begun = "Begun";

    private static readonly TimeSpan BetweenCleanUps = TimeSpan.FromDays(1);

    /// <summary>Removes what is kept no longer, and what nothing refers to.</summary>
    /// <param name="channels">Names of the channels there are.</param>
    /// <param name="until">When to stop and leave the rest to the next round.</param>
    /// <param name="time">Says what is old, and when that is. The service's own times say what nobody touched.</param>
    public async Task<CleanUpCounts> CleanUpAsync(
        Retention retention, IReadOnlyCollection<string> channels, DateTimeOffset until, TimeProvider time, CancellationToken cancellationToken)
    {
        var (removed, failures) = (new Dictionary<string, int>(), new List<Exception>());
        var now = time.GetUtcNow();
        var mark = await ReadCleanUpMarkAsync(cancellationToken);
        if (mark is null || (mark.Stage == CleanUpMark.Finished && now - mark.Begun >= BetweenCleanUps))
            mark = new CleanUpMark(now, 0, null);
        var stages = StagesOf(retention, channels, now);
        while (mark.Stage >= 0 && mark.Stage < stages.Count && time.GetUtcNow() < until)
        {
            var (what, step) = stages[mark.Stage];
            string? next;
            try
            {
                (var count, next) = await step(mark.Cursor, cancellationToken);
                removed[what] = removed.GetValueOrDefault(what) + count;
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                // Of this part alone; tomorrow it is begun anew.
                Log.CleanUpFailed(_logger, what, failure);
                failures.Add(failure);
                next = null;
            }

            mark = next is not null ? mark with { Cursor = next }
                : mark with { Stage = mark.Stage + 1 < stages.Count ? mark.Stage + 1 : CleanUpMark.Finished, Cursor = null };
            await WriteCleanUpMarkAsync(mark, cancellationToken);
        }

        return new CleanUpCounts(removed, mark.Stage == CleanUpMark.Finished, failures);
    }

    /// <summary>
    /// The parts in their order: a step takes where it begins (null for the beginning), and says how much it removed and where the next
    /// one begins (null for the end). What may refer to contents goes before the contents.
    /// </summary>
    private List<(string What, Func<string?, CancellationToken, Task<(int Removed, string? Next)>> Step)> StagesOf(
        Retention retention, IReadOnlyCollection<string> channels, DateTimeOffset now)
    {
        var untouched = now - CatalogReferences.Untouched;
        return
        [
            ("months", (_, cancellation) => DropMonthsAsync(retention.ResultsFrom(now), cancellation)),
            ("waiting", (_, cancellation) => RemoveLeftWaitingAsync(untouched, cancellation)),
            ("incidents", (cursor, cancellation) => RemoveIncidentsAsync(cursor, retention.IncidentsFrom(now), cancellation)),
            ("given-up", (cursor, cancellation) => RemoveLeftGivenUpAsync(cursor, retention.IncidentsFrom(now), cancellation)),
            ("audit lines", async (_, cancellation) => await RemoveAuditAsync(now - AuditLine.Kept, cancellation) is > 0 and var lines ? (lines, "more") : (0, null)),
            ("channels", (_, cancellation) => RemoveChannelsAsync(channels, retention.IncidentsFrom(now), cancellation)),
            ("rollups", (cursor, cancellation) => RemoveRollupsAsync(cursor, retention.HourlyFrom(now), retention.DailyFrom(now), cancellation)),
            ("drifts", (cursor, cancellation) => RemoveDriftAsync(cursor, retention.IncidentsFrom(now), cancellation)),
            ("orphans", (cursor, cancellation) => RemoveOrphansAsync(cursor, untouched, cancellation)),
            ("catalogues", (cursor, cancellation) => CollectCatalogsAsync(cursor, untouched, cancellation)),
            ("payloads", (cursor, cancellation) => CollectPayloadsAsync(cursor, untouched, cancellation)),
        ];
    }

    // What no rollup holds yet stays.
    private async Task<(int, string?)> DropMonthsAsync(DateTimeOffset keepFrom, CancellationToken cancellationToken)
    {
        var rolled = await ReadRolledThroughAsync(cancellationToken) ?? DateTimeOffset.MinValue;
        return (await _results.DropBeforeAsync(rolled < keepFrom ? rolled : keepFrom, cancellationToken), null);
    }

    /// <summary>Ledgers of channels that are not configured any more, that nothing waits for and that nobody wrote to for so long.</summary>
    private async Task<(int, string?)> RemoveChannelsAsync(
        IReadOnlyCollection<string> channels, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var removed = 0;
        await foreach (var row in _deliveries.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {Keys.Channels} and Timestamp lt {before}"),
            select: ["PartitionKey", "RowKey", ChannelProperty], cancellationToken: cancellationToken))
        {
            var channel = row.GetString(ChannelProperty);
            if (channel is null || channels.Contains(channel) || await HasAnyAsync(
                _deliveries, TableClient.CreateQueryFilter($"PartitionKey eq {Keys.Waiting(channel)}"), cancellationToken))
                continue;
            await _deliveries.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken);
            removed++;
        }

        return (removed, null);
    }

    /// <summary>
    /// State rows of endpoints that are gone, and definitions whose state is: what a crash, or a probe that was on its way, left behind.
    /// What is pending stays until it is handed over. A step takes a shard.
    /// </summary>
    private async Task<(int, string?)> RemoveOrphansAsync(string? cursor, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var shard = cursor is null ? 0 : int.Parse(cursor, CultureInfo.InvariantCulture);
        var partition = Keys.Shard(shard);
        var (removed, alive, rest) = (0, new HashSet<string>(), new List<TableEntity>());
        await foreach (var row in _state.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), PageSize,
            ["PartitionKey", "RowKey", "Timestamp", PendingProperty], cancellationToken))
        {
            var id = Keys.EndpointOfState(row.RowKey);
            if (row.RowKey == Keys.SharedState(id))
                alive.Add(id);
            else if (row.GetBoolean(PendingProperty) is not true && row.Timestamp < before)
                rest.Add(row);
        }

        foreach (var row in rest.Where(row => !alive.Contains(Keys.EndpointOfState(row.RowKey))))
        {
            await _state.DeleteEntityAsync(row.PartitionKey, row.RowKey, row.ETag, cancellationToken);
            removed++;
        }

        foreach (var registered in (await ListShardAsync(shard, cancellationToken)).Where(each => !alive.Contains(each.Endpoint.Id)))
        {
            // Looks again before it deletes: it may be created just now.
            if (await FindEndpointAsync(registered.Endpoint.Id, cancellationToken) is null)
                removed++;
        }

        return (removed, shard + 1 < Shards ? (shard + 1).ToString(CultureInfo.InvariantCulture) : null);
    }

    private static async Task<bool> HasAnyAsync(TableClient table, string filter, CancellationToken cancellationToken)
    {
        await foreach (var _ in table.QueryAsync<TableEntity>(filter, maxPerPage: 1, ["RowKey"], cancellationToken))
            return true;
        return false;
    }

    /// <summary>Deletes rows of any partitions, as many with one request as the service takes.</summary>
    private static async Task DeleteAsync(TableClient table, IEnumerable<TableEntity> rows, CancellationToken cancellationToken) =>
        await Parallel.ForEachAsync(
            rows.GroupBy(row => row.PartitionKey).SelectMany(partition => partition.Chunk(EntityLimits.TransactionEntities)),
            new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = cancellationToken },
            async (some, cancellation) =>
            {
                try
                {
                    var transaction = new RowTransaction(table, some[0].PartitionKey);
                    foreach (var row in some)
                        transaction.Delete(row.RowKey, ETag.All);
                    await transaction.SubmitAsync(cancellation);
                }
                catch (RequestFailedException gone) when (gone.Status == 404)
                {
                    // One that somebody else deleted fails them all: one by one, that is no error.
                    foreach (var row in some)
                        await table.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellation);
                }
            });

    private async Task<CleanUpMark?> ReadCleanUpMarkAsync(CancellationToken cancellationToken) =>
        await FindAsync(_schedule, Keys.StorePartition, Keys.CleanUpRow, cancellationToken) is { } row
            ? new CleanUpMark(row.GetDateTimeOffset(Begun)!.Value, row.GetInt32(Stage)!.Value, row.GetString(Cursor))
            : null;

    private async Task WriteCleanUpMarkAsync(CleanUpMark mark, CancellationToken cancellationToken) => await _schedule.UpsertEntityAsync(
        EntityLimits.Checked(new TableEntity(Keys.StorePartition, Keys.CleanUpRow)
        {
            [Begun] = mark.Begun,
            [Stage] = mark.Stage,
            [Cursor] = mark.Cursor,
        }),
        TableUpdateMode.Replace, cancellationToken);
}
