using System.Globalization;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Messages;
using McpProbe.Model;

namespace McpProbe.Alerts.Deliveries;

/// <summary>
/// To people: with what else waits (<see cref="Gathering"/>). A message is claimed in the channel's state, with a lease, before it is
/// sent. It is final there before its rows are.
/// </summary>
/// <param name="alone"><inheritdoc cref="DeliveryWorker" path="/param[@name='alone']"/></param>
internal sealed class GatheredDelivery(DeliveryContext context, bool alone)
{
    /// <summary>What a channel's next message is chosen from, and so the most that it tells.</summary>
    private const int MostWaiting = 5000;

    private const int RequestsAtOnce = 16;

    private readonly string _name = Guid.NewGuid().ToString("N");
    private int _claims;

    /// <returns>The row as it is now; null to look again, because the channel's state has changed.</returns>
    public async Task<Delivery?> DeliverAsync(
        Transition transition, Channel channel, SendLimit limit, Delivery row, StoredChannel stored, CancellationToken cancellationToken)
    {
        var state = stored.State;
        if (state.Outgoing.FirstOrDefault(alert => alert.IsFinal) is { } ended)
        {
            // A worker stopped between the two writes: the message is final, and its rows are not.
            await FinishAsync(channel, ended, cancellationToken);
            return null;
        }

        var now = context.Time.GetUtcNow();
        var carrying = state.Carrying(transition.Id);
        var waits = carrying is not null && carrying.DueAt(IsAlive) > now;
        if (waits && carrying!.Transitions.Count == 1)
            return await context.PostponeAsync([row], row, carrying.DueAt(IsAlive), cancellationToken);

        // What the channel is not told ends by itself, and is in no message.
        IReadOnlyList<Delivery> waiting =
            [.. (await context.Store.ReadWaitingAsync(channel.Name, MostWaiting, cancellationToken)).Where(each => each.Type is not { } type || ChannelNews.Takes(channel.Type, type))];
        if (waits)
        {
            // With all that are in the same message: their workers need not ask one by one.
            var together = carrying!.Transitions.ToHashSet();
            return await context.PostponeAsync(
                [.. waiting.Where(each => together.Contains(each.TransitionId))], row, carrying.DueAt(IsAlive), cancellationToken);
        }

        if (!waiting.Any(each => each.TransitionId == row.TransitionId))
            waiting = [.. waiting, row];
        var step = Gathering.Next(state, limit, waiting, IsAlive, now);
        if (step.Alert is null)
            return await PostponedAsync(step, row, state, now, cancellationToken);

        var lease = new AlertLease(
            string.Create(CultureInfo.InvariantCulture, $"{_name}/{Interlocked.Increment(ref _claims)}"), now + Gathering.Lease);
        if (!await context.Store.WriteChannelAsync(channel.Name, stored, Gathering.Claim(state, step, lease, now), cancellationToken)
            && !await IsOursAsync(channel, step.Alert.Id, lease, cancellationToken))
            return null;

        await SendClaimedAsync(channel, step.Alert with { Lease = lease }, transition, cancellationToken);
        if (!step.Alert.Transitions.Contains(transition.Id))
            return null;
        var sent = await context.FindAsync(transition, channel.Name, cancellationToken);
        return sent.IsFinal || sent.NextAttemptAt > context.Time.GetUtcNow() ? sent : null;
    }

    private async Task SendClaimedAsync(Channel channel, OutgoingAlert alert, Transition known, CancellationToken cancellationToken)
    {
        var transitions = await EachAsync(
            alert, id => id == known.Id ? Task.FromResult<Transition?>(known) : FindOpenAsync(id, channel, cancellationToken));
        List<Transition> open = [.. transitions.OfType<Transition>()];
        var outcome = open.Count == 0
            ? SendOutcome.Delivered
            : await context.SendAsync(channel, new Alert(alert.Id, open) { To = alert.To }, cancellationToken);
        await RecordAsync(channel, alert, outcome, cancellationToken);
    }

    // Null for what a store showed as waiting and is final: writing it again takes it out of what waits.
    private async Task<Transition?> FindOpenAsync(string id, Channel channel, CancellationToken cancellationToken)
    {
        if (await context.Store.FindDeliveryAsync(id, channel.Name, cancellationToken) is { IsFinal: true } final)
        {
            await context.Store.WriteDeliveryAsync(final, cancellationToken);
            return null;
        }

        return await context.Store.FindTransitionAsync(id, cancellationToken)
            ?? throw new InvalidDataException($"Transition {id} waits for channel '{channel.Name}' and is not stored.");
    }

    private async Task RecordAsync(Channel channel, OutgoingAlert alert, SendOutcome outcome, CancellationToken cancellationToken)
    {
        var jitter = Random.Shared.NextDouble();
        while (true)
        {
            var stored = await context.Store.ReadChannelAsync(channel.Name, cancellationToken);
            var current = stored.State.Outgoing.FirstOrDefault(each => each.Id == alert.Id);
            // Another one took it over when our lease had ended: what it records counts, except that ours arrived.
            if (current is null || current is { IsFinal: false } && current.Lease != alert.Lease && outcome.Status is not SendStatus.Delivered)
                return;
            if (!current.IsFinal)
            {
                var now = context.Time.GetUtcNow();
                var after = Gathering.Record(stored.State, current, outcome, context.HashOf(channel), now, jitter);
                var recorded = after.Outgoing.FirstOrDefault(each => each.Id == alert.Id);
                // A message that is final is so in the state first, then in its rows. One that is tried again is shown in its rows first, while nobody else has it, and then let go.
                if (recorded is not { IsFinal: true })
                    await ShowAsync(channel, recorded ?? current with { LastError = outcome.Error, NextAttemptAt = after.RestsUntil!.Value }, cancellationToken);
                if (!await context.Store.WriteChannelAsync(channel.Name, stored, after, cancellationToken))
                    continue;
                if (recorded is not { IsFinal: true })
                    return;
                current = recorded;
            }

            await FinishAsync(channel, current, cancellationToken);
            return;
        }
    }

    /// <summary>Writes what came of a message into the rows of its transitions, and forgets the message.</summary>
    public async Task FinishAsync(Channel channel, OutgoingAlert alert, CancellationToken cancellationToken)
    {
        await ShowAsync(channel, alert, cancellationToken);
        while (await context.Store.ReadChannelAsync(channel.Name, cancellationToken) is var stored
            && stored.State.Outgoing.Any(each => each.Id == alert.Id && each.IsFinal))
        {
            if (await context.Store.WriteChannelAsync(channel.Name, stored, stored.State.Without(alert), cancellationToken))
                return;
        }
    }

    private async Task ShowAsync(Channel channel, OutgoingAlert alert, CancellationToken cancellationToken) => await EachAsync(alert, async id =>
        await context.Store.FindDeliveryAsync(id, channel.Name, cancellationToken) is { IsFinal: false } row
            ? await context.WriteAsync(
                row with
                {
                    Status = alert.Status,
                    Attempts = alert.Attempts,
                    LastError = alert.LastError,
                    NextAttemptAt = alert.IsFinal ? null : alert.NextAttemptAt,
                    UpdatedAt = context.Time.GetUtcNow(),
                },
                cancellationToken)
            : null);

    private static async Task<IReadOnlyList<T>> EachAsync<T>(OutgoingAlert alert, Func<string, Task<T>> work)
    {
        var done = new List<T>();
        foreach (var some in alert.Transitions.Chunk(RequestsAtOnce))
            done.AddRange(await Task.WhenAll(some.Select(work)));
        return done;
    }

    // It is looked at again when something may go. The oldest goes first; the others then find it done.
    private async Task<Delivery> PostponedAsync(
        GatherStep step, Delivery row, ChannelState state, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!step.Ready.Any(each => each.TransitionId == row.TransitionId))
        {
            // Something earlier of its incident is out.
            var earlier = state.Outgoing.Where(alert => alert.Concerns(row.IncidentId)).Max(alert => (DateTimeOffset?)alert.NextAttemptAt);
            return await context.PostponeAsync([row], row, DeliveryContext.Later(earlier, now) + DeliveryContext.Turn, cancellationToken);
        }

        var until = step.Until!.Value;
        var postponed = await context.PostponeAsync(step.Ready, row, until, cancellationToken);
        return step.Ready[0].TransitionId == row.TransitionId ? postponed : postponed with { NextAttemptAt = until + DeliveryContext.Turn };
    }

    // The answer to a write may get lost. Its repeat then finds the state changed, by ourselves.
    private async Task<bool> IsOursAsync(Channel channel, string alertId, AlertLease lease, CancellationToken cancellationToken) =>
        (await context.Store.ReadChannelAsync(channel.Name, cancellationToken)).State.Outgoing
            .Any(alert => alert.Id == alertId && alert.Lease == lease);

    /// <summary>Whether whoever holds a lease may still be sending.</summary>
    public bool IsAlive(AlertLease lease) => !alone || lease.Holder.StartsWith(_name, StringComparison.Ordinal);
}
