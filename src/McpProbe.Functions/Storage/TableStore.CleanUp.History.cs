using System.Globalization;
using Azure;
using Azure.Data.Tables;
using McpProbe.Alerts.Deliveries;
using McpProbe.Uptime;

namespace McpProbe.Functions.Storage;

// The parts of a clean-up that retention decides.
public sealed partial class TableStore
{
    private const int IncidentsInAStep = 100;
    private const int PartitionsInAStep = 100;

    /// <summary>A small fleet is done each day.</summary>
    private const int LeastPartitionsADay = 1_000;

    /// <summary>What two hand-overs at once, or a crash, left among what waits for a channel after it was delivered.</summary>
    private async Task<(int, string?)> RemoveLeftWaitingAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var ((from, until), removed) = (Keys.AllWaiting, 0);
        await foreach (var row in _deliveries.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey ge {from} and PartitionKey lt {until} and Timestamp lt {before}"),
            cancellationToken: cancellationToken))
        {
            if (await TryReadAsync(row, Keys.Deliveries, EngineJson.Default.Delivery, cancellationToken) is not { } waiting
                || await FindListedAsync(waiting, cancellationToken) is { IsFinal: false })
                continue;
            await _deliveries.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken);
            removed++;
        }

        return (removed, null);
    }

    /// <summary>What is listed as given up and is not any more: sent again, or gone.</summary>
    private async Task<(int, string?)> RemoveLeftGivenUpAsync(string? cursor, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var (rows, next) = await PageAsync(_deliveries, Keys.GivenUp, Later(cursor, Keys.IncidentsBefore(before)), IncidentsInAStep, cancellationToken);
        var removed = 0;
        foreach (var row in rows)
        {
            if (await TryReadAsync(row, Keys.Deliveries, EngineJson.Default.Delivery, cancellationToken) is { } listed
                && await FindListedAsync(listed, cancellationToken) is { Status: DeliveryStatus.GaveUp })
                continue;
            await _deliveries.DeleteEntityAsync(row.PartitionKey, row.RowKey, row.ETag, cancellationToken);
            removed++;
        }

        return (removed, next);
    }

    /// <summary>
    /// Incidents that were resolved before, with their alerts: the row of all comes last, so that one that was begun is found again.
    /// </summary>
    private async Task<(int, string?)> RemoveIncidentsAsync(string? cursor, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var (rows, next) = await PageAsync(_incidents, Keys.AllIncidents, Later(cursor, Keys.IncidentsBefore(before)), IncidentsInAStep, cancellationToken);
        var removed = 0;
        // Of one endpoint after another: what is pending is asked for once.
        await Parallel.ForEachAsync(
            rows.GroupBy(row => Keys.OfIncident(row.RowKey).EndpointId),
            new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = cancellationToken },
            async (endpoint, cancellation) =>
            {
                bool? pending = null;
                foreach (var row in endpoint)
                {
                    // One that cannot be read is as old as its key says; if it were open, its next transition would write it again.
                    if (await TryReadAsync(row, Keys.Incidents, EngineJson.Default.Incident, cancellation) is { } incident
                        && !(incident.ResolvedAt < before))
                        continue;
                    if (pending ??= await IsPendingAsync(endpoint.Key, cancellation))
                        break;
                    if (await RemoveIncidentAsync(row, cancellation))
                        Interlocked.Increment(ref removed);
                }
            });
        return (removed, next);
    }

    private async Task<bool> RemoveIncidentAsync(TableEntity row, CancellationToken cancellationToken)
    {
        var (endpoint, id) = Keys.OfIncident(row.RowKey);
        var alerts = new List<TableEntity>();
        await foreach (var alert in _deliveries.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {id}"), cancellationToken: cancellationToken))
        {
            // On its way still, or to be sent again.
            if (alert.GetBoolean(PendingProperty) is true)
                return false;
            alerts.Add(alert);
        }

        foreach (var alert in alerts.Where(alert => !Keys.IsTransition(alert.RowKey)))
        {
            if (await TryReadAsync(alert, Keys.Deliveries, EngineJson.Default.Delivery, cancellationToken) is { Status: DeliveryStatus.GaveUp } given)
                await _deliveries.DeleteEntityAsync(Keys.GivenUp, Keys.GivenUpRow(given), ETag.All, cancellationToken);
        }

        await DeleteAsync(_deliveries, alerts, cancellationToken);
        await _incidents.DeleteEntityAsync(endpoint, row.RowKey, ETag.All, cancellationToken);
        await _incidents.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken);
        return true;
    }

    private Task<bool> IsPendingAsync(string endpointId, CancellationToken cancellationToken)
    {
        var (from, until) = Keys.StateRange(endpointId);
        return HasAnyAsync(_state, $"{StateFilter(ShardOf(endpointId), from, until)} and {PendingProperty} eq true", cancellationToken);
    }

    /// <summary>
    /// Rollups of the next endpoints after the last one, those of deleted ones too: an endpoint is found by its first row, and its old
    /// rows by two ranges of keys. Two requests for an endpoint with nothing to remove; so each has its turn once a week, not each
    /// day, which keeps its rollups up to a week longer.
    /// </summary>
    /// <param name="cursor">How many are left for today; null at the day's beginning.</param>
    private async Task<(int, string?)> RemoveRollupsAsync(
        string? cursor, DateTimeOffset hourly, DateTimeOffset daily, CancellationToken cancellationToken)
    {
        var left = cursor is null
            ? Math.Max(LeastPartitionsADay, ((await ListEndpointsAsync(cancellationToken)).Count + 6) / 7)
            : int.Parse(cursor, CultureInfo.InvariantCulture);
        var position = (await FindAsync(_schedule, Keys.StorePartition, Keys.RollupsCleanedRow, cancellationToken))?.GetString(Cursor) ?? "";
        var (firsts, wanted) = (new List<TableEntity>(), Math.Min(PartitionsInAStep, left));
        while (firsts.Count < wanted && await FirstAfterAsync(_rollups, position, cancellationToken) is { } first)
        {
            firsts.Add(first);
            position = first.PartitionKey;
        }

        var removed = 0;
        await Parallel.ForEachAsync(
            firsts,
            new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = cancellationToken },
            async (first, cancellation) =>
            {
                var rows = await KeysOfAsync(first.PartitionKey, Keys.RollupsBefore(RollupPeriod.Hour, hourly), cancellation);
                // Days come before hours: the first row is the oldest day.
                var days = Keys.RollupsBefore(RollupPeriod.Day, daily);
                if (string.CompareOrdinal(first.RowKey, days.From) >= 0 && string.CompareOrdinal(first.RowKey, days.Until) < 0)
                    rows.AddRange(await KeysOfAsync(first.PartitionKey, days, cancellation));
                await DeleteAsync(_rollups, rows, cancellation);
                Interlocked.Add(ref removed, rows.Count);
            });
        // After the last one the first one's turn comes.
        var isAtTheEnd = firsts.Count < wanted;
        await _schedule.UpsertEntityAsync(
            new TableEntity(Keys.StorePartition, Keys.RollupsCleanedRow) { [Cursor] = isAtTheEnd ? "" : position }, TableUpdateMode.Replace, cancellationToken);
        return (removed, isAtTheEnd || left == wanted ? null : (left - wanted).ToString(CultureInfo.InvariantCulture));
    }

    private async Task<List<TableEntity>> KeysOfAsync(string partition, (string From, string Until) range, CancellationToken cancellationToken)
    {
        var ((from, until), rows) = (range, new List<TableEntity>());
        await foreach (var row in _rollups.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey ge {from} and RowKey lt {until}"),
            PageSize, ["PartitionKey", "RowKey"], cancellationToken))
        {
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>A page of the whole table: drift is rare, so that its old rows are few however many endpoints there are.</summary>
    private async Task<(int, string?)> RemoveDriftAsync(string? cursor, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var after = Keys.IncidentsBefore(before);
        await foreach (var page in _drift.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"RowKey gt {after}"), PageSize, ["PartitionKey", "RowKey"], cancellationToken).AsPages(cursor))
        {
            await DeleteAsync(_drift, page.Values, cancellationToken);
            return (page.Values.Count, page.ContinuationToken);
        }

        return (0, null);
    }

    private static async Task<TableEntity?> FirstAfterAsync(TableClient table, string partition, CancellationToken cancellationToken)
    {
        await foreach (var row in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey gt {partition}"), maxPerPage: 1, ["PartitionKey", "RowKey"], cancellationToken))
            return row;
        return null;
    }

    /// <summary>Rows of a partition after a key, and the key to go on after; null at the end.</summary>
    private static async Task<(IReadOnlyList<TableEntity> Rows, string? Next)> PageAsync(
        TableClient table, string partition, string after, int size, CancellationToken cancellationToken)
    {
        var rows = new List<TableEntity>();
        await foreach (var row in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey gt {after}"), size, cancellationToken: cancellationToken))
        {
            rows.Add(row);
            if (rows.Count == size)
                return (rows, row.RowKey);
        }

        return (rows, null);
    }

    private static string Later(string? cursor, string bound) => string.CompareOrdinal(cursor, bound) > 0 ? cursor! : bound;
}
