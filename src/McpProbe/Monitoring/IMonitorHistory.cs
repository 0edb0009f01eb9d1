using McpProbe.Alerts.Deliveries;
using McpProbe.Model;

namespace McpProbe.Monitoring;

/// <summary>
/// What pages and the API read; never on the path of a probe. A row that cannot be read is left out and logged: it must not hide the
/// others.
/// </summary>
public interface IMonitorHistory
{
    /// <summary>
    /// Every endpoint with its state and its last result, by id. A store may answer with what it read a moment ago
    /// (<see cref="EndpointOverview.ReadAt"/>), a minute at most; but what somebody changed is as it is now.
    /// </summary>
    Task<IReadOnlyList<EndpointOverview>> ReadOverviewAsync(CancellationToken cancellationToken);

    /// <summary>The same of the endpoints that everybody may see; what it costs does not depend on the others.</summary>
    Task<IReadOnlyList<EndpointOverview>> ReadPublicOverviewAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Definitions with their states, by id (ordinal), from the first after <paramref name="after"/> on; what it costs depends on
    /// <paramref name="limit"/> only. <see cref="EndpointOverview.Last"/> may be left out.
    /// </summary>
    Task<IReadOnlyList<EndpointOverview>> ReadEndpointsAsync(string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Results of an endpoint, newest first, from the first after <paramref name="after"/> on where given.</summary>
    Task<IReadOnlyList<ProbeRecord>> ReadResultsAsync(string endpointId, ResultCursor? after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Incidents, newest first; of all endpoints when <paramref name="endpointId"/> is null; opened before
    /// <paramref name="before"/> where given.
    /// </summary>
    Task<IReadOnlyList<Incident>> ReadIncidentsAsync(string? endpointId, DateTimeOffset? before, int limit, CancellationToken cancellationToken);

    /// <summary>Confirmed changes of the catalogue, newest first.</summary>
    Task<IReadOnlyList<DriftRecord>> ReadDriftAsync(string endpointId, int limit, CancellationToken cancellationToken);

    /// <summary>Deliveries of an incident's transitions, in their order.</summary>
    Task<IReadOnlyList<Delivery>> ReadDeliveriesAsync(string incidentId, CancellationToken cancellationToken);

    /// <summary>Deliveries of all incidents that were given up, the newest transition first.</summary>
    Task<IReadOnlyList<Delivery>> ReadGivenUpAsync(int limit, CancellationToken cancellationToken);

    /// <summary>The channels that something was sent to, by name.</summary>
    Task<IReadOnlyList<ChannelStatus>> ReadChannelsAsync(CancellationToken cancellationToken);
}

/// <param name="State">Whether it is disabled, its last success and its last error.</param>
/// <param name="Waiting">Transitions on their way to it.</param>
public sealed record ChannelStatus(string Name, ChannelState State, int Waiting)
{
    /// <summary>Since when the oldest of them waits; null when none does.</summary>
    public DateTimeOffset? OldestWaiting { get; init; }
}

/// <param name="Last">The newest result; null before the first probe. A store may keep of it only what an overview shows.</param>
public sealed record EndpointOverview(RegisteredEndpoint Registered, EndpointState State, ProbeRecord? Last)
{
    /// <summary>When the store read it, where that is not now; null for now.</summary>
    public DateTimeOffset? ReadAt { get; init; }

    /// <summary>Its last result is too old to say how it is now: <see cref="Freshness.AsOf"/>. A store does not set it.</summary>
    public bool Stale { get; init; }
}
