using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.CrashTest.Truth;

/// <summary>What a head's store says it has committed and delivered, read while the head is dead or done.</summary>
internal sealed record StoreView(
    IReadOnlyList<Incident> Incidents, IReadOnlyList<Delivery> Deliveries, IReadOnlyList<Transition> Pending)
{
    public static async Task<StoreView> ReadAsync(IMonitorStore store, IMonitorHistory history, CancellationToken cancellationToken)
    {
        var incidents = await history.ReadIncidentsAsync(endpointId: null, before: null, 100_000, cancellationToken);
        var deliveries = new List<Delivery>();
        foreach (var incident in incidents)
            deliveries.AddRange(await history.ReadDeliveriesAsync(incident.Id, cancellationToken));
        return new StoreView(incidents, deliveries, (await store.ReadPendingAsync(100_000, new HashSet<string>(), cancellationToken)).Transitions);
    }

    /// <summary>Whether all incidents are resolved, and every step of each is recorded as delivered.</summary>
    public bool IsAllTold => !Untold.Any();

    /// <summary>What keeps <see cref="IsAllTold"/> from being true.</summary>
    public IEnumerable<string> Untold =>
    [
        .. Incidents.Where(incident => incident.ResolvedAt is null).Select(incident => $"open: {incident.Id}"),
        .. Incidents.SelectMany(incident => Enumerable.Range(1, incident.Sequence).Select(sequence => IncidentIds.OfTransition(incident.Id, sequence)))
            .Except(Delivered()).Select(id => $"not delivered: {id}: {Deliveries.FirstOrDefault(row => row.TransitionId == id)}"),
        .. Pending.Select(transition => $"pending: {transition.Id}"),
    ];

    public IEnumerable<string> Delivered(string channel = Receiver.Channel) => Deliveries
        .Where(row => row.Channel == channel && row.Status is DeliveryStatus.Delivered).Select(row => row.TransitionId);
}
