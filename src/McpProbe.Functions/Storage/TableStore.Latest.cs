using Azure;
using Azure.Data.Tables;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Storage;

// What an overview shows of each endpoint's newest result, in a row beside its state: pages find it without a query for each
// endpoint. The result itself is the truth; a row that a crash left behind is made right by the next probe.
public sealed partial class TableStore
{
    private const string SlotProperty = "Slot";

    /// <summary>Far below what a transaction takes, whatever the results hold.</summary>
    private const int LatestInATransaction = 50;

    /// <summary>Writes the newest results of many endpoints with a request a shard, or some.</summary>
    internal async Task WriteLatestAsync(IReadOnlyCollection<(string EndpointId, ProbeRecord Record)> records, CancellationToken cancellationToken)
    {
        foreach (var shard in records.GroupBy(each => Partition(each.EndpointId)))
        {
            foreach (var some in shard.Chunk(LatestInATransaction))
            {
                var transaction = new RowTransaction(_state, shard.Key);
                foreach (var (id, record) in some)
                    transaction.Upsert(await LatestRowAsync(id, record, cancellationToken));
                await transaction.SubmitAsync(cancellationToken);
            }
        }
    }

    /// <summary>The same for one, unless a newer one stands there.</summary>
    private async Task WriteLatestAsync(string endpointId, ProbeRecord record, CancellationToken cancellationToken)
    {
        var stands = await FindAsync(_state, Partition(endpointId), Keys.LatestResult(endpointId, record.Location), cancellationToken);
        if (stands is null || SlotOf(stands) < record.Slot)
            await WriteLatestAsync([(endpointId, record)], cancellationToken);
    }

    private async Task RemoveLatestAsync(string endpointId, CancellationToken cancellationToken)
    {
        var (from, until) = Keys.LatestResults(endpointId);
        await foreach (var row in _state.QueryAsync<TableEntity>(
            StateFilter(ShardOf(endpointId), from, until), select: ["PartitionKey", "RowKey"], cancellationToken: cancellationToken))
        {
            await _state.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken);
        }
    }

    /// <summary>The newest of an endpoint's locations; null when there is none that can be read.</summary>
    private async Task<ProbeRecord?> LatestAsync(IEnumerable<TableEntity> rows, CancellationToken cancellationToken)
    {
        foreach (var row in rows.Where(row => Keys.IsLatestResult(row.RowKey)).OrderByDescending(SlotOf))
        {
            if (await TryReadAsync(row, Keys.State, EngineJson.Default.ProbeResult, cancellationToken) is { } result)
                return new ProbeRecord(SlotOf(row), row.GetString(LocationProperty) ?? "", result);
        }

        return null;
    }

    private Task<TableEntity> LatestRowAsync(string id, ProbeRecord record, CancellationToken cancellationToken) => _payload.WriteAsync(
        new TableEntity(Partition(id), Keys.LatestResult(id, record.Location))
        {
            [LocationProperty] = record.Location,
            [SlotProperty] = record.Slot.UtcTicks,
        },
        // What may be long, and is shown on the endpoint's own page only.
        Keys.State, record.Result with { Findings = [], Conditions = [] }, EngineJson.Default.ProbeResult, cancellationToken);

    private static DateTimeOffset SlotOf(TableEntity row) => new(row.GetInt64(SlotProperty) ?? 0, TimeSpan.Zero);
}
