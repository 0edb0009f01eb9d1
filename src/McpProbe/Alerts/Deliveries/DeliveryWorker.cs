using System.Globalization;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Messages;
using McpProbe.Model;

namespace McpProbe.Alerts.Deliveries;

/// <summary>Sends one message to one channel, once.</summary>
public delegate Task<SendOutcome> SendAlert(Channel channel, Alert alert, CancellationToken cancellationToken);

/// <summary>
/// Brings transitions to channels: each head calls it for a transition and a channel, and again at the time that it returns.
/// A crash at any point repeats at most a message whose confirmation was not recorded, under its id.
/// </summary>
public sealed class DeliveryWorker
{
    private const int MostTurns = 10;

    private readonly IReadOnlyDictionary<string, Channel> _channels;
    private readonly DeliveryContext _context;
    private readonly SingleDelivery _single;
    private readonly GatheredDelivery _gathered;

    /// <param name="secrets">Resolves the references in a channel's address, to see whether a disabled channel has another one.</param>
    /// <param name="alone">
    /// Nobody but this worker works these deliveries: what another held when it died is free at once, and not at the end of its lease.
    /// </param>
    public DeliveryWorker(
        IDeliveryStore deliveries, IReadOnlyDictionary<string, Channel> channels, SendAlert send, Func<string, string?> secrets,
        TimeProvider time, bool alone = false)
    {
        _channels = channels;
        _context = new DeliveryContext(deliveries, send, secrets, time);
        _single = new SingleDelivery(_context);
        _gathered = new GatheredDelivery(_context, alone);
    }

    /// <summary>Told of each row that an attempt changed, when that is recorded. Must not block.</summary>
    public Action<Delivery> Recorded
    {
        get => _context.Recorded;
        set => _context.Recorded = value;
    }

    /// <summary>
    /// Makes an attempt, or finds that there is nothing to do yet: a disabled channel, an earlier transition of the incident that
    /// is on its way, a limit that is used up.
    /// </summary>
    /// <returns>The row as it is now: final, or with the time of the next attempt.</returns>
    public async Task<Delivery> DeliverAsync(Transition transition, string channel, CancellationToken cancellationToken)
    {
        if (!_channels.TryGetValue(channel, out var known))
            return await GiveUpAsync(
                transition, channel, $"no channel is named '{channel}': add it, or take it from the endpoint", cancellationToken);

        if (!ChannelNews.Takes(known.Type, transition.Type))
            return await LeaveOutAsync(transition, channel, cancellationToken);

        for (var turn = 0; turn < MostTurns; turn++)
        {
            // The channel's state first, then the row: what is in no message of the state, and not final afterwards, is being sent by nobody.
            var stored = await ReadChannelAsync(known, cancellationToken);
            var row = await _context.FindAsync(transition, channel, cancellationToken);
            if (row.IsFinal)
                return row;
            if (stored.State.Disabled is { } closure && stored.State.Carrying(transition.Id) is not { IsFinal: true })
                return await GiveUpAsync(transition, stored, known, row, closure, cancellationToken);
            if (SendLimits.Of(known) is not { } limit)
                return await _single.DeliverAsync(transition, known, row, stored, cancellationToken);
            if (await _gathered.DeliverAsync(transition, known, limit, row, stored, cancellationToken) is { } waits)
                return waits;
        }

        // Others were quicker each time.
        var busy = await _context.FindAsync(transition, channel, cancellationToken);
        return busy.IsFinal ? busy : await _context.PostponeAsync([busy], busy, _context.Time.GetUtcNow() + DeliveryContext.Turn * (1 + Random.Shared.NextDouble()), cancellationToken);
    }

    private async Task<StoredChannel> ReadChannelAsync(Channel channel, CancellationToken cancellationToken)
    {
        while (true)
        {
            var stored = await _context.Store.ReadChannelAsync(channel.Name, cancellationToken);
            if (stored.State.Disabled is not { } closure || _context.HashOf(channel) is not { } address || address == closure.Address)
                return stored;
            // Another address: it deserves another try.
            await _context.Store.WriteChannelAsync(channel.Name, stored, stored.State with { Disabled = null }, cancellationToken);
        }
    }

    private async Task<Delivery> LeaveOutAsync(Transition transition, string channel, CancellationToken cancellationToken)
    {
        var row = await _context.FindAsync(transition, channel, cancellationToken);
        return row.IsFinal ? row : await _context.WriteAsync(
            row with { Status = DeliveryStatus.LeftOut, NextAttemptAt = null, UpdatedAt = _context.Time.GetUtcNow() }, cancellationToken);
    }

    private async Task<Delivery> GiveUpAsync(Transition transition, string channel, string error, CancellationToken cancellationToken)
    {
        var row = await _context.FindAsync(transition, channel, cancellationToken);
        return row.IsFinal ? row : await _context.WriteAsync(GivenUp(row, error), cancellationToken);
    }

    private async Task<Delivery> GiveUpAsync(
        Transition transition, StoredChannel stored, Channel channel, Delivery row, ChannelClosure closure, CancellationToken cancellationToken)
    {
        var error = string.Create(
            CultureInfo.InvariantCulture,
            $"channel '{channel.Name}' is disabled since {closure.At.UtcDateTime:yyyy-MM-dd HH:mm}Z, because {closure.Why}: give it another address, or send it a test alert to enable it");
        if (stored.State.Carrying(transition.Id) is not { } carrying)
            return await _context.WriteAsync(GivenUp(row, error), cancellationToken);

        // The whole message ends, unless somebody is sending it. A conflict of the write tells that too.
        var isBusy = carrying.Lease is { } lease && _gathered.IsAlive(lease) && lease.Until > _context.Time.GetUtcNow();
        var ended = carrying with { Status = DeliveryStatus.GaveUp, LastError = error, Lease = null };
        if (!isBusy && await _context.Store.WriteChannelAsync(channel.Name, stored, stored.State.Replace(ended), cancellationToken))
            await _gathered.FinishAsync(channel, ended, cancellationToken);
        var now = await _context.FindAsync(transition, channel.Name, cancellationToken);
        return now.IsFinal ? now : await _context.PostponeAsync([now], now, _context.Time.GetUtcNow() + DeliveryContext.Turn, cancellationToken);
    }

    private Delivery GivenUp(Delivery row, string error) =>
        row with { Status = DeliveryStatus.GaveUp, LastError = error, NextAttemptAt = null, UpdatedAt = _context.Time.GetUtcNow() };
}
