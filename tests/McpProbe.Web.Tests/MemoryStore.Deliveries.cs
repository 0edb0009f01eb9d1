using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using McpProbe.Model;

namespace McpProbe.Web.Tests;

public sealed partial class MemoryStore : IDeliveryStore
{
    private readonly Dictionary<string, Transition> _kept = [];

    /// <summary>The channels that the head is configured with.</summary>
    public Dictionary<string, Channel> Channels { get; } = [];

    /// <summary>What came of every send.</summary>
    public SendOutcome Outcome { get; set; } = SendOutcome.Delivered;

    public List<(string Channel, Alert Alert)> Sent { get; } = [];

    public void Add(params Channel[] channels)
    {
        foreach (var channel in channels)
            Channels.Add(channel.Name, channel);
    }

    public void Keep(Transition transition) => _kept.Add(transition.Id, transition);

    public Task<SendOutcome> SendAsync(Channel channel, Alert alert, CancellationToken cancellationToken) => Locked(() =>
    {
        Sent.Add((channel.Name, alert));
        return Outcome;
    });

    public Task<IReadOnlyList<Delivery>> KeepAsync(Transition transition, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The outbox of these tests keeps nothing.");

    public Task<Transition?> FindTransitionAsync(string transitionId, CancellationToken cancellationToken) =>
        Locked(() => _kept.GetValueOrDefault(transitionId));

    public Task<Delivery?> FindDeliveryAsync(string transitionId, string channel, CancellationToken cancellationToken) =>
        Locked(() => _deliveries.Find(one => one.TransitionId == transitionId && one.Channel == channel));

    public Task<Delivery?> FindEarlierAsync(Delivery delivery, CancellationToken cancellationToken) => Locked<Delivery?>(() => null);

    public Task WriteDeliveryAsync(Delivery delivery, CancellationToken cancellationToken) => Locked(() =>
    {
        _deliveries.RemoveAll(one => one.TransitionId == delivery.TransitionId && one.Channel == delivery.Channel);
        _deliveries.Add(delivery);
        return true;
    });

    public Task<IReadOnlyList<Delivery>> ReadWaitingAsync(string channel, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<Delivery>>(() => [.. _deliveries.Where(one => one.Channel == channel && !one.IsFinal).Take(limit)]);

    public Task PostponeAsync(IReadOnlyList<Delivery> rows, DateTimeOffset until, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<StoredChannel> ReadChannelAsync(string channel, CancellationToken cancellationToken) => Locked(() =>
        _channels.Find(one => one.Name == channel) is { } known ? new StoredChannel(known.State, "1") : new StoredChannel(ChannelState.New, null));

    public Task<bool> WriteChannelAsync(string channel, StoredChannel before, ChannelState after, CancellationToken cancellationToken) => Locked(() =>
    {
        var waiting = _channels.Find(one => one.Name == channel)?.Waiting ?? 0;
        _channels.RemoveAll(one => one.Name == channel);
        _channels.Add(new(channel, after, waiting));
        return true;
    });
}
