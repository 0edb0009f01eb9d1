using System.Collections.Concurrent;
using System.Text.Json.Serialization.Metadata;
using Azure.Data.Tables;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Storage;

public sealed partial class TableStore
{
    private const string BeforeHash = "BeforeHash";
    private const string AfterHash = "AfterHash";

    /// <summary>So many endpoints are read each by itself; for more, whole ranges of the state are, strangers between them included.</summary>
    private const int MostReadAlone = 100;

    public async Task<IReadOnlyList<EndpointOverview>> ReadPublicOverviewAsync(CancellationToken cancellationToken)
    {
        var endpoints = await ListPublicAsync(cancellationToken);
        return await OverviewAsync(endpoints, await ReadRowsAsync(endpoints, alone: endpoints.Count <= MostReadAlone, cancellationToken), cancellationToken);
    }

    public async Task<IReadOnlyList<EndpointOverview>> ReadEndpointsAsync(string? after, int limit, CancellationToken cancellationToken)
    {
        var page = new List<EndpointOverview>();
        while (page.Count < limit)
        {
            var wanted = limit - page.Count;
            var endpoints = await ListAfterAsync(after ?? "", wanted, cancellationToken);
            page.AddRange(await OverviewAsync(endpoints, await ReadRowsAsync(endpoints, alone: false, cancellationToken), cancellationToken));
            if (endpoints.Count < wanted)
                break;
            // What a deletion left half done is no endpoint: then the page has room for more.
            after = endpoints[^1].Endpoint.Id;
        }

        return page;
    }

    public Task<IReadOnlyList<ProbeRecord>> ReadResultsAsync(
        string endpointId, ResultCursor? after, int limit, CancellationToken cancellationToken) =>
        _results.ReadAsync(endpointId, after, limit, cancellationToken);

    public Task<IReadOnlyList<Incident>> ReadIncidentsAsync(
        string? endpointId, DateTimeOffset? before, int limit, CancellationToken cancellationToken) => ReadPartitionAsync(
            _incidents, endpointId ?? Keys.AllIncidents, before is { } time ? Keys.IncidentsBefore(time) : "", limit,
            EngineJson.Default.Incident, cancellationToken);

    public Task<IReadOnlyList<DriftRecord>> ReadDriftAsync(string endpointId, int limit, CancellationToken cancellationToken) =>
        ReadPartitionAsync(_drift, endpointId, after: "", limit, EngineJson.Default.DriftRecord, cancellationToken);

    public async Task<IReadOnlyList<Delivery>> ReadDeliveriesAsync(string incidentId, CancellationToken cancellationToken)
    {
        var deliveries = new List<Delivery>();
        await foreach (var row in _deliveries.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {incidentId}"), cancellationToken: cancellationToken))
        {
            // The transitions lie among their deliveries.
            if (!Keys.IsTransition(row.RowKey)
                && await TryReadAsync(row, Keys.Deliveries, EngineJson.Default.Delivery, cancellationToken) is { } delivery)
                deliveries.Add(delivery);
        }

        return deliveries;
    }

    public async Task<IReadOnlyList<Delivery>> ReadGivenUpAsync(int limit, CancellationToken cancellationToken)
    {
        var deliveries = new List<Delivery>();
        if (limit <= 0)
            return deliveries;
        await foreach (var row in _deliveries.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {Keys.GivenUp}"), Math.Min(limit, PageSize), cancellationToken: cancellationToken))
        {
            // The list is a hint, the delivery's own row the truth: it may have been sent again since.
            if (await TryReadAsync(row, Keys.Deliveries, EngineJson.Default.Delivery, cancellationToken) is { } listed
                && await FindListedAsync(listed, cancellationToken) is { Status: DeliveryStatus.GaveUp } delivery)
                deliveries.Add(delivery);
            if (deliveries.Count == limit)
                break;
        }

        return deliveries;
    }

    public async Task<IReadOnlyList<ChannelStatus>> ReadChannelsAsync(CancellationToken cancellationToken)
    {
        var waiting = new Dictionary<string, (int Count, DateTimeOffset? Oldest)>();
        var (from, until) = Keys.AllWaiting;
        await foreach (var row in _deliveries.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey ge {from} and PartitionKey lt {until}"),
            select: [ChannelProperty, nameof(TableEntity.Timestamp)], cancellationToken: cancellationToken))
        {
            var channel = row.GetString(ChannelProperty);
            var (count, oldest) = waiting.GetValueOrDefault(channel);
            waiting[channel] = (count + 1, oldest < row.Timestamp ? oldest : row.Timestamp);
        }

        var states = new Dictionary<string, ChannelState>();
        await foreach (var row in _deliveries.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {Keys.Channels}"), cancellationToken: cancellationToken))
        {
            states[row.GetString(ChannelProperty)] =
                await TryReadAsync(row, Keys.Deliveries, EngineJson.Default.ChannelState, cancellationToken) ?? ChannelState.New;
        }

        return
        [
            .. states.Keys.Union(waiting.Keys).Order(StringComparer.Ordinal).Select(channel => new ChannelStatus(
                channel, states.GetValueOrDefault(channel, ChannelState.New), waiting.GetValueOrDefault(channel).Count)
            {
                OldestWaiting = waiting.GetValueOrDefault(channel).Oldest,
            }),
        ];
    }

    private async Task<IReadOnlyList<TableEntity>> ReadShardAsync(int shard, CancellationToken cancellationToken)
    {
        var partition = Keys.Shard(shard);
        var rows = new List<TableEntity>();
        await foreach (var row in _state.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), PageSize, cancellationToken: cancellationToken))
        {
            rows.Add(row);
        }

        return rows;
    }

    private async Task<ILookup<string, TableEntity>> ReadRowsAsync(
        IReadOnlyList<RegisteredEndpoint> endpoints, bool alone, CancellationToken cancellationToken)
    {
        var rows = new ConcurrentBag<(string EndpointId, TableEntity Row)>();
        var read = new ConcurrentDictionary<string, bool>();
        if (!alone)
        {
            await Task.WhenAll(endpoints.Select(each => each.Endpoint.Id).GroupBy(ShardOf).Select(shard => ReadRowsAsync(
                shard,
                (id, found) =>
                {
                    read[id] = true;
                    foreach (var row in found)
                        rows.Add((id, row));
                    return Task.CompletedTask;
                },
                cancellationToken)));
        }

        await Parallel.ForEachAsync(
            endpoints.Select(each => each.Endpoint.Id).Where(id => !read.ContainsKey(id)),
            new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = cancellationToken },
            async (id, cancellation) =>
            {
                var (from, until) = Keys.StateRange(id);
                await foreach (var row in _state.QueryAsync<TableEntity>(
                    StateFilter(ShardOf(id), from, until), PageSize, cancellationToken: cancellation))
                {
                    rows.Add((id, row));
                }
            });
        return rows.ToLookup(each => each.EndpointId, each => each.Row);
    }

    /// <summary>Those that have a state. One whose state cannot be read is shown as one of which nothing is known.</summary>
    private async Task<IReadOnlyList<EndpointOverview>> OverviewAsync(
        IEnumerable<RegisteredEndpoint> endpoints, ILookup<string, TableEntity> rows, CancellationToken cancellationToken)
    {
        var overview = new List<EndpointOverview>();
        foreach (var registered in endpoints)
        {
            var id = registered.Endpoint.Id;
            if (!rows[id].Any(row => row.RowKey == Keys.SharedState(id)))
                continue;
            EndpointState state;
            try
            {
                state = (await AssembleAsync(id, rows[id], cancellationToken))!.State;
            }
            catch (Exception failure) when (UnreadableRows.Is(failure))
            {
                Unreadable.Skip(Keys.State, id, failure);
                state = EndpointState.New;
            }

            overview.Add(new EndpointOverview(registered, state, await LatestAsync(rows[id], cancellationToken)));
        }

        return overview;
    }

    /// <summary>The delivery itself; null when it, too, is gone or cannot be read.</summary>
    private async Task<Delivery?> FindListedAsync(Delivery listed, CancellationToken cancellationToken)
    {
        try
        {
            return await FindDeliveryAsync(listed.TransitionId, listed.Channel, cancellationToken);
        }
        catch (Exception failure) when (UnreadableRows.Is(failure))
        {
            Unreadable.Skip(Keys.Deliveries, listed.IncidentId, failure);
            return null;
        }
    }

    /// <summary>The first rows of a partition after a key, in the order of their keys.</summary>
    private async Task<IReadOnlyList<T>> ReadPartitionAsync<T>(
        TableClient table, string partition, string after, int limit, JsonTypeInfo<T> type, CancellationToken cancellationToken) where T : class
    {
        var values = new List<T>();
        if (limit <= 0)
            return values;
        await foreach (var row in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey gt {after}"), Math.Min(limit, PageSize), cancellationToken: cancellationToken))
        {
            if (await TryReadAsync(row, table.Name, type, cancellationToken) is { } value)
                values.Add(value);
            if (values.Count == limit)
                break;
        }

        return values;
    }
}
