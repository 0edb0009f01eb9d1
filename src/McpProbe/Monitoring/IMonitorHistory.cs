using McpProbe.Alerts;
using McpProbe.Drift;
using McpProbe.Incidents;

namespace McpProbe.Monitoring;

/// <summary>What pages and the API read; never on the path of a probe.</summary>
public interface IMonitorHistory
{
    /// <summary>Every endpoint with its state and its last result, by id.</summary>
    Task<IReadOnlyList<EndpointOverview>> ReadOverviewAsync(CancellationToken cancellationToken);

    /// <summary>Results of an endpoint, newest first, older than <paramref name="before"/> where given.</summary>
    Task<IReadOnlyList<ProbeRecord>> ReadResultsAsync(string endpointId, DateTimeOffset? before, int limit, CancellationToken cancellationToken);

    /// <summary>Incidents, newest first; of all endpoints when <paramref name="endpointId"/> is null.</summary>
    Task<IReadOnlyList<Incident>> ReadIncidentsAsync(string? endpointId, int limit, CancellationToken cancellationToken);

    /// <summary>Confirmed changes of the catalogue, newest first.</summary>
    Task<IReadOnlyList<DriftRecord>> ReadDriftAsync(string endpointId, int limit, CancellationToken cancellationToken);

    /// <summary>Deliveries of an incident's transitions, in their order.</summary>
    Task<IReadOnlyList<Delivery>> ReadDeliveriesAsync(string incidentId, CancellationToken cancellationToken);
}

/// <param name="Last">Null before the first probe.</param>
public sealed record EndpointOverview(RegisteredEndpoint Registered, EndpointState State, ProbeRecord? Last);
