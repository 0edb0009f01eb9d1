using System.Globalization;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Web.Tests;

/// <summary>The ports over dictionaries: what a page shows is set up directly, without waiting for probes.</summary>
public sealed partial class MemoryStore : IEndpointStore, IMonitorStore, IMonitorHistory, IAlertOutbox
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Watched> _watched = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _catalogs = [];
    private readonly List<Incident> _incidents = [];
    private readonly List<DriftRecord> _drift = [];
    private readonly List<Delivery> _deliveries = [];
    private readonly List<ChannelStatus> _channels = [];

    /// <summary>Thrown by every read and write, once set: the store cannot be reached.</summary>
    public Exception? Broken { get; set; }

    public List<Transition> HandedOver { get; } = [];

    private sealed record Watched(RegisteredEndpoint Registered, EndpointState State, int Version, List<ProbeRecord> Results);

    /// <summary>Results newest first.</summary>
    public void Add(
        RegisteredEndpoint registered, EndpointState state, IEnumerable<ProbeRecord> results, IEnumerable<Incident>? incidents = null)
    {
        lock (_lock)
        {
            _watched.Add(registered.Endpoint.Id, new(registered, state, 1, [.. results]));
            _incidents.AddRange(incidents ?? []);
        }
    }

    public void Add(params DriftRecord[] drift) => _drift.AddRange(drift);

    public void Add(params Delivery[] deliveries) => _deliveries.AddRange(deliveries);

    public void Add(params ChannelStatus[] channels) => _channels.AddRange(channels);

    public void AddCatalog(string hash, ReadOnlyMemory<byte> canonical) => _catalogs.Add(hash, canonical);

    public Task<IReadOnlyList<RegisteredEndpoint>> ListEndpointsAsync(CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<RegisteredEndpoint>>(() => [.. _watched.Values.Select(one => one.Registered)]);

    public Task<RegisteredEndpoint?> FindEndpointAsync(string id, CancellationToken cancellationToken) =>
        Locked(() => _watched.GetValueOrDefault(id)?.Registered);

    public Task<bool> PutEndpointAsync(RegisteredEndpoint endpoint, CancellationToken cancellationToken) => Locked(() =>
    {
        var id = endpoint.Endpoint.Id;
        var created = !_watched.TryGetValue(id, out var old);
        _watched[id] = old is null ? new(endpoint, EndpointState.New, 1, []) : old with { Registered = endpoint };
        return created;
    });

    public Task<StoredState?> ReadStateAsync(string endpointId, CancellationToken cancellationToken) => Locked(() =>
        _watched.TryGetValue(endpointId, out var one)
            ? new StoredState(one.State, one.Version.ToString(CultureInfo.InvariantCulture), [])
            : null);

    public Task<CommitOutcome> CommitAsync(StateChange change, CancellationToken cancellationToken) => Locked(() =>
    {
        if (!_watched.TryGetValue(change.EndpointId, out var one))
            return CommitOutcome.Gone;
        if (change.Before.Version != one.Version.ToString(CultureInfo.InvariantCulture))
            return CommitOutcome.Conflict;
        _incidents.RemoveAll(old => change.Incidents.Any(changed => changed.Id == old.Id));
        _incidents.AddRange(change.Incidents);
        if (change.DeleteEndpoint)
            _watched.Remove(change.EndpointId);
        else
            _watched[change.EndpointId] = one with { State = change.After ?? one.State, Version = one.Version + 1 };
        return CommitOutcome.Committed;
    });

    public Task<ReadOnlyMemory<byte>?> ReadCatalogAsync(string hash, CancellationToken cancellationToken) =>
        Locked<ReadOnlyMemory<byte>?>(() => _catalogs.TryGetValue(hash, out var canonical) ? canonical : null);

    public Task<IReadOnlyList<EndpointOverview>> ReadOverviewAsync(CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<EndpointOverview>>(() =>
            [.. _watched.Values.Select(one => new EndpointOverview(one.Registered, one.State, one.Results.FirstOrDefault()))]);

    public Task<IReadOnlyList<ProbeRecord>> ReadResultsAsync(
        string endpointId, DateTimeOffset? before, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<ProbeRecord>>(() => _watched.TryGetValue(endpointId, out var one)
            ? [.. one.Results.Where(record => before is null || record.Slot < before).Take(limit)]
            : []);

    public Task<IReadOnlyList<Incident>> ReadIncidentsAsync(
        string? endpointId, DateTimeOffset? before, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<Incident>>(() =>
            [.. _incidents.Where(one => (endpointId is null || one.EndpointId == endpointId) && (before is null || one.OpenedAt < before)).OrderByDescending(one => one.OpenedAt).Take(limit)]);

    public Task<IReadOnlyList<DriftRecord>> ReadDriftAsync(string endpointId, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<DriftRecord>>(() =>
            [.. _drift.Where(one => one.EndpointId == endpointId).OrderByDescending(one => one.At).Take(limit)]);

    public Task<IReadOnlyList<Delivery>> ReadDeliveriesAsync(string incidentId, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<Delivery>>(() => [.. _deliveries.Where(one => one.IncidentId == incidentId).OrderBy(one => one.Sequence)]);

    public Task<IReadOnlyList<Delivery>> ReadGivenUpAsync(int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<Delivery>>(() =>
            [.. _deliveries.Where(one => one.Status is DeliveryStatus.GaveUp).OrderByDescending(one => one.At).Take(limit)]);

    public Task<IReadOnlyList<ChannelStatus>> ReadChannelsAsync(CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<ChannelStatus>>(() => [.. _channels.OrderBy(one => one.Name, StringComparer.Ordinal)]);

    public Task HandOverAsync(Transition transition, CancellationToken cancellationToken) => Locked(() =>
    {
        HandedOver.Add(transition);
        return true;
    });

    public Task ClearPendingAsync(IReadOnlyList<Transition> transitions, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyList<Transition>> ReadPendingAsync(int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Transition>>([]);

    public Task<IReadOnlyList<string>> ReadDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<string>>(() => [.. _watched.Where(one => one.Value.State.DueAt <= now).Select(one => one.Key).Take(limit)]);

    // No probe is recorded through this store.
    public Task<ProbeResult?> FindResultAsync(string endpointId, DateTimeOffset slot, string location, CancellationToken cancellationToken) =>
        Task.FromResult<ProbeResult?>(null);

    private Task<T> Locked<T>(Func<T> read)
    {
        if (Broken is { } broken)
            return Task.FromException<T>(broken);
        lock (_lock)
            return Task.FromResult(read());
    }
}
