using Azure;
using Azure.Data.Tables;

namespace McpProbe.Functions.Storage;

/// <summary>Rows of one partition that change together, within the service's limits.</summary>
internal sealed class RowTransaction(TableClient table, string partition)
{
    private readonly List<TableTransactionAction> _actions = [];
    private int _bytes;

    internal void Upsert(TableEntity row) => Add(TableTransactionActionType.UpsertReplace, row, default);

    /// <summary>Fails the transaction with 409 when the row is there.</summary>
    internal void Insert(TableEntity row) => Add(TableTransactionActionType.Add, row, default);

    /// <summary>Fails the transaction with 412 unless the row is still this version.</summary>
    internal void Replace(TableEntity row, ETag etag) => Add(TableTransactionActionType.UpdateReplace, row, etag);

    internal void Delete(string rowKey, ETag etag) =>
        Add(TableTransactionActionType.Delete, new TableEntity(partition, rowKey), etag);

    internal async Task SubmitAsync(CancellationToken cancellationToken) =>
        await table.SubmitTransactionAsync(_actions, cancellationToken);

    private void Add(TableTransactionActionType type, TableEntity row, ETag etag)
    {
        if (row.PartitionKey != partition)
            throw new InvalidOperationException($"Row {row.PartitionKey}, {row.RowKey} is in another partition than the transaction's, {partition}.");
        if (_actions.Count == EntityLimits.TransactionEntities)
            throw new InvalidOperationException($"A transaction in {table.Name} takes {EntityLimits.TransactionEntities} rows.");
        if (_actions.Any(action => action.Entity.RowKey == row.RowKey))
            throw new InvalidOperationException($"Row {partition}, {row.RowKey} is in the transaction already.");
        _bytes += EntityLimits.WireSize(EntityLimits.Checked(row));
        if (_bytes > EntityLimits.TransactionBytes)
            throw new InvalidOperationException($"A transaction in {table.Name} takes {EntityLimits.TransactionBytes} bytes: put payloads into blobs.");
        _actions.Add(new TableTransactionAction(type, row, etag));
    }
}
