using McpProbe.Alerts.Deliveries;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Uptime;

namespace McpProbe.Testing;

// Single incidents.
public partial class MemoryStore : IIncidentStore
{
    public Task<StoredIncident?> FindIncidentAsync(string id, CancellationToken cancellationToken) => StepAsync(() =>
        Incidents.TryGetValue(id, out var incident) ? new StoredIncident(incident, Text(incident.Version)) : null);

    public Task<bool> ReplaceIncidentAsync(StoredIncident before, Incident after, CancellationToken cancellationToken) => StepAsync(() =>
    {
        if (!Incidents.TryGetValue(after.Id, out var stands) || Text(stands.Version) != before.Version)
            return false;
        Incidents[after.Id] = after;
        return true;
    });
}

// What pages read.
public partial class MemoryStore : IMonitorHistory
{
    public Task<IReadOnlyList<EndpointOverview>> ReadOverviewAsync(CancellationToken cancellationToken) =>
        StepAsync<IReadOnlyList<EndpointOverview>>(() =>
            [.. _watched.Select(each => new EndpointOverview(each.Value.Registered, each.Value.State, NewestFirst(each.Key).FirstOrDefault()))]);

    public async Task<IReadOnlyList<EndpointOverview>> ReadPublicOverviewAsync(CancellationToken cancellationToken) =>
        [.. (await ReadOverviewAsync(cancellationToken)).Where(each => each.Registered.Endpoint.Visibility is Visibility.Public)];

    public async Task<IReadOnlyList<EndpointOverview>> ReadEndpointsAsync(string? after, int limit, CancellationToken cancellationToken) =>
        [.. (await ReadOverviewAsync(cancellationToken)).Where(each => string.CompareOrdinal(each.Registered.Endpoint.Id, after) > 0).Take(limit)];

    public Task<IReadOnlyList<ProbeRecord>> ReadResultsAsync(string endpointId, ResultCursor? after, int limit, CancellationToken cancellationToken) =>
        StepAsync<IReadOnlyList<ProbeRecord>>(() => [.. NewestFirst(endpointId).Where(record => IsAfter(record, after)).Take(limit)]);

    public Task<IReadOnlyList<Incident>> ReadIncidentsAsync(string? endpointId, DateTimeOffset? before, int limit, CancellationToken cancellationToken) =>
        StepAsync<IReadOnlyList<Incident>>(() =>
        [
            .. Incidents.Values.Where(each => (endpointId is null || each.EndpointId == endpointId) && !(each.OpenedAt >= before))
                .OrderByDescending(each => each.OpenedAt).Take(limit),
        ]);

    public Task<IReadOnlyList<DriftRecord>> ReadDriftAsync(string endpointId, int limit, CancellationToken cancellationToken) =>
        StepAsync<IReadOnlyList<DriftRecord>>(() =>
            [.. Drift.Where(each => each.EndpointId == endpointId).OrderByDescending(each => each.At).Take(limit)]);

    public Task<IReadOnlyList<Delivery>> ReadDeliveriesAsync(string incidentId, CancellationToken cancellationToken) =>
        StepAsync<IReadOnlyList<Delivery>>(() =>
            [.. Rows.Values.Where(row => row.IncidentId == incidentId).OrderBy(row => row.Sequence).ThenBy(row => row.Channel, StringComparer.Ordinal)]);

    public Task<IReadOnlyList<Delivery>> ReadGivenUpAsync(int limit, CancellationToken cancellationToken) =>
        StepAsync<IReadOnlyList<Delivery>>(() =>
            [.. Rows.Values.Where(row => row.Status is DeliveryStatus.GaveUp).OrderByDescending(row => row.At).Take(limit)]);

    public Task<IReadOnlyList<ChannelStatus>> ReadChannelsAsync(CancellationToken cancellationToken) =>
        StepAsync<IReadOnlyList<ChannelStatus>>(() =>
        [
            .. _channels.Keys.Union(Rows.Keys.Select(row => row.Channel)).Order(StringComparer.Ordinal).Select(name =>
                new ChannelStatus(name, ChannelOf(name), Rows.Values.Count(row => row.Channel == name && !row.IsFinal))
                {
                    OldestWaiting = Rows.Values.Where(row => row.Channel == name && !row.IsFinal).Min(row => row.At ?? (DateTimeOffset?)row.UpdatedAt),
                }),
        ]);

    private IEnumerable<ProbeRecord> NewestFirst(string id) => _results.Where(each => each.Key.Endpoint == id)
        .Select(each => new ProbeRecord(each.Key.Slot, each.Key.Location, each.Value)).OrderByDescending(record => record.Slot).ThenBy(record => record.Location, StringComparer.Ordinal);

    private static bool IsAfter(ProbeRecord record, ResultCursor? cursor) => cursor is null || record.Slot < cursor.Slot
        || (record.Slot == cursor.Slot && cursor.Location is { } location && string.CompareOrdinal(record.Location, location) > 0);
}

// Rolling up.
public partial class MemoryStore : IRollupStore
{
    private readonly Dictionary<(string Endpoint, RollupPeriod Period, DateTimeOffset Start, string Location), RollupRecord> _rollups = [];
    private DateTimeOffset? _rolledThrough;

    /// <summary>As a roll-up job would have written it.</summary>
    public void Keep(string endpointId, IEnumerable<RollupRecord> rollups)
    {
        foreach (var record in rollups)
            _rollups[(endpointId, record.Period, record.Start, record.Location)] = record;
    }

    public void Keep(DateTimeOffset rolledThrough) => _rolledThrough = rolledThrough;

    public Task<DateTimeOffset?> ReadRolledThroughAsync(CancellationToken cancellationToken) => StepAsync(() => _rolledThrough);

    public Task WriteRolledThroughAsync(DateTimeOffset through, CancellationToken cancellationToken) => StepAsync(() => _rolledThrough = through);

    public Task<IReadOnlyList<ProbeRecord>> ReadResultsAsync(
        string endpointId, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken) =>
        StepAsync<IReadOnlyList<ProbeRecord>>(() => [.. NewestFirst(endpointId).Where(record => record.Slot >= from && record.Slot < until)]);

    public Task WriteRollupsAsync(string endpointId, IReadOnlyList<RollupRecord> rollups, CancellationToken cancellationToken) => StepAsync(() =>
    {
        foreach (var record in rollups)
            _rollups[(endpointId, record.Period, record.Start, record.Location)] = record;
    });

    public Task<IReadOnlyList<RollupRecord>> ReadRollupsAsync(
        string endpointId, RollupPeriod period, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken) =>
        StepAsync<IReadOnlyList<RollupRecord>>(() =>
        [
            .. _rollups.Where(each => each.Key.Endpoint == endpointId && each.Key.Period == period && each.Key.Start >= from && each.Key.Start < until)
                .Select(each => each.Value).OrderBy(record => record.Start).ThenBy(record => record.Location, StringComparer.Ordinal),
        ]);

    public Task<IReadOnlySet<string>> ReadRegressedAsync(CancellationToken cancellationToken) =>
        StepAsync<IReadOnlySet<string>>(() => _watched.Where(each => each.Value.State.Regression is not null).Select(each => each.Key).ToHashSet());
}
