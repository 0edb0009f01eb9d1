using Azure.Data.Tables;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Storage;

public sealed partial class TableStore : IAuditStore
{
    /// <summary>Lines that one clean-up removes at most: it comes every hour.</summary>
    private const int MostOldAuditLines = 2000;

    public async Task AddAuditLineAsync(AuditLine line, CancellationToken cancellationToken) => await _audit.AddEntityAsync(
        await _payload.WriteAsync(new TableEntity(Keys.AuditPartition, line.Id), Keys.Audit, line, EngineJson.Default.AuditLine, cancellationToken),
        cancellationToken);

    public Task<IReadOnlyList<AuditLine>> ReadAuditAsync(string? after, int limit, CancellationToken cancellationToken) =>
        ReadPartitionAsync(_audit, Keys.AuditPartition, after ?? "", limit, EngineJson.Default.AuditLine, cancellationToken);

    /// <summary>Removes some of the lines from before an instant.</summary>
    public async Task<int> RemoveAuditAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var (from, old) = (AuditLine.IdAt(before.AddTicks(-1)), new List<TableEntity>());
        await foreach (var row in _audit.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {Keys.AuditPartition} and RowKey ge {from}"),
            select: ["PartitionKey", "RowKey"], cancellationToken: cancellationToken))
        {
            old.Add(row);
            if (old.Count == MostOldAuditLines)
                break;
        }

        foreach (var some in old.Chunk(EntityLimits.TransactionEntities))
        {
            var transaction = new RowTransaction(_audit, Keys.AuditPartition);
            foreach (var row in some)
                transaction.Delete(row.RowKey, Azure.ETag.All);
            await transaction.SubmitAsync(cancellationToken);
        }

        return old.Count;
    }
}
