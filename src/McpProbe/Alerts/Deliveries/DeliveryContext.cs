using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Messages;
using McpProbe.Model;

namespace McpProbe.Alerts.Deliveries;

/// <summary>What single and gathered delivery share: the rows, a send that ends in time, and the moments to look again at.</summary>
/// <param name="secrets">Resolves the references in a channel's address, to see whether a disabled channel has another one.</param>
internal sealed class DeliveryContext(IDeliveryStore store, SendAlert send, Func<string, string?> secrets, TimeProvider time)
{
    /// <summary>How soon a transition that waits for another one looks again.</summary>
    public static readonly TimeSpan Turn = TimeSpan.FromSeconds(5);

    /// <summary>Sooner than a lease ends: two never send the same message at once.</summary>
    private static readonly TimeSpan LongestSend = TimeSpan.FromSeconds(60);

    public IDeliveryStore Store => store;

    public TimeProvider Time => time;

    /// <inheritdoc cref="DeliveryWorker.Recorded"/>
    public Action<Delivery> Recorded { get; set; } = _ => { };

    public async Task<Delivery> FindAsync(Transition transition, string channel, CancellationToken cancellationToken) =>
        await store.FindDeliveryAsync(transition.Id, channel, cancellationToken)
        ?? (await store.KeepAsync(transition with { Channels = [channel] }, cancellationToken))[0];

    /// <summary>Writes a row as an attempt left it.</summary>
    public async Task<Delivery> WriteAsync(Delivery row, CancellationToken cancellationToken)
    {
        await store.WriteDeliveryAsync(row, cancellationToken);
        if (row.IsFinal)
            AlertMetrics.Ended(row);
        Recorded(row);
        return row;
    }

    /// <summary>Says that nothing is to be done for these rows before <paramref name="until"/>.</summary>
    public async Task<Delivery> PostponeAsync(
        IReadOnlyList<Delivery> rows, Delivery row, DateTimeOffset until, CancellationToken cancellationToken)
    {
        await store.PostponeAsync(rows, until, cancellationToken);
        return row with { NextAttemptAt = until };
    }

    public async Task<SendOutcome> SendAsync(Channel channel, Alert alert, CancellationToken cancellationToken)
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

    /// <summary>The address that a channel has now, as a hash; null when a secret is missing.</summary>
    public string? HashOf(Channel channel) => ChannelAddress.HashOf(channel, secrets);

    public static DateTimeOffset Later(DateTimeOffset? first, DateTimeOffset second) => first > second ? first.Value : second;
}
