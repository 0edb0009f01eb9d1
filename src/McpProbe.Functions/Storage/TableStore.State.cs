using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Azure;
using Azure.Data.Tables;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Storage;

// One row for what the locations share, one a location, one a pending transition, one a drift whose row for pages is not written
// yet. Every commit replaces the shared row under
// its ETag, so that its ETag is the version of all of them: a verdict over locations depends on every location's row.
public sealed partial class TableStore
{
    private const string LocationProperty = "Location";
    private const string PendingProperty = "Pending";
    private const string DueAtProperty = "DueAt";
    private const string RegressedProperty = "Regressed";
    private const int PageSize = 1000;

    /// <summary>Reads the states of neighbours with as few requests as there are pages: one for a queue message.</summary>
    /// <returns>The store, which serves the first read of each of these states from what was read just now.</returns>
    internal async Task<PrefetchedStates> PrefetchAsync(IReadOnlyCollection<string> endpointIds, CancellationToken cancellationToken)
    {
        var states = new Dictionary<string, StoredState?>();
        var latest = new Dictionary<(string EndpointId, string Location), DateTimeOffset>();
        await ReadRowsAsync(endpointIds, async (id, rows) =>
        {
            states[id] = await AssembleAsync(id, rows, cancellationToken);
            foreach (var row in rows.Where(row => Keys.IsLatestResult(row.RowKey)))
                latest[(id, row.GetString(LocationProperty))] = SlotOf(row);
        }, cancellationToken);
        return new PrefetchedStates(this, states, latest);
    }

    /// <summary>The rows of each endpoint, by shard and in ranges; those of an endpoint that a page did not reach the end of are left out.</summary>
    private async Task ReadRowsAsync(
        IEnumerable<string> endpointIds, Func<string, IReadOnlyCollection<TableEntity>, Task> take, CancellationToken cancellationToken)
    {
        foreach (var shard in endpointIds.Distinct().GroupBy(ShardOf))
            await ReadRowsAsync(shard.Key, [.. shard.OrderBy(Keys.SharedState, StringComparer.Ordinal)], take, cancellationToken);
    }

    public async Task<StoredState?> ReadStateAsync(string endpointId, CancellationToken cancellationToken)
    {
        var (from, until) = Keys.StateRange(endpointId);
        var rows = new List<TableEntity>();
        await foreach (var row in _state.QueryAsync<TableEntity>(
            StateFilter(ShardOf(endpointId), from, until), PageSize, cancellationToken: cancellationToken))
        {
            rows.Add(row);
        }

        return await AssembleAsync(endpointId, rows, cancellationToken);
    }

    public async Task<IReadOnlyList<string>> ReadDueAsync(
        DateTimeOffset now, int limit, IReadOnlySet<string> except, CancellationToken cancellationToken)
    {
        var shards = await Task.WhenAll(Enumerable.Range(0, Shards).Select(shard => ReadDueAsync(shard, now, limit, except, cancellationToken)));
        return [.. shards.SelectMany(each => each).OrderBy(due => due.At).Take(limit).Select(due => due.EndpointId)];
    }

    public async Task<PendingPage> ReadPendingAsync(int limit, IReadOnlySet<string> except, CancellationToken cancellationToken)
    {
        var shards = await Task.WhenAll(Enumerable.Range(0, Shards).Select(shard => ReadPendingAsync(shard, limit, except, cancellationToken)));
        return new PendingPage(
            [.. shards.SelectMany(each => each.Transitions).OrderBy(transition => transition.At).Take(limit)],
            [.. shards.SelectMany(each => each.Unreadable)]);
    }

    public Task ClearPendingAsync(IReadOnlyList<Transition> transitions, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        transitions,
        new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = cancellationToken },
        async (transition, cancellation) =>
        {
            // The process that committed it may have died before it wrote this.
            await WriteIncidentAsync(transition.Incident, transition.Incident.Version - 1, cancellation);
            // One by one, not as a transaction: that would fail as a whole over a row that is gone, which here is no error.
            await _state.DeleteEntityAsync(
                Partition(transition.Incident.EndpointId), Keys.Pending(transition), ETag.All, cancellation);
        });

    private async Task ReadRowsAsync(
        int shard, string[] endpointIds, Func<string, IReadOnlyCollection<TableEntity>, Task> take, CancellationToken cancellationToken)
    {
        var until = Keys.StateRange(endpointIds[^1]).Until;
        var wanted = endpointIds.ToHashSet();
        var next = 0;
        while (next < endpointIds.Length)
        {
            // A page costs a request, whatever it holds: the next one begins at the next endpoint that is wanted, not at the
            // continuation, so that strangers in between cost nothing.
            var filter = StateFilter(shard, Keys.StateRange(endpointIds[next]).From, until);
            var page = await FirstPageAsync(filter, cancellationToken);
            var rows = page.Values.ToLookup(row => Keys.EndpointOfState(row.RowKey));
            var reached = page switch
            {
                { ContinuationToken: null } => null,
                { Values: [.., var last] } => last.RowKey,
                // The service may answer with a continuation only.
                _ => "",
            };

            var first = next;
            for (; next < endpointIds.Length && IsWithin(endpointIds[next], reached); next++)
                await take(endpointIds[next], [.. rows[endpointIds[next]]]);
            // An endpoint that the page did not reach the end of is read when it is asked for.
            if (next == first)
                next++;
        }
    }

    private static bool IsWithin(string endpointId, string? reached) =>
        reached is null || string.CompareOrdinal(Keys.StateRange(endpointId).Until, reached) <= 0;

    private async Task<Page<TableEntity>> FirstPageAsync(string filter, CancellationToken cancellationToken)
    {
        await foreach (var page in _state.QueryAsync<TableEntity>(filter, PageSize, cancellationToken: cancellationToken).AsPages())
            return page;
        throw new InvalidOperationException("A query has at least one page.");
    }

    private async Task<IReadOnlyList<(string EndpointId, DateTimeOffset At)>> ReadDueAsync(
        int shard, DateTimeOffset now, int limit, IReadOnlySet<string> except, CancellationToken cancellationToken)
    {
        var partition = Keys.Shard(shard);
        var due = new List<(string, DateTimeOffset)>();
        await foreach (var row in _state.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition} and DueAt le {now}"),
            select: ["RowKey", DueAtProperty], cancellationToken: cancellationToken))
        {
            var id = Keys.EndpointOfState(row.RowKey);
            if (except.Contains(id))
                continue;
            due.Add((id, row.GetDateTimeOffset(DueAtProperty)!.Value));
            // Rows come by endpoint, so a cut takes the same ones first each time; once they are judged they are not due.
            if (due.Count >= limit)
                break;
        }

        return due;
    }

    private async Task<PendingPage> ReadPendingAsync(int shard, int limit, IReadOnlySet<string> except, CancellationToken cancellationToken)
    {
        var partition = Keys.Shard(shard);
        var (pending, unreadable) = (new List<Transition>(), new List<string>());
        await foreach (var row in _state.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition} and Pending eq true"), cancellationToken: cancellationToken))
        {
            if (Keys.IsPendingDrift(row.RowKey))
            {
                // The process that committed it died before it wrote its row.
                if (await ReadPendingAsync(row, EngineJson.Default.DriftRecord, unreadable, cancellationToken) is { } drift)
                    await SettleDriftAsync(drift, cancellationToken);
                continue;
            }

            if (await ReadPendingAsync(row, EngineJson.Default.Transition, unreadable, cancellationToken) is not { } transition || except.Contains(transition.Id))
                continue;
            pending.Add(transition);
            // Rows come by endpoint, the oldest of each first, so a cut keeps the order within an incident.
            if (pending.Count >= Math.Max(limit, PageSize))
                break;
        }

        return new PendingPage(pending, unreadable);
    }

    /// <summary>A row that cannot be read, because a newer version wrote it, say, must not keep back the others, nor the endpoint's judging.</summary>
    private async Task<T?> ReadPendingAsync<T>(TableEntity row, JsonTypeInfo<T> type, List<string>? unreadable, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await _payload.ReadAsync(row, type, cancellationToken);
        }
        catch (Exception mistake) when (mistake is JsonException or InvalidDataException or RequestFailedException { Status: 404 })
        {
            unreadable?.Add($"{row.RowKey} ({mistake.Message})");
            return null;
        }
    }

    private async Task<StoredState?> AssembleAsync(
        string endpointId, IEnumerable<TableEntity> rows, CancellationToken cancellationToken)
    {
        TableEntity? shared = null;
        var state = EndpointState.New;
        var locations = new Dictionary<string, LocationState>();
        var pending = new List<Transition>();
        foreach (var row in rows)
        {
            if (row.RowKey == Keys.SharedState(endpointId))
                (shared, state) = (row, await _payload.ReadAsync(row, EngineJson.Default.EndpointState, cancellationToken));
            else if (Keys.IsPendingDrift(row.RowKey) || Keys.IsLatestResult(row.RowKey))
                continue;
            else if (row.GetBoolean(PendingProperty) is true)
            {
                if (await ReadPendingAsync(row, EngineJson.Default.Transition, unreadable: null, cancellationToken) is { } transition)
                    pending.Add(transition);
            }
            else
                locations[row.GetString(LocationProperty)] = await _payload.ReadAsync(row, EngineJson.Default.LocationState, cancellationToken);
        }

        return shared is null ? null : new StoredState(state with { Locations = locations }, shared.ETag.ToString(), pending);
    }

    /// <summary>Null when the endpoint does not exist.</summary>
    private async Task<string?> ReadVersionAsync(string endpointId, CancellationToken cancellationToken)
    {
        var row = await _state.GetEntityIfExistsAsync<TableEntity>(
            Partition(endpointId), Keys.SharedState(endpointId), ["PartitionKey"], cancellationToken);
        return row.HasValue ? row.Value!.ETag.ToString() : null;
    }

    /// <summary>The commit point: everything here changes together, only if the state is still the one that was judged.</summary>
    private async Task<CommitStatus> CommitStateAsync(StateChange change, CancellationToken cancellationToken)
    {
        var (id, before, version) = (change.EndpointId, change.Before.State, new ETag(change.Before.Version));
        var after = change.After ?? before;
        var transaction = new RowTransaction(_state, Partition(id));
        if (change.DeleteEndpoint)
            transaction.Delete(Keys.SharedState(id), version);
        else
            transaction.Replace(await SharedRowAsync(id, after, cancellationToken), version);

        foreach (var location in before.Locations.Keys.Where(each => change.DeleteEndpoint || !after.Locations.ContainsKey(each)))
            transaction.Delete(Keys.LocationState(id, location), ETag.All);
        foreach (var (location, seen) in after.Locations)
        {
            if (!change.DeleteEndpoint && before.Locations.GetValueOrDefault(location) != seen)
                transaction.Upsert(await LocationRowAsync(id, location, seen, cancellationToken));
        }

        foreach (var transition in change.Transitions)
            transaction.Upsert(await PendingRowAsync(id, transition, cancellationToken));
        if (change.Drift is { } drift)
            transaction.Upsert(await PendingRowAsync(id, drift, cancellationToken));

        try
        {
            await transaction.SubmitAsync(cancellationToken);
            return CommitStatus.Committed;
        }
        catch (TableTransactionFailedException refused) when (refused.Status is 412 or 404)
        {
            return await ReadVersionAsync(id, cancellationToken) is null ? CommitStatus.Gone : CommitStatus.Conflict;
        }
    }

    private Task<TableEntity> SharedRowAsync(string id, EndpointState state, CancellationToken cancellationToken) =>
        _payload.WriteAsync(
            // A null property is not stored, and a row without it is not found by it.
            new TableEntity(Partition(id), Keys.SharedState(id))
            {
                [DueAtProperty] = state.DueAt,
                [RegressedProperty] = state.Regression is null ? null : true,
            },
            Keys.State,
            state with { Locations = EndpointState.New.Locations }, EngineJson.Default.EndpointState, cancellationToken);

    private Task<TableEntity> LocationRowAsync(string id, string location, LocationState seen, CancellationToken cancellationToken) =>
        _payload.WriteAsync(
            new TableEntity(Partition(id), Keys.LocationState(id, location)) { [LocationProperty] = location },
            Keys.State, seen, EngineJson.Default.LocationState, cancellationToken);

    private Task<TableEntity> PendingRowAsync(string id, Transition transition, CancellationToken cancellationToken) =>
        _payload.WriteAsync(
            new TableEntity(Partition(id), Keys.Pending(transition)) { [PendingProperty] = true },
            Keys.State, transition, EngineJson.Default.Transition, cancellationToken);

    private Task<TableEntity> PendingRowAsync(string id, DriftRecord drift, CancellationToken cancellationToken) =>
        _payload.WriteAsync(
            new TableEntity(Partition(id), Keys.PendingDrift(drift)) { [PendingProperty] = true },
            Keys.State, drift, EngineJson.Default.DriftRecord, cancellationToken);

    private static string StateFilter(int shard, string from, string until)
    {
        var partition = Keys.Shard(shard);
        return TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey ge {from} and RowKey lt {until}");
    }
}
