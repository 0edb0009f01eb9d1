using Azure.Data.Tables;
using McpProbe.Monitoring;
using McpProbe.Uptime;

namespace McpProbe.Functions.Storage;

public sealed partial class TableStore
{
    private const string Through = "Through";
    private const string Start = "Start";
    private const string RollupProperty = "R";

    public async Task<DateTimeOffset?> ReadRolledThroughAsync(CancellationToken cancellationToken) =>
        (await FindAsync(_schedule, Keys.StorePartition, Keys.RolledThroughRow, cancellationToken))?.GetDateTimeOffset(Through);

    public async Task WriteRolledThroughAsync(DateTimeOffset through, CancellationToken cancellationToken) =>
        await _schedule.UpsertEntityAsync(
            new TableEntity(Keys.StorePartition, Keys.RolledThroughRow) { [Through] = through }, TableUpdateMode.Replace, cancellationToken);

    public Task<IReadOnlyList<ProbeRecord>> ReadResultsAsync(
        string endpointId, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken) =>
        _results.ReadAsync(endpointId, from, until, cancellationToken);

    public async Task WriteRollupsAsync(string endpointId, IReadOnlyList<RollupRecord> rollups, CancellationToken cancellationToken)
    {
        foreach (var chunk in rollups.Chunk(EntityLimits.TransactionEntities))
        {
            var transaction = new RowTransaction(_rollups, endpointId);
            foreach (var record in chunk)
            {
                transaction.Upsert(new TableEntity(endpointId, Keys.Rollup(record))
                {
                    [LocationProperty] = record.Location,
                    [Start] = record.Start,
                    [RollupProperty] = CompactRollup.Write(record.Rollup),
                });
            }

            await transaction.SubmitAsync(cancellationToken);
        }
    }

    public async Task<IReadOnlyList<RollupRecord>> ReadRollupsAsync(
        string endpointId, RollupPeriod period, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var (first, last) = (Keys.RollupTime(period, from), Keys.RollupTime(period, until));
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {endpointId} and RowKey ge {first} and RowKey lt {last}");
        var records = new List<RollupRecord>();
        await foreach (var row in _rollups.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
        {
            if (await TryReadRollupAsync(row, cancellationToken) is { } rollup)
                records.Add(new RollupRecord(period, row.GetDateTimeOffset(Start)!.Value, row.GetString(LocationProperty), rollup));
        }

        return records;
    }

    // A former version stored JSON.
    private async Task<Rollup?> TryReadRollupAsync(TableEntity row, CancellationToken cancellationToken)
    {
        try
        {
            return CompactRollup.Read(row.GetBinary(RollupProperty) ?? await _payload.ReadBytesAsync(row, cancellationToken));
        }
        catch (Exception failure) when (UnreadableRows.Is(failure))
        {
            Unreadable.Skip(Keys.Rollups, row.PartitionKey, failure);
            return null;
        }
    }

    public async Task<IReadOnlySet<string>> ReadRegressedAsync(CancellationToken cancellationToken)
    {
        var shards = await Task.WhenAll(Enumerable.Range(0, Shards).Select(shard => ReadRegressedAsync(shard, cancellationToken)));
        return shards.SelectMany(each => each).ToHashSet();
    }

    private async Task<IReadOnlyList<string>> ReadRegressedAsync(int shard, CancellationToken cancellationToken)
    {
        var partition = Keys.Shard(shard);
        var ids = new List<string>();
        await foreach (var row in _state.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition} and Regressed eq true"),
            select: ["RowKey"], cancellationToken: cancellationToken))
        {
            ids.Add(Keys.EndpointOfState(row.RowKey));
        }

        return ids;
    }
}
