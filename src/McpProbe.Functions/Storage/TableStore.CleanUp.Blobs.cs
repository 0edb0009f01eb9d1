using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Storage;

// The parts of a clean-up that collect contents: only what nothing refers to and nobody touched for long, and only if it is unmodified
// since it was looked at. A commit touches what it begins to refer to.
public sealed partial class TableStore
{
    private const int BlobsInAPage = 5000;

    /// <summary>Candidates of one look at all that refers to catalogues, which is read once for all of them.</summary>
    private const int MostCandidates = 50_000;

    private async Task<(int, string?)> CollectCatalogsAsync(string? cursor, DateTimeOffset untouched, CancellationToken cancellationToken)
    {
        // First what is a candidate, then what is referred to: in between, a reference can only be made together with a touch.
        var candidates = new List<BlobItem>();
        do
        {
            (var page, cursor) = await UntouchedAsync(_catalogContainer, cursor, untouched, cancellationToken);
            candidates.AddRange(page);
        }
        while (cursor is not null && candidates.Count < MostCandidates);
        if (candidates.Count == 0)
            return (0, cursor);

        var referred = await ReadReferencesAsync(cancellationToken);
        return (await DeleteAsync(
            _catalogContainer, candidates.Where(blob => !referred.Contains(Keys.HashOfCatalogBlob(blob.Name))), cancellationToken), cursor);
    }

    /// <summary>
    /// Every catalogue that a row names. The states come first: a hash that leaves one goes into a drift, whose row lies beside the
    /// state until it is written.
    /// </summary>
    private async Task<CatalogReferences> ReadReferencesAsync(CancellationToken cancellationToken)
    {
        var references = new CatalogReferences();
        await foreach (var row in _state.QueryAsync<TableEntity>(maxPerPage: PageSize, cancellationToken: cancellationToken))
        {
            if (Keys.IsPendingDrift(row.RowKey) || row.RowKey == Keys.SharedState(Keys.EndpointOfState(row.RowKey)))
                references.AddIn(await _payload.ReadTextAsync(row, cancellationToken));
        }

        await foreach (var row in _drift.QueryAsync<TableEntity>(
            maxPerPage: PageSize, select: [BeforeHash, AfterHash], cancellationToken: cancellationToken))
        {
            references.AddIn(row.GetString(BeforeHash) ?? "");
            references.AddIn(row.GetString(AfterHash) ?? "");
        }

        return references;
    }

    /// <summary>
    /// Payloads that were too long for their row. A blob's name says in which partition the row is that names it; those of results go
    /// with their month.
    /// </summary>
    private async Task<(int, string?)> CollectPayloadsAsync(string? cursor, DateTimeOffset untouched, CancellationToken cancellationToken)
    {
        var (candidates, next) = await UntouchedAsync(_overflow, cursor, untouched, cancellationToken);
        var orphans = new List<BlobItem>();
        foreach (var blob in candidates)
        {
            if (blob.Name.Split('/') is [var table, var partition, _]
                && TableOf(table) is { } rows
                && !await HasAnyAsync(
                    rows, TableClient.CreateQueryFilter($"PartitionKey eq {partition} and Overflow eq {blob.Name}"), cancellationToken))
                orphans.Add(blob);
        }

        return (await DeleteAsync(_overflow, orphans, cancellationToken), next);
    }

    private TableClient? TableOf(string name) =>
        new[] { _state, _incidents, _drift, _deliveries, _rollups }.FirstOrDefault(table => table.Name == name);

    private static async Task<(IReadOnlyList<BlobItem> Page, string? Next)> UntouchedAsync(
        BlobContainerClient container, string? cursor, DateTimeOffset untouched, CancellationToken cancellationToken)
    {
        await foreach (var page in container.GetBlobsAsync(cancellationToken: cancellationToken).AsPages(cursor, BlobsInAPage))
        {
            return (
                [.. page.Values.Where(blob => blob.Properties.LastModified < untouched)],
                string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken);
        }

        return ([], null);
    }

    private static async Task<int> DeleteAsync(BlobContainerClient container, IEnumerable<BlobItem> blobs, CancellationToken cancellationToken)
    {
        var deleted = 0;
        await Parallel.ForEachAsync(
            blobs,
            new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = cancellationToken },
            async (blob, cancellation) =>
            {
                try
                {
                    await container.GetBlobClient(blob.Name).DeleteAsync(
                        conditions: new BlobRequestConditions { IfMatch = blob.Properties.ETag }, cancellationToken: cancellation);
                    Interlocked.Increment(ref deleted);
                }
                catch (RequestFailedException touched) when (touched.Status is 412 or 404)
                {
                }
            });
        return deleted;
    }
}
