using System.Globalization;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Messages;
using McpProbe.Model;

namespace McpProbe.Alerts.Deliveries;

/// <summary>Sends one message to one channel, once.</summary>
public delegate Task<SendOutcome> SendAlert(Channel channel, Alert alert, CancellationToken cancellationToken);

/// <summary>
/// Brings transitions to channels: both heads' courier calls it for a transition and a channel, and again at the time it says.
/// A crash at any point repeats at most a message whose confirmation was not recorded, under its id.
/// </summary>
/// <param name="secrets">Resolves the references in a channel's address, to see whether a disabled channel has another one.</param>
/// <param name="alone">
/// Nobody but this worker works these deliveries: what another held when it died is free at once, and not at the end of its lease.
/// </param>
public sealed class DeliveryWorker(
    IDeliveryStore deliveries, IReadOnlyDictionary<string, Channel> channels, SendAlert send, Func<string, string?> secrets,
    TimeProvider time, bool alone = false)
{
    /// <summary>How soon a transition that waits for another one looks again.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(5);

    /// <summary>Sooner than a lease ends: two never send the same message at once.</summary>
    private static readonly TimeSpan LongestSend = TimeSpan.FromSeconds(60);

    /// <summary>What a channel's next message is chosen from, and so the most that it tells.</summary>
    private const int MostWaiting = 5000;

    private const int MostTurns = 10;

    private const int RequestsAtOnce = 16;

    private readonly string _name = Guid.NewGuid().ToString("N");
    private int _claims;

    /// <summary>Told of each row that an attempt changed, when that is recorded. Must not block.</summary>
    public Action<Delivery> Recorded { get; set; } = _ => { };

    /// <summary>
    /// Makes an attempt, or finds that there is nothing to do yet: a disabled channel, an earlier transition of the incident that
    /// is on its way, a limit that is used up.
    /// </summary>
    /// <returns>The row as it is now: final, or with the time of the next attempt.</returns>
    public async Task<Delivery> DeliverAsync(Transition transition, string channel, CancellationToken cancellationToken)
    {
        if (!channels.TryGetValue(channel, out var known))
            return await GiveUpAsync(
                transition, channel, $"no channel is named '{channel}': add it, or take it from the endpoint", cancellationToken);

        for (var turn = 0; turn < MostTurns; turn++)
        {
            // The ledger first: what is in no message of it by then, and not final after it, is in nobody's hands.
            var stored = await ReadLedgerAsync(known, cancellationToken);
            var row = await FindAsync(transition, channel, cancellationToken);
            if (row.IsFinal)
                return row;
            if (stored.Ledger.Disabled is { } closure && stored.Ledger.Carrying(transition.Id) is not { IsFinal: true })
                return await GiveUpAsync(transition, stored, known, row, closure, cancellationToken);
            if (SendLimits.Of(known) is not { } limit)
                return await DeliverAloneAsync(transition, known, row, stored, cancellationToken);
            if (await GatherAsync(transition, known, limit, row, stored, cancellationToken) is { } waits)
                return waits;
        }

        // Others were quicker each time.
        var busy = await FindAsync(transition, channel, cancellationToken);
        return busy.IsFinal ? busy : await PostponedAsync([busy], busy, time.GetUtcNow() + Turn * (1 + Random.Shared.NextDouble()), cancellationToken);
    }

    private async Task<StoredLedger> ReadLedgerAsync(Channel channel, CancellationToken cancellationToken)
    {
        while (true)
        {
            var stored = await deliveries.ReadLedgerAsync(channel.Name, cancellationToken);
            if (stored.Ledger.Disabled is not { } closure || HashOf(channel) is not { } address || address == closure.Address)
                return stored;
            // Another address: it deserves another try.
            await deliveries.WriteLedgerAsync(channel.Name, stored, stored.Ledger with { Disabled = null }, cancellationToken);
        }
    }

    private async Task<Delivery> FindAsync(Transition transition, string channel, CancellationToken cancellationToken) =>
        await deliveries.FindDeliveryAsync(transition.Id, channel, cancellationToken)
        ?? (await deliveries.KeepAsync(transition with { Channels = [channel] }, cancellationToken))[0];

    // To a machine: one message a transition.
    private async Task<Delivery> DeliverAloneAsync(
        Transition transition, Channel channel, Delivery row, StoredLedger stored, CancellationToken cancellationToken)
    {
        if (await deliveries.FindEarlierAsync(row, cancellationToken) is { } earlier)
        {
            var turn = Later(earlier.NextAttemptAt, time.GetUtcNow()) + Turn;
            return await WrittenAsync(row with { NextAttemptAt = turn, UpdatedAt = time.GetUtcNow() }, cancellationToken);
        }

        var outcome = await SendAsync(channel, Alert.Of(transition), cancellationToken);
        await NoteAsync(channel, stored, outcome, cancellationToken);
        var now = time.GetUtcNow();
        if (outcome.NotTried)
        {
            return await WrittenAsync(
                row with { LastError = outcome.Error, NextAttemptAt = Gathering.RestAfter(outcome, now), UpdatedAt = now },
                cancellationToken);
        }

        var attempts = row.Attempts + 1;
        var (status, next) = RetrySchedule.Judge(attempts, outcome, now, Random.Shared.NextDouble());
        return await WrittenAsync(
            row with { Status = status, Attempts = attempts, LastError = outcome.Error, NextAttemptAt = next, UpdatedAt = now },
            cancellationToken);
    }

    // To people: with what else waits.
    private async Task<Delivery?> GatherAsync(
        Transition transition, Channel channel, SendLimit limit, Delivery row, StoredLedger stored, CancellationToken cancellationToken)
    {
        var ledger = stored.Ledger;
        if (ledger.Outgoing.FirstOrDefault(alert => alert.IsFinal) is { } ended)
        {
            // Somebody died before its rows were written.
            await SettleAsync(channel, ended, cancellationToken);
            return null;
        }

        var now = time.GetUtcNow();
        var carrying = ledger.Carrying(transition.Id);
        var waits = carrying is not null && carrying.DueAt(IsAlive) > now;
        if (waits && carrying!.Transitions.Count == 1)
            return await PostponedAsync([row], row, carrying.DueAt(IsAlive), cancellationToken);

        var waiting = await deliveries.ReadWaitingAsync(channel.Name, MostWaiting, cancellationToken);
        if (waits)
        {
            // With all that are in the same message: their couriers need not ask one by one.
            var together = carrying!.Transitions.ToHashSet();
            return await PostponedAsync(
                [.. waiting.Where(each => together.Contains(each.TransitionId))], row, carrying.DueAt(IsAlive), cancellationToken);
        }

        if (!waiting.Any(each => each.TransitionId == row.TransitionId))
            waiting = [.. waiting, row];
        var step = Gathering.Next(ledger, limit, waiting, IsAlive, now);
        if (step.Alert is null)
            return await PostponedAsync(step, row, ledger, now, cancellationToken);

        var lease = new AlertLease(
            string.Create(CultureInfo.InvariantCulture, $"{_name}/{Interlocked.Increment(ref _claims)}"), now + Gathering.Lease);
        if (!await deliveries.WriteLedgerAsync(channel.Name, stored, Gathering.Claim(ledger, step, lease, now), cancellationToken)
            && !await IsOursAsync(channel, step.Alert.Id, lease, cancellationToken))
            return null;

        await SendClaimedAsync(channel, step.Alert with { Lease = lease }, transition, cancellationToken);
        if (!step.Alert.Transitions.Contains(transition.Id))
            return null;
        var sent = await FindAsync(transition, channel.Name, cancellationToken);
        return sent.IsFinal || sent.NextAttemptAt > time.GetUtcNow() ? sent : null;
    }

    private async Task SendClaimedAsync(Channel channel, OutgoingAlert alert, Transition known, CancellationToken cancellationToken)
    {
        var transitions = await EachAsync(
            alert, id => id == known.Id ? Task.FromResult<Transition?>(known) : FindOpenAsync(id, channel, cancellationToken));
        List<Transition> open = [.. transitions.OfType<Transition>()];
        var outcome = open.Count == 0
            ? SendOutcome.Delivered
            : await SendAsync(channel, new Alert(alert.Id, open), cancellationToken);
        await RecordAsync(channel, alert, outcome, cancellationToken);
    }

    // Null for what a store showed as waiting and is final: writing it again takes it out of what waits.
    private async Task<Transition?> FindOpenAsync(string id, Channel channel, CancellationToken cancellationToken)
    {
        if (await deliveries.FindDeliveryAsync(id, channel.Name, cancellationToken) is { IsFinal: true } final)
        {
            await deliveries.WriteDeliveryAsync(final, cancellationToken);
            return null;
        }

        return await deliveries.FindTransitionAsync(id, cancellationToken)
            ?? throw new InvalidDataException($"Transition {id} waits for channel '{channel.Name}' and is not stored.");
    }

    private async Task RecordAsync(Channel channel, OutgoingAlert alert, SendOutcome outcome, CancellationToken cancellationToken)
    {
        var jitter = Random.Shared.NextDouble();
        while (true)
        {
            var stored = await deliveries.ReadLedgerAsync(channel.Name, cancellationToken);
            var current = stored.Ledger.Outgoing.FirstOrDefault(each => each.Id == alert.Id);
            // Another one took it over when our lease had ended: what it records counts, except that ours arrived.
            if (current is null || current is { IsFinal: false } && current.Lease != alert.Lease && outcome.Status is not SendStatus.Delivered)
                return;
            if (!current.IsFinal)
            {
                var now = time.GetUtcNow();
                var after = Gathering.Record(stored.Ledger, current, outcome, HashOf(channel), now, jitter);
                var recorded = after.Outgoing.FirstOrDefault(each => each.Id == alert.Id);
                // What is final is so in the ledger first. What goes on is shown first, and let go then: nobody else has it meanwhile.
                if (recorded is not { IsFinal: true })
                    await ShowAsync(channel, recorded ?? current with { LastError = outcome.Error, NextAttemptAt = after.RestsUntil!.Value }, cancellationToken);
                if (!await deliveries.WriteLedgerAsync(channel.Name, stored, after, cancellationToken))
                    continue;
                if (recorded is not { IsFinal: true })
                    return;
                current = recorded;
            }

            await SettleAsync(channel, current, cancellationToken);
            return;
        }
    }

    /// <summary>Writes what came of a message into the rows of its transitions, and forgets the message.</summary>
    private async Task SettleAsync(Channel channel, OutgoingAlert alert, CancellationToken cancellationToken)
    {
        await ShowAsync(channel, alert, cancellationToken);
        while (await deliveries.ReadLedgerAsync(channel.Name, cancellationToken) is var stored
            && stored.Ledger.Outgoing.Any(each => each.Id == alert.Id && each.IsFinal))
        {
            if (await deliveries.WriteLedgerAsync(channel.Name, stored, stored.Ledger.Without(alert), cancellationToken))
                return;
        }
    }

    private async Task ShowAsync(Channel channel, OutgoingAlert alert, CancellationToken cancellationToken) => await EachAsync(alert, async id =>
        await deliveries.FindDeliveryAsync(id, channel.Name, cancellationToken) is { IsFinal: false } row
            ? await WrittenAsync(
                row with
                {
                    Status = alert.Status,
                    Attempts = alert.Attempts,
                    LastError = alert.LastError,
                    NextAttemptAt = alert.IsFinal ? null : alert.NextAttemptAt,
                    UpdatedAt = time.GetUtcNow(),
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

    // Its courier comes back when something may go. The oldest first: the others then find it done.
    private async Task<Delivery> PostponedAsync(
        GatherStep step, Delivery row, ChannelLedger ledger, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!step.Ready.Any(each => each.TransitionId == row.TransitionId))
        {
            // Something earlier of its incident is out.
            var earlier = ledger.Outgoing.Where(alert => alert.Concerns(row.IncidentId)).Max(alert => (DateTimeOffset?)alert.NextAttemptAt);
            return await PostponedAsync([row], row, Later(earlier, now) + Turn, cancellationToken);
        }

        var until = step.Until!.Value;
        var postponed = await PostponedAsync(step.Ready, row, until, cancellationToken);
        return step.Ready[0].TransitionId == row.TransitionId ? postponed : postponed with { NextAttemptAt = until + Turn };
    }

    private async Task<Delivery> PostponedAsync(
        IReadOnlyList<Delivery> rows, Delivery row, DateTimeOffset until, CancellationToken cancellationToken)
    {
        await deliveries.PostponeAsync(rows, until, cancellationToken);
        return row with { NextAttemptAt = until };
    }

    private async Task<Delivery> GiveUpAsync(Transition transition, string channel, string error, CancellationToken cancellationToken)
    {
        var row = await FindAsync(transition, channel, cancellationToken);
        return row.IsFinal ? row : await WrittenAsync(GivenUp(row, error), cancellationToken);
    }

    private async Task<Delivery> GiveUpAsync(
        Transition transition, StoredLedger stored, Channel channel, Delivery row, ChannelClosure closure, CancellationToken cancellationToken)
    {
        var error = string.Create(
            CultureInfo.InvariantCulture,
            $"channel '{channel.Name}' is disabled since {closure.At.UtcDateTime:yyyy-MM-dd HH:mm}Z, because {closure.Why}: give it another address, or send it a test alert to enable it");
        if (stored.Ledger.Carrying(transition.Id) is not { } carrying)
            return await WrittenAsync(GivenUp(row, error), cancellationToken);

        // With all that its message carries, unless somebody is sending it: a conflict says so too.
        var isBusy = carrying.Lease is { } lease && IsAlive(lease) && lease.Until > time.GetUtcNow();
        var ended = carrying with { Status = DeliveryStatus.GaveUp, LastError = error, Lease = null };
        if (!isBusy && await deliveries.WriteLedgerAsync(channel.Name, stored, stored.Ledger.Replace(ended), cancellationToken))
            await SettleAsync(channel, ended, cancellationToken);
        var now = await FindAsync(transition, channel.Name, cancellationToken);
        return now.IsFinal ? now : await PostponedAsync([now], now, time.GetUtcNow() + Turn, cancellationToken);
    }

    private Delivery GivenUp(Delivery row, string error) =>
        row with { Status = DeliveryStatus.GaveUp, LastError = error, NextAttemptAt = null, UpdatedAt = time.GetUtcNow() };

    private async Task<SendOutcome> SendAsync(Channel channel, Alert alert, CancellationToken cancellationToken)
    {
        using var longest = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(_ => longest.Cancel(), null, LongestSend, Timeout.InfiniteTimeSpan);
        try
        {
            return await send(channel, alert, longest.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return SendOutcome.Retry($"the send to channel '{channel.Name}' did not end within {LongestSend.TotalSeconds:F0} s");
        }
    }

    // A closure must be there before the row is final; the rest is for people, and the next send tells it again.
    private async Task NoteAsync(Channel channel, StoredLedger stored, SendOutcome outcome, CancellationToken cancellationToken)
    {
        while (true)
        {
            var after = outcome.NotTried ? stored.Ledger : stored.Ledger.After(outcome, HashOf(channel), time.GetUtcNow());
            if (ReferenceEquals(after, stored.Ledger)
                || await deliveries.WriteLedgerAsync(channel.Name, stored, after, cancellationToken)
                || outcome.Status is not SendStatus.Gone)
                return;
            stored = await deliveries.ReadLedgerAsync(channel.Name, cancellationToken);
        }
    }

    private async Task<Delivery> WrittenAsync(Delivery row, CancellationToken cancellationToken)
    {
        await deliveries.WriteDeliveryAsync(row, cancellationToken);
        if (row.IsFinal)
            AlertMetrics.Ended(row);
        Recorded(row);
        return row;
    }

    // The answer to a write may get lost, and its repeat finds the ledger changed: by us.
    private async Task<bool> IsOursAsync(Channel channel, string alertId, AlertLease lease, CancellationToken cancellationToken) =>
        (await deliveries.ReadLedgerAsync(channel.Name, cancellationToken)).Ledger.Outgoing
            .Any(alert => alert.Id == alertId && alert.Lease == lease);

    private bool IsAlive(AlertLease lease) => !alone || lease.Holder.StartsWith(_name, StringComparison.Ordinal);

    private string? HashOf(Channel channel) => ChannelAddress.HashOf(channel, secrets);

    private static DateTimeOffset Later(DateTimeOffset? first, DateTimeOffset second) => first > second ? first.Value : second;
}
