using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;

namespace McpProbe.Functions.Storage;

// Every key of a definition and of a state begins with its shard, so their number is fixed when the store is created. To change it
// the rows are moved, once, before anybody works with the new number; nobody opens the store as it was from the first row on. A move
// that is broken off goes on with the next try: a row is inserted in its new place, never replaced there, and only then deleted.
public sealed partial class TableStore
{
    private const string ShardCount = "Count";
    private const string MovesFrom = "MovesFrom";

    /// <summary>Room for what a transaction's envelope takes.</summary>
    private const int MovedBytes = EntityLimits.TransactionBytes / 2;

    /// <summary>Its rows are being moved to another number of shards.</summary>
    internal bool IsMoving { get; private set; }

    private async Task FixShardsAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var row = await FindAsync(_schedule, Keys.StorePartition, Keys.ShardsRow, cancellationToken);
            var count = row?.GetInt32(ShardCount);
            if (row is null || (count != Shards && count == _reshardFrom && row.GetInt32(MovesFrom) is null))
            {
                // The number is the new one from here on, whoever opens it.
                await TryWriteShardsAsync(row?.ETag, isPublicMarked: row is null || row.GetBoolean(PublicProperty) is true, movesFrom: count, cancellationToken);
                continue;
            }

            if (count != Shards)
            {
                throw new StoreConfigurationException(
                    $"The store was created with {count} shards and the setting '{AppSettings.Shards}' says {Shards}: set it to {count}, or use another storage account. To move the store to {Shards} shards, stop all of its apps, set '{AppSettings.ReshardFrom}' to {count} too, and start them (docs/scale.md).");
            }

            var isMarked = row.GetBoolean(PublicProperty) is true;
            if (isMarked && row.GetInt32(MovesFrom) is null)
                return;
            if (row.GetInt32(MovesFrom) is { } before)
                await MoveAsync(before, cancellationToken);
            if (!isMarked)
                await MarkPublicAsync(cancellationToken);
            await TryWriteShardsAsync(row.ETag, isPublicMarked: true, movesFrom: null, cancellationToken);
        }
    }

    /// <summary>Where somebody else was quicker, it is looked at again.</summary>
    private async Task TryWriteShardsAsync(ETag? version, bool isPublicMarked, int? movesFrom, CancellationToken cancellationToken)
    {
        // Null is not stored.
        var row = new TableEntity(Keys.StorePartition, Keys.ShardsRow)
        {
            [ShardCount] = Shards,
            [PublicProperty] = isPublicMarked ? true : null,
            [MovesFrom] = movesFrom,
        };
        try
        {
            await (version is { } known
                ? _schedule.UpdateEntityAsync(row, known, TableUpdateMode.Replace, cancellationToken)
                : _schedule.AddEntityAsync(row, cancellationToken));
        }
        catch (RequestFailedException raced) when (raced.Status is 409 or 412)
        {
        }
    }

    private async Task MoveAsync(int before, CancellationToken cancellationToken)
    {
        IsMoving = true;
        Log.Moving(_logger, before, Shards);
        await ContinueLanesAsync(before, cancellationToken);
        for (var shard = 0; shard < before; shard++)
        {
            await MoveAsync(_endpoints, shard, row => row.RowKey, cancellationToken);
            await MoveAsync(_state, shard, row => Keys.EndpointOfState(row.RowKey), cancellationToken);
        }

        for (var shard = 0; shard < Math.Max(before, Shards); shard++)
        {
            await _endpoints.UpsertEntityAsync(
                new TableEntity(Keys.Shard(shard), Keys.ShardVersion) { [VersionProperty] = Guid.NewGuid() }, TableUpdateMode.Replace, cancellationToken);
            await OverviewBlob(shard).DeleteIfExistsAsync(cancellationToken: cancellationToken);
        }

        IsMoving = false;
        Log.Moved(_logger, Shards);
    }

    /// <summary>What the schedule has sent is not sent again by the lanes of new shards.</summary>
    private async Task ContinueLanesAsync(int before, CancellationToken cancellationToken)
    {
        foreach (var location in _locations)
        {
            var lanes = await Task.WhenAll(Enumerable.Range(0, before).Select(shard =>
                FindAsync(_schedule, Keys.ScheduleLane(shard, location), Keys.ScheduledThroughRow, cancellationToken)));
            if (lanes.Max(lane => lane?.GetInt64(Through)) is not { } through)
                continue;
            for (var shard = before; shard < Shards; shard++)
                await AddAsync(_schedule, new TableEntity(Keys.ScheduleLane(shard, location), Keys.ScheduledThroughRow) { [Through] = through }, cancellationToken);
        }
    }

    /// <summary>The rows of a shard whose endpoint belongs to another one now.</summary>
    private async Task MoveAsync(TableClient table, int shard, Func<TableEntity, string> endpointOf, CancellationToken cancellationToken)
    {
        var partition = Keys.Shard(shard);
        await foreach (var page in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), PageSize, cancellationToken: cancellationToken).AsPages())
        {
            var moving = page.Values.Where(row => row.RowKey != Keys.ShardVersion && Partition(endpointOf(row)) != partition).ToList();
            await Parallel.ForEachAsync(
                moving.GroupBy(row => Partition(endpointOf(row))).SelectMany(target => Chunks(target).Select(rows => (Partition: target.Key, Rows: rows))),
                new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = cancellationToken },
                async (target, cancellation) => await CopyAsync(table, target.Partition, target.Rows, cancellation));
            await DeleteAsync(table, moving, cancellationToken);
        }
    }

    private static IEnumerable<IReadOnlyList<TableEntity>> Chunks(IEnumerable<TableEntity> rows)
    {
        var (chunk, bytes) = (new List<TableEntity>(), 0);
        foreach (var row in rows)
        {
            var size = EntityLimits.WireSize(row);
            if (chunk.Count == EntityLimits.TransactionEntities || (chunk.Count > 0 && bytes + size > MovedBytes))
            {
                yield return chunk;
                (chunk, bytes) = ([], 0);
            }

            chunk.Add(row);
            bytes += size;
        }

        if (chunk.Count > 0)
            yield return chunk;
    }

    private async Task CopyAsync(TableClient table, string partition, IReadOnlyList<TableEntity> rows, CancellationToken cancellationToken)
    {
        var copies = new List<TableEntity>();
        foreach (var row in rows)
        {
            var copy = new TableEntity(partition, row.RowKey);
            foreach (var (name, value) in row.Where(property => property.Key is not ("PartitionKey" or "RowKey" or "Timestamp" or "odata.etag")))
                copy[name] = value;
            // The clean-up looks for the row by the blob's name.
            if (row.GetString(Payload.OverflowProperty) is not null)
                await _payload.MoveAsync(copy, row.PartitionKey, cancellationToken);
            copies.Add(copy);
        }

        try
        {
            var transaction = new RowTransaction(table, partition);
            foreach (var copy in copies)
                transaction.Insert(copy);
            await transaction.SubmitAsync(cancellationToken);
        }
        catch (TableTransactionFailedException known) when (known.Status == 409)
        {
            // A try before this one came so far.
            foreach (var copy in copies)
                await AddAsync(table, copy, cancellationToken);
        }
    }

    private static async Task AddAsync(TableClient table, TableEntity row, CancellationToken cancellationToken)
    {
        try
        {
            await table.AddEntityAsync(row, cancellationToken);
        }
        catch (RequestFailedException exists) when (exists.ErrorCode == TableErrorCode.EntityAlreadyExists)
        {
        }
    }
}
