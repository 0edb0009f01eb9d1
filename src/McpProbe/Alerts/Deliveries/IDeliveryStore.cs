using McpProbe.Model;

namespace McpProbe.Alerts.Deliveries;

/// <summary>Where transitions that are to be delivered, their delivery rows and the channels' states are kept.</summary>
public interface IDeliveryStore
{
    /// <summary>
    /// Keeps a transition and a new row for each of its channels, before any of them is worked. A row that is there already stays
    /// as it is: it knows more.
    /// </summary>
    /// <returns>The rows of these channels as they are now.</returns>
    Task<IReadOnlyList<Delivery>> KeepAsync(Transition transition, CancellationToken cancellationToken);

    Task<Transition?> FindTransitionAsync(string transitionId, CancellationToken cancellationToken);

    Task<Delivery?> FindDeliveryAsync(string transitionId, string channel, CancellationToken cancellationToken);

    /// <summary>The newest earlier transition of the incident that is still on its way to this channel; null when none is.</summary>
    Task<Delivery?> FindEarlierAsync(Delivery delivery, CancellationToken cancellationToken);

    /// <summary>Writes one row, over what was there.</summary>
    Task WriteDeliveryAsync(Delivery delivery, CancellationToken cancellationToken);

    /// <summary>
    /// What is on its way to a channel, oldest first. A row may be as it was when it was handed over, and in a store without
    /// transactions one may be among them that is final by now.
    /// </summary>
    Task<IReadOnlyList<Delivery>> ReadWaitingAsync(string channel, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Nothing is to be done for these rows before <paramref name="until"/>; a row that changed since it was read is left alone.
    /// A store of a head that keeps the time itself (durable timers) does nothing.
    /// </summary>
    Task PostponeAsync(IReadOnlyList<Delivery> rows, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>A channel's state; a new one, without a version, when none was written yet.</summary>
    Task<StoredChannel> ReadChannelAsync(string channel, CancellationToken cancellationToken);

    /// <summary>Replaces the state if it is still the version that was read.</summary>
    /// <returns>False when somebody else was quicker: read again, decide again.</returns>
    Task<bool> WriteChannelAsync(string channel, StoredChannel before, ChannelState after, CancellationToken cancellationToken);
}

/// <param name="Version">Opaque: an ETag, a row version. Null before the first write.</param>
public sealed record StoredChannel(ChannelState State, string? Version);
