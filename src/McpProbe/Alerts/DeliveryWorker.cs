using McpProbe.Incidents;

namespace McpProbe.Alerts;

/// <summary>Where delivery rows are kept.</summary>
public interface IDeliveryStore
{
    Task<Delivery?> FindDeliveryAsync(string transitionId, string channel, CancellationToken cancellationToken);

    /// <summary>Writes one row, over what was there.</summary>
    Task WriteDeliveryAsync(Delivery delivery, CancellationToken cancellationToken);
}

/// <summary>Sends one message to one channel, once.</summary>
public delegate Task<SendOutcome> SendAlert(Channel channel, Alert alert, CancellationToken cancellationToken);

/// <summary>One attempt to deliver one transition to one channel: both heads' courier calls it, and asks again at the time it says.</summary>
public sealed class DeliveryWorker(
    IDeliveryStore deliveries, IReadOnlyDictionary<string, Channel> channels, SendAlert send, TimeProvider time)
{
    /// <summary>How soon a transition that waits for its predecessor looks again.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Reads the delivery row, stops if it is final, waits its turn behind the incident's earlier transition, sends, records.
    /// </summary>
    /// <returns>The row as it is now: final, or with the time of the next attempt.</returns>
    public async Task<Delivery> DeliverAsync(Transition transition, string channel, CancellationToken cancellationToken)
    {
        var row = await deliveries.FindDeliveryAsync(transition.Id, channel, cancellationToken)
            ?? New(transition, channel, time.GetUtcNow());
        if (row.IsFinal)
            return row;

        var earlier = await PredecessorAsync(transition, channel, cancellationToken);
        var next = earlier is { IsFinal: false }
            ? row with { NextAttemptAt = Later(earlier.NextAttemptAt, time.GetUtcNow()) + Turn, UpdatedAt = time.GetUtcNow() }
            : Judge(row, await SendAsync(transition, channel, cancellationToken));
        await deliveries.WriteDeliveryAsync(next, cancellationToken);
        return next;
    }

    /// <summary>The row of a delivery that was not tried yet.</summary>
    public static Delivery New(Transition transition, string channel, DateTimeOffset now) => new(
        transition.Id, transition.Incident.Id, transition.Incident.Sequence, channel,
        DeliveryStatus.Pending, Attempts: 0, LastError: null, NextAttemptAt: now, UpdatedAt: now);

    // Transitions are handed over in their order: a predecessor without a row was never meant for this channel.
    private async Task<Delivery?> PredecessorAsync(Transition transition, string channel, CancellationToken cancellationToken) =>
        transition.Incident is { Sequence: > 1 } incident
            ? await deliveries.FindDeliveryAsync(
                IncidentIds.OfTransition(incident.Id, incident.Sequence - 1), channel, cancellationToken)
            : null;

    private async Task<SendOutcome> SendAsync(Transition transition, string channel, CancellationToken cancellationToken) =>
        channels.TryGetValue(channel, out var known)
            ? await send(known, Alert.Of(transition), cancellationToken)
            : SendOutcome.Refused($"no channel is named '{channel}': add it, or take it from the endpoint");

    private Delivery Judge(Delivery row, SendOutcome outcome)
    {
        var now = time.GetUtcNow();
        var attempts = row.Attempts + 1;
        var next = outcome.Status is SendStatus.Retry
            ? RetrySchedule.Next(attempts, now, outcome.RetryAt, Random.Shared.NextDouble())
            : null;
        return row with
        {
            Status = (outcome.Status, next) switch
            {
                (SendStatus.Delivered, _) => DeliveryStatus.Delivered,
                (SendStatus.Retry, not null) => DeliveryStatus.Pending,
                _ => DeliveryStatus.GaveUp,
            },
            Attempts = attempts,
            LastError = outcome.Error,
            NextAttemptAt = next,
            UpdatedAt = now,
        };
    }

    private static DateTimeOffset Later(DateTimeOffset? first, DateTimeOffset second) => first > second ? first.Value : second;
}
