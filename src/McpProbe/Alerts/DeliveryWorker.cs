using McpProbe.Incidents;

namespace McpProbe.Alerts;

/// <summary>Where delivery rows are kept.</summary>
public interface IDeliveryStore
{
    Task<Delivery?> FindDeliveryAsync(string transitionId, string channel, CancellationToken cancellationToken);

    /// <summary>Writes one row, over what was there.</summary>
    Task WriteDeliveryAsync(Delivery delivery, CancellationToken cancellationToken);
}

/// <summary>One attempt to deliver one transition to one channel: both heads' courier calls it, and asks again at the time it says.</summary>
public sealed class DeliveryWorker(IDeliveryStore deliveries, IReadOnlyDictionary<string, Channel> channels, TimeProvider time)
{
    /// <summary>
    /// Reads the delivery row, stops if it is final, waits its turn behind the incident's earlier transitions, sends, records.
    /// </summary>
    /// <returns>The row as it is now: final, or with the time of the next attempt.</returns>
    public Task<Delivery> DeliverAsync(Transition transition, string channel, CancellationToken cancellationToken) =>
        throw new NotImplementedException($"{deliveries} {channels} {time} {transition} {channel} {cancellationToken}");
}
