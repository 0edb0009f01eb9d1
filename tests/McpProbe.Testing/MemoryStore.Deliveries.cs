using McpProbe.Alerts.Deliveries;
using McpProbe.Model;

namespace McpProbe.Testing;

// What is on its way to channels.
public partial class MemoryStore : IDeliveryStore, IAlertOutbox
{
    private readonly Dictionary<string, Transition> _transitions = [];
    private readonly Dictionary<(string Transition, string Channel), Delivery> _waiting = [];
    private readonly Dictionary<string, StoredChannel> _channels = [];

    /// <summary>What the outbox was given, repeats included. It keeps nothing for a channel.</summary>
    public List<Transition> HandedOver { get; } = [];

    public Dictionary<(string Transition, string Channel), Delivery> Rows { get; } = [];

    /// <summary>What waits after everything is final was left behind.</summary>
    public IReadOnlyCollection<Delivery> Waiting => _waiting.Values;

    /// <summary>Transitions, each with the time until which nothing is to be done for it.</summary>
    public List<string> Postponed { get; } = [];

    /// <summary>Runs before the next state of a channel is written: somebody else was quicker.</summary>
    public Action? BeforeChannel { get; set; }

    /// <summary>The next state of a channel is written, and its writer is told that it was not: it asked twice, since the first answer got lost.</summary>
    public bool LosesChannelAnswer { get; set; }

    public ChannelState ChannelOf(string channel) => _channels.TryGetValue(channel, out var stored) ? stored.State : ChannelState.New;

    public void Write(string channel, ChannelState state) => _channels[channel] = new StoredChannel(state, Text(++_version));

    public void AddRow(Delivery row)
    {
        Rows[(row.TransitionId, row.Channel)] = row;
        if (!row.IsFinal)
            _waiting[(row.TransitionId, row.Channel)] = row;
    }

    public void Keep(Transition transition) => _transitions.Add(transition.Id, transition);

    public void Forget(string transitionId) => _transitions.Remove(transitionId);

    public Task HandOverAsync(Transition transition, CancellationToken cancellationToken) => StepAsync(() => HandedOver.Add(transition));

    public async Task<IReadOnlyList<Delivery>> KeepAsync(Transition transition, CancellationToken cancellationToken)
    {
        var rows = await StepAsync(() =>
        {
            _transitions.TryAdd(transition.Id, transition);
            foreach (var channel in transition.Channels)
                Rows.TryAdd((transition.Id, channel), Delivery.Of(transition, channel, Now));
            return transition.Channels.Select(channel => Rows[(transition.Id, channel)]).ToList();
        });
        foreach (var row in rows.Where(row => !row.IsFinal))
            await StepAsync(() => _waiting[(row.TransitionId, row.Channel)] = row);
        return rows;
    }

    public Task<Transition?> FindTransitionAsync(string transitionId, CancellationToken cancellationToken) =>
        StepAsync(() => _transitions.GetValueOrDefault(transitionId));

    public Task<Delivery?> FindDeliveryAsync(string transitionId, string channel, CancellationToken cancellationToken) =>
        StepAsync(() => Rows.GetValueOrDefault((transitionId, channel)));

    public Task<Delivery?> FindEarlierAsync(Delivery delivery, CancellationToken cancellationToken) => StepAsync(() => Rows.Values
        .Where(row => row.IncidentId == delivery.IncidentId && row.Channel == delivery.Channel && row.Sequence < delivery.Sequence && !row.IsFinal)
        .MaxBy(row => row.Sequence));

    public async Task WriteDeliveryAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        var key = (delivery.TransitionId, delivery.Channel);
        if (delivery.IsFinal)
            await StepAsync(() => _waiting.Remove(key));
        await StepAsync(() => Rows[key] = delivery);
        if (!delivery.IsFinal && delivery.Resends > 0)
            await StepAsync(() => _waiting[key] = delivery);
    }

    public Task<IReadOnlyList<Delivery>> ReadWaitingAsync(string channel, int limit, CancellationToken cancellationToken) =>
        StepAsync<IReadOnlyList<Delivery>>(() =>
            [.. _waiting.Values.Where(row => row.Channel == channel).OrderBy(row => row.At).ThenBy(row => row.TransitionId, StringComparer.Ordinal).Take(limit)]);

    /// <summary>It notes what it was told and does nothing: whoever runs these tests keeps the time.</summary>
    public Task PostponeAsync(IReadOnlyList<Delivery> rows, DateTimeOffset until, CancellationToken cancellationToken)
    {
        lock (_lock)
            Postponed.AddRange(rows.Select(row => $"{row.TransitionId} {until:O}"));
        return Task.CompletedTask;
    }

    public Task<StoredChannel> ReadChannelAsync(string channel, CancellationToken cancellationToken) =>
        StepAsync(() => _channels.GetValueOrDefault(channel) ?? new StoredChannel(ChannelState.New, Version: null));

    public Task<bool> WriteChannelAsync(string channel, StoredChannel before, ChannelState after, CancellationToken cancellationToken)
    {
        (var interfere, BeforeChannel) = (BeforeChannel, null);
        interfere?.Invoke();
        return StepAsync(() =>
        {
            if (_channels.GetValueOrDefault(channel)?.Version != before.Version)
                return false;
            Write(channel, after);
            (var lost, LosesChannelAnswer) = (LosesChannelAnswer, false);
            return !lost;
        });
    }
}
