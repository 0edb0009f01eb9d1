using McpProbe.Alerts.Deliveries;
using McpProbe.Model;

namespace McpProbe.Monitoring;

/// <summary>What pages and the API read; never on the path of a probe.</summary>
public interface IMonitorHistory
{
    /// <summary>Every endpoint with its state and its last result, by id.</summary>
    Task<IReadOnlyList<EndpointOverview>> ReadOverviewAsync(CancellationToken cancellationToken);

    /// <summary>Results of an endpoint, newest first, older than <paramref name="before"/> where given.</summary>
    Task<IReadOnlyList<ProbeRecord>> ReadResultsAsync(string endpointId, DateTimeOffset? before, int limit, CancellationToken cancellationToken);

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

/// <param name="Last">Null before the first probe.</param>
public sealed record EndpointOverview(RegisteredEndpoint Registered, EndpointState State, ProbeRecord? Last)
{
    /// <summary>Its last result is too old to say how it is now: <see cref="Freshness.AsOf"/>. A store does not set it.</summary>
    public bool Stale { get; init; }
}
