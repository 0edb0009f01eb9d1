using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using McpProbe.Model;

namespace McpProbe.Functions.Storage;

public sealed partial class TableStore
{
    /// <summary>How long a blob that nothing refers to is kept: far longer than a commit takes to refer to what it wrote.</summary>
    private static readonly TimeSpan Unreferenced = TimeSpan.FromDays(7);

    /// <summary>Drops old months of results, catalogues that nothing refers to, and payloads whose row is gone.</summary>
    /// <param name="keepFrom">The month of this instant is the oldest that stays.</param>
    public async Task<CleanUpCounts> CleanUpAsync(DateTimeOffset keepFrom, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await RemoveLeftWaitingAsync(now, cancellationToken);
        await RemoveAuditAsync(now - AuditLine.Kept, cancellationToken);
        var months = await _results.DropBeforeAsync(keepFrom, cancellationToken);

        // What is untouched since before this scan is not referred to by a commit that the scan missed: a commit touches first.
        var (catalogs, payloads) = await ReadReferencesAsync(cancellationToken);
        return new CleanUpCounts(
            months,
            await CollectAsync(_catalogContainer, blob => catalogs.Contains(Keys.HashOfCatalogBlob(blob)), now, cancellationToken),
            await CollectAsync(
                _overflow,
                blob => payloads.Contains(blob) || blob.StartsWith(Keys.ResultsPrefix, StringComparison.Ordinal),
                now, cancellationToken));
    }

    /// <summary>What two hand-overs at once, or a crash, left among what waits for a channel after it was delivered.</summary>
    private async Task RemoveLeftWaitingAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var ((from, until), old) = (Keys.AllWaiting, now - Unreferenced);
        await foreach (var row in _deliveries.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey ge {from} and PartitionKey lt {until} and Timestamp lt {old}"),
            cancellationToken: cancellationToken))
        {
            var waiting = await _payload.ReadAsync(row, EngineJson.Default.Delivery, cancellationToken);
            if (await FindDeliveryAsync(waiting.TransitionId, waiting.Channel, cancellationToken) is not { IsFinal: false })
                await _deliveries.DeleteEntityAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken);
        }
    }

    private async Task<(HashSet<string> Catalogs, HashSet<string> Payloads)> ReadReferencesAsync(CancellationToken cancellationToken)
    {
        var (catalogs, payloads) = (new HashSet<string>(), new HashSet<string>());
        await foreach (var row in _state.QueryAsync<TableEntity>(cancellationToken: cancellationToken))
        {
            AddPayload(row);
            if (row.RowKey != Keys.SharedState(Keys.EndpointOfState(row.RowKey)))
                continue;
            var state = await _payload.ReadAsync(row, EngineJson.Default.EndpointState, cancellationToken);
            catalogs.UnionWith(state.Baselines.Values.Select(baseline => baseline.Hash));
            catalogs.UnionWith(state.Catalogs.Values.Select(seen => seen.Settled?.Hash).Append(state.Drifted?.Hash).OfType<string>());
        }

        await foreach (var row in _drift.QueryAsync<TableEntity>(
            select: [BeforeHash, AfterHash, Payload.OverflowProperty], cancellationToken: cancellationToken))
        {
            AddPayload(row);
            catalogs.UnionWith([row.GetString(BeforeHash), row.GetString(AfterHash)]);
        }

        foreach (var table in new[] { _incidents, _deliveries, _rollups })
        {
            await foreach (var row in table.QueryAsync<TableEntity>(
                $"{Payload.OverflowProperty} ne ''", select: [Payload.OverflowProperty], cancellationToken: cancellationToken))
            {
                AddPayload(row);
            }
        }

        return (catalogs, payloads);

        void AddPayload(TableEntity row)
        {
            if (row.GetString(Payload.OverflowProperty) is { } name)
                payloads.Add(name);
        }
    }

    private static async Task<int> CollectAsync(
        BlobContainerClient container, Func<string, bool> isReferenced, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var deleted = 0;
        await foreach (var blob in container.GetBlobsAsync(cancellationToken: cancellationToken))
        {
            if (isReferenced(blob.Name) || now - blob.Properties.LastModified < Unreferenced)
                continue;
            try
            {
                await container.GetBlobClient(blob.Name).DeleteAsync(
                    conditions: new BlobRequestConditions { IfMatch = blob.Properties.ETag }, cancellationToken: cancellationToken);
                deleted++;
            }
            catch (RequestFailedException touched) when (touched.Status is 412 or 404)
            {
            }
        }

        return deleted;
    }
}
