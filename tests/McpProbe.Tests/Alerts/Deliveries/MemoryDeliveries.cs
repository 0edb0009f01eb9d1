using McpProbe.Alerts.Deliveries;
using McpProbe.Model;

namespace McpProbe.Tests.Alerts.Deliveries;

/// <summary>
/// Deliveries in memory that are written as Table Storage does, step by step (the row, then the list of what waits), and that can
/// die at any one of the steps: what was written before stays written.
/// </summary>
internal sealed class MemoryDeliveries(TimeProvider time) : IDeliveryStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Transition> _transitions = [];
    private readonly Dictionary<(string Transition, string Channel), Delivery> _waiting = [];
    private readonly Dictionary<string, StoredChannel> _channels = [];
    private int _version;

    internal Dictionary<(string Transition, string Channel), Delivery> Rows { get; } = [];

    /// <summary>The number of the I/O step that dies; none when negative.</summary>
    internal int DiesAt { get; set; } = -1;

    internal int Steps { get; private set; }

    /// <summary>Runs before the next state is written: somebody else was quicker.</summary>
    internal Action? BeforeWrite { get; set; }

    /// <summary>Whether other work may run between two steps.</summary>
    internal bool Yields { get; init; }

    internal ChannelState State(string channel) => _channels.TryGetValue(channel, out var stored) ? stored.State : ChannelState.New;

    internal void Write(string channel, ChannelState state) => _channels[channel] = new StoredChannel(state, $"{++_version}");

    internal void Forget(string transitionId) => _transitions.Remove(transitionId);

    public async Task<IReadOnlyList<Delivery>> KeepAsync(Transition transition, CancellationToken cancellationToken)
    {
        var rows = await StepAsync(() =>
        {
            _transitions.TryAdd(transition.Id, transition);
            foreach (var channel in transition.Channels)
                Rows.TryAdd((transition.Id, channel), Delivery.Of(transition, channel, time.GetUtcNow()));
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

    public Task PostponeAsync(IReadOnlyList<Delivery> rows, DateTimeOffset until, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<StoredChannel> ReadChannelAsync(string channel, CancellationToken cancellationToken) =>
        StepAsync(() => _channels.GetValueOrDefault(channel) ?? new StoredChannel(ChannelState.New, Version: null));

    public Task<bool> WriteChannelAsync(string channel, StoredChannel before, ChannelState after, CancellationToken cancellationToken)
    {
        (var interfere, BeforeWrite) = (BeforeWrite, null);
        interfere?.Invoke();
        return StepAsync(() =>
        {
            if (_channels.GetValueOrDefault(channel)?.Version != before.Version)
                return false;
            Write(channel, after);
            return true;
        });
    }

    /// <summary>What waits after everything is final was left behind.</summary>
    internal IReadOnlyCollection<Delivery> Waiting => _waiting.Values;

    /// <summary>A step of somebody else's I/O, the receiver's say.</summary>
    internal Task<T> StepAsync<T>(Func<T> work)
    {
        if (Yields)
            return Task.Run(() => Step(work));
        return Steps == DiesAt ? Task.FromException<T>(Died()) : Task.FromResult(Step(work));
    }

    private T Step<T>(Func<T> work)
    {
        lock (_lock)
        {
            Steps++;
            return work();
        }
    }

    private IOException Died() => new($"dies at step {Steps++}");
}
