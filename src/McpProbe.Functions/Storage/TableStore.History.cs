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

    public async Task<IReadOnlyList<EndpointOverview>> ReadOverviewAsync(CancellationToken cancellationToken)
    {
        var endpoints = ListEndpointsAsync(cancellationToken);
        var months = _results.ListAsync(cancellationToken);
        var states = new ConcurrentDictionary<string, StoredState>();
        await Task.WhenAll(Enumerable.Range(0, Shards).Select(shard => ReadStatesAsync(shard, states, cancellationToken)));

        var overviews = new ConcurrentBag<EndpointOverview>();
        var tables = await months;
        await Parallel.ForEachAsync(
            (await endpoints).Where(each => states.ContainsKey(each.Endpoint.Id)),
            new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = cancellationToken },
            async (registered, cancellation) =>
            {
                var last = await _results.ReadAsync(tables, registered.Endpoint.Id, before: null, limit: 1, cancellation);
                overviews.Add(new EndpointOverview(registered, states[registered.Endpoint.Id].State, last is [var newest] ? newest : null));
            });
        return [.. overviews.OrderBy(each => each.Registered.Endpoint.Id, StringComparer.Ordinal)];
    }

    public async Task<IReadOnlyList<ProbeRecord>> ReadResultsAsync(
        string endpointId, DateTimeOffset? before, int limit, CancellationToken cancellationToken) =>
        await _results.ReadAsync(await _results.ListAsync(cancellationToken), endpointId, before, limit, cancellationToken);

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
            if (!Keys.IsTransition(row.RowKey))
                deliveries.Add(await _payload.ReadAsync(row, EngineJson.Default.Delivery, cancellationToken));
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
            var listed = await _payload.ReadAsync(row, EngineJson.Default.Delivery, cancellationToken);
            if (await FindDeliveryAsync(listed.TransitionId, listed.Channel, cancellationToken) is { Status: DeliveryStatus.GaveUp } delivery)
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
            states[row.GetString(ChannelProperty)] = await _payload.ReadAsync(row, EngineJson.Default.ChannelState, cancellationToken);
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

    private async Task ReadStatesAsync(
        int shard, ConcurrentDictionary<string, StoredState> states, CancellationToken cancellationToken)
    {
        var partition = Keys.Shard(shard);
        var rows = new List<TableEntity>();
        await foreach (var row in _state.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), cancellationToken: cancellationToken))
        {
            rows.Add(row);
        }

        foreach (var group in rows.GroupBy(row => Keys.EndpointOfState(row.RowKey)))
        {
            if (await AssembleAsync(group.Key, group, cancellationToken) is { } state)
                states[group.Key] = state;
        }
    }

    /// <summary>The first rows of a partition after a key, in the order of their keys.</summary>
    private async Task<IReadOnlyList<T>> ReadPartitionAsync<T>(
        TableClient table, string partition, string after, int limit, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var values = new List<T>();
        if (limit <= 0)
            return values;
        await foreach (var row in table.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey gt {after}"), Math.Min(limit, PageSize), cancellationToken: cancellationToken))
        {
            values.Add(await _payload.ReadAsync(row, type, cancellationToken));
            if (values.Count == limit)
                break;
        }

        return values;
    }
}
