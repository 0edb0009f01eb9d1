using System.Collections.Concurrent;
using System.Text;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;

namespace McpProbe.Functions.Storage;

// Two tables, so two steps: the state row decides whether an endpoint exists. It is written before the definition and
// deleted before it; what a crash leaves in between is a definition without a state, which nobody probes and Find removes.
public sealed partial class TableStore
{
    private const string Source = "Source";
    private const string Definition = "Definition";
    private const string PublicProperty = "Public";
    private const string WatchedSince = "WatchedSince";
    private const string WatchedUntil = "WatchedUntil";
    private const string VersionProperty = "Version";
    private const string Generation = "Generation";

    private readonly DefinitionCache _definitions = new(keepTexts: true);

    /// <summary>What the shards were read as, and at which version: a schedule asks for all of them twice a minute.</summary>
    private readonly ConcurrentDictionary<int, (Guid Version, IReadOnlyList<RegisteredEndpoint> Endpoints)> _shards = [];

    public async Task<IReadOnlyList<RegisteredEndpoint>> ListEndpointsAsync(CancellationToken cancellationToken)
    {
        var shards = await Task.WhenAll(Enumerable.Range(0, Shards).Select(shard => ListShardAsync(shard, cancellationToken)));
        return [.. shards.SelectMany(each => each).OrderBy(each => each.Endpoint.Id, StringComparer.Ordinal)];
    }

    /// <summary>The endpoints of one shard, neighbours in the state table next to each other.</summary>
    public async Task<IReadOnlyList<RegisteredEndpoint>> ListShardAsync(int shard, CancellationToken cancellationToken)
    {
        var partition = Keys.Shard(shard);
        // Read before the definitions: what changes in between is a later version. A shard that nobody has changed since there are
        // versions has none, and is read each time.
        var version = (await FindAsync(_endpoints, partition, Keys.ShardVersion, cancellationToken))?.GetGuid(VersionProperty);
        if (version is { } known && _shards.TryGetValue(shard, out var read) && read.Version == known)
            return read.Endpoints;

        var endpoints = new List<RegisteredEndpoint>();
        await foreach (var row in _endpoints.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey lt {Keys.ShardVersion}"), cancellationToken: cancellationToken))
        {
            endpoints.Add(Registered(row));
        }

        IReadOnlyList<RegisteredEndpoint> listed = [.. endpoints.OrderBy(each => Keys.SharedState(each.Endpoint.Id), StringComparer.Ordinal)];
        if (version is { } now)
            _shards[shard] = (now, listed);
        return listed;
    }

    /// <summary>Those that everybody may see, and no other's row is read for it.</summary>
    private async Task<IReadOnlyList<RegisteredEndpoint>> ListPublicAsync(CancellationToken cancellationToken)
    {
        var shards = await Task.WhenAll(Enumerable.Range(0, Shards).Select(async shard =>
        {
            var partition = Keys.Shard(shard);
            var endpoints = new List<RegisteredEndpoint>();
            await foreach (var row in _endpoints.QueryAsync<TableEntity>(
                TableClient.CreateQueryFilter($"PartitionKey eq {partition} and Public eq true"), cancellationToken: cancellationToken))
            {
                endpoints.Add(Registered(row));
            }

            return endpoints;
        }));
        return [.. shards.SelectMany(each => each).OrderBy(each => each.Endpoint.Id, StringComparer.Ordinal)];
    }

    /// <summary>The first after an id, of all shards.</summary>
    private async Task<IReadOnlyList<RegisteredEndpoint>> ListAfterAsync(string after, int limit, CancellationToken cancellationToken)
    {
        var shards = await Task.WhenAll(Enumerable.Range(0, Shards).Select(async shard =>
        {
            var partition = Keys.Shard(shard);
            var endpoints = new List<RegisteredEndpoint>();
            await foreach (var row in _endpoints.QueryAsync<TableEntity>(
                TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey gt {after} and RowKey lt {Keys.ShardVersion}"),
                Math.Min(limit, PageSize), cancellationToken: cancellationToken))
            {
                endpoints.Add(Registered(row));
                if (endpoints.Count == limit)
                    break;
            }

            return endpoints;
        }));
        return [.. shards.SelectMany(each => each).OrderBy(each => each.Endpoint.Id, StringComparer.Ordinal).Take(limit)];
    }

    /// <summary>Once for a store of an older version, whose rows do not say who may see them.</summary>
    private async Task MarkPublicAsync(CancellationToken cancellationToken)
    {
        foreach (var each in (await ListEndpointsAsync(cancellationToken)).Where(each => each.Endpoint.Visibility is Visibility.Public))
        {
            try
            {
                await _endpoints.UpdateEntityAsync(
                    new TableEntity(Partition(each.Endpoint.Id), each.Endpoint.Id) { [PublicProperty] = true }, ETag.All, TableUpdateMode.Merge, cancellationToken);
            }
            catch (RequestFailedException gone) when (gone.Status == 404)
            {
            }
        }
    }

    public async Task<RegisteredEndpoint?> FindEndpointAsync(string id, CancellationToken cancellationToken)
    {
        var row = await FindAsync(_endpoints, Partition(id), id, cancellationToken);
        if (row is null)
            return null;
        if (await ReadVersionAsync(id, cancellationToken) is not null)
            return Registered(row);
        await RemoveDefinitionAsync(id, cancellationToken);
        return null;
    }

    public async Task<EndpointPut> PutEndpointAsync(RegisteredEndpoint endpoint, CancellationToken cancellationToken, Predicate<long?>? when = null)
    {
        var id = endpoint.Endpoint.Id;
        var (source, definition) = (WireNames.Of(endpoint.Source), Encoding.UTF8.GetBytes(EndpointJson.ToJson(endpoint.Endpoint)));
        var (created, highest) = (false, 0L);
        while (true)
        {
            var stands = await FindAsync(_endpoints, Partition(id), id, cancellationToken);
            // What is written below is written under the version that was judged here; our own half-made row is no other's.
            if (!created && when?.Invoke(stands is null ? null : GenerationOf(stands)) is false)
                return EndpointPut.Refused;
            var state = (await ReadStateAsync(id, cancellationToken))?.State;
            if (state is not null && stands is not null && stands.GetString(Source) == source && stands.GetBinary(Definition).AsSpan().SequenceEqual(definition))
                return new EndpointPut(created, GenerationOf(stands));

            // Where one of the two is missing, a deletion may have taken what said how far the numbers went.
            if (state is null || stands is null)
                highest = Math.Max(highest, await ReadHighestGenerationAsync(cancellationToken));
            highest = Generations.Next(Math.Max(highest, Math.Max(GenerationOf(stands), state?.Generation ?? 0)), _time);
            if (state is null)
            {
                if (!await CreateStateAsync(id, EndpointState.Of(endpoint.Endpoint, highest), cancellationToken))
                    continue;
                created = true;
            }

            var row = EntityLimits.Checked(new TableEntity(Partition(id), id)
            {
                [Source] = source,
                [Definition] = definition,
                [Generation] = highest,
                // Null is not stored.
                [PublicProperty] = endpoint.Endpoint.Visibility is Visibility.Public ? true : null,
                [WatchedSince] = endpoint.Watched.Since?.UtcTicks,
                [WatchedUntil] = endpoint.Watched.Until?.UtcTicks,
            });
            // Somebody else put it just now: theirs came first, and ours gets the next number. Or it was replaced while somebody deleted it: then it is created anew.
            if (await WriteDefinitionAsync(row, stands?.ETag, cancellationToken) && (created || await ReadVersionAsync(id, cancellationToken) is not null))
            {
                await MarkChangedAsync(id, cancellationToken);
                return new EndpointPut(created, highest);
            }
        }
    }

    private async Task<bool> CreateStateAsync(string id, EndpointState state, CancellationToken cancellationToken)
    {
        try
        {
            await _state.AddEntityAsync(await SharedRowAsync(id, state, cancellationToken), cancellationToken);
        }
        catch (RequestFailedException exists) when (exists.ErrorCode == TableErrorCode.EntityAlreadyExists)
        {
            return false;
        }

        // Of one that had this id before: a probe that was on its way when it was deleted.
        await RemoveLatestAsync(id, cancellationToken);
        return true;
    }

    /// <returns>False when somebody else wrote it first, or it is our own whose answer got lost: it is looked at again.</returns>
    private async Task<bool> WriteDefinitionAsync(TableEntity row, ETag? version, CancellationToken cancellationToken)
    {
        try
        {
            var transaction = ChangeOf(row.PartitionKey);
            if (version is { } known)
                transaction.Replace(row, known);
            else
                transaction.Insert(row);
            await transaction.SubmitAsync(cancellationToken);
            return true;
        }
        catch (RequestFailedException raced) when (raced.Status is 404 or 409 or 412)
        {
            return false;
        }
    }

    // What a deletion takes with it: no definition under an id that is used again gets a number that a message may still carry.
    private async Task<long> ReadHighestGenerationAsync(CancellationToken cancellationToken) =>
        GenerationOf(await FindAsync(_schedule, Keys.StorePartition, Keys.GenerationRow, cancellationToken));

    /// <summary>Before a definition, or a state, is deleted.</summary>
    private async Task KeepGenerationAsync(long generation, CancellationToken cancellationToken)
    {
        while (await FindAsync(_schedule, Keys.StorePartition, Keys.GenerationRow, cancellationToken) is var stands && GenerationOf(stands) < generation)
        {
            var row = new TableEntity(Keys.StorePartition, Keys.GenerationRow) { [Generation] = generation };
            try
            {
                await (stands is null
                    ? _schedule.AddEntityAsync(row, cancellationToken)
                    : _schedule.UpdateEntityAsync(row, stands.ETag, TableUpdateMode.Replace, cancellationToken));
            }
            catch (RequestFailedException raced) when (raced.Status is 409 or 412)
            {
                // Somebody else's deletion: look again.
            }
        }
    }

    private static long GenerationOf(TableEntity? row) => row?.GetInt64(Generation) ?? 0;

    /// <summary>Deletes a definition that has no state; never one that was put again in the meantime.</summary>
    private async Task RemoveDefinitionAsync(string id, CancellationToken cancellationToken)
    {
        while (await FindAsync(_endpoints, Partition(id), id, cancellationToken) is { } row
            && await ReadVersionAsync(id, cancellationToken) is null)
        {
            await KeepGenerationAsync(GenerationOf(row), cancellationToken);
            try
            {
                var transaction = ChangeOf(row.PartitionKey);
                transaction.Delete(id, row.ETag);
                await transaction.SubmitAsync(cancellationToken);
            }
            catch (TableTransactionFailedException changed) when (changed.Status is 412 or 404)
            {
            }
        }

        _definitions.Forget(id);
    }

    /// <summary>A change of a shard's definitions: it gives the shard another version, of the same instant.</summary>
    private RowTransaction ChangeOf(string partition)
    {
        var transaction = new RowTransaction(_endpoints, partition);
        transaction.Upsert(new TableEntity(partition, Keys.ShardVersion) { [VersionProperty] = Guid.NewGuid() });
        return transaction;
    }

    private RegisteredEndpoint Registered(TableEntity row) => _definitions.Read(
        row.RowKey,
        Encoding.UTF8.GetString(row.GetBinary(Definition)),
        WireNames.TryParse<EndpointSource>(row.GetString(Source), out var known) ? known : EndpointSource.Api,
        GenerationOf(row),
        new WatchedPeriod(InstantOrNull(row, WatchedSince), InstantOrNull(row, WatchedUntil)),
        unreadable => Log.UnreadableEndpoint(_logger, row.RowKey, string.Join("; ", unreadable.Mistakes!)));

    private static DateTimeOffset? InstantOrNull(TableEntity row, string property) =>
        row.GetInt64(property) is { } ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
}
