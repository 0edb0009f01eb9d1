using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;

namespace McpProbe.Alerts;

/// <summary>What a person does about alerts that did not arrive.</summary>
public sealed class AlertDesk(
    IDeliveryStore deliveries, IAlertOutbox outbox, IReadOnlyDictionary<string, Channel> channels, TimeProvider time)
{
    /// <summary>
    /// Sends a transition that was given up once more, under its old id. Its attempts start anew. One that was delivered is
    /// never sent again: the receiver has confirmed it.
    /// </summary>
    public async Task<ResendOutcome> ResendAsync(string transitionId, string channel, CancellationToken cancellationToken)
    {
        if (!channels.ContainsKey(channel))
            return ResendOutcome.UnknownChannel;
        if (await deliveries.FindDeliveryAsync(transitionId, channel, cancellationToken) is not { Status: not DeliveryStatus.LeftOut } row)
            return ResendOutcome.NotFound;
        if (row.Status is DeliveryStatus.Delivered)
            return ResendOutcome.AlreadyDelivered;
        if (await deliveries.FindTransitionAsync(transitionId, cancellationToken) is not { } transition)
            return ResendOutcome.NotKept;

        if (row.IsFinal)
        {
            await DetachAsync(transitionId, channel, cancellationToken);
            var now = time.GetUtcNow();
            await deliveries.WriteDeliveryAsync(
                row with
                {
                    Status = DeliveryStatus.Pending,
                    Attempts = 0,
                    EarlierAttempts = row.EarlierAttempts + row.Attempts,
                    Resends = row.Resends + 1,
                    NextAttemptAt = now,
                    UpdatedAt = now,
                },
                cancellationToken);
        }

        // For a pending one too: a crash just here left it to nobody.
        await outbox.HandOverAsync(transition with { Channels = [channel] }, cancellationToken);
        return row.IsFinal ? ResendOutcome.Resent : ResendOutcome.OnItsWay;
    }

    // A crash may have left the message that was given up in the channel's state, to be written into this row again.
    private async Task DetachAsync(string transitionId, string channel, CancellationToken cancellationToken)
    {
        while (await deliveries.ReadChannelAsync(channel, cancellationToken) is var stored
            && stored.State.Carrying(transitionId) is { IsFinal: true } ended)
        {
            var without = ended with { Transitions = [.. ended.Transitions.Where(each => each != transitionId)] };
            await deliveries.WriteChannelAsync(channel, stored, stored.State.Replace(without), cancellationToken);
        }
    }

    /// <summary>Enables a channel whose receiver had said that it is gone.</summary>
    /// <returns>False when it was not disabled.</returns>
    public async Task<bool> EnableAsync(string channel, CancellationToken cancellationToken)
    {
        while (await deliveries.ReadChannelAsync(channel, cancellationToken) is { State.Disabled: not null } stored)
        {
            if (await deliveries.WriteChannelAsync(channel, stored, stored.State with { Disabled = null }, cancellationToken))
                return true;
        }

        return false;
    }
}

public enum ResendOutcome
{
    Resent,

    /// <summary>It is not given up: it is being tried.</summary>
    OnItsWay,

    /// <summary>The receiver confirmed it.</summary>
    AlreadyDelivered,

    /// <summary>There is no such delivery.</summary>
    NotFound,

    /// <summary>The transition itself is not stored: it was handed over by an older version.</summary>
    NotKept,

    /// <summary>The channel is not configured (any more).</summary>
    UnknownChannel,
}
