using System.Threading.Channels;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Metrics;
using McpProbe.Probing;
using McpProbe.Web.Health;

namespace McpProbe.Server.Scheduling;

/// <summary>
/// Starts every endpoint's probe at its slot (<see cref="Schedule"/>). One loop owns all that is here and works one event
/// after the other: an endpoint changed, a probe ended, the time moved on.
/// <list type="bullet">
/// <item>An endpoint that appears, at start or by a change, is due for the slot that is open at that moment: the store tells
/// if that one was worked before a restart.</item>
/// <item>An endpoint has one probe in flight, all of them together at most what <see cref="ProbeLimit"/> allows.</item>
/// <item>A slot whose successor is due before it could start (busy, asleep, a clock that jumped ahead) is a gap, not made up for:
/// the newest slot is probed instead, when the endpoint's turn comes. The endpoint that waits longest comes first, so that under
/// overload each is probed more seldom and none never.</item>
/// <item>A clock that was set back finds its slots worked already; they are looked up, not probed again.</item>
/// </list>
/// </summary>
/// <param name="run">Works one slot: <see cref="MonitorCycle.RunAsync"/>.</param>
internal sealed partial class ProbeScheduler(
    IEndpointStore endpoints,
    Func<ProbeRequest, CancellationToken, Task<CycleOutcome>> run,
    SchedulerOptions options,
    MonitorMetrics metrics,
    SlotWatch slots,
    TimeProvider time,
    ILogger<ProbeScheduler> logger) : IAsyncDisposable
{
    /// <summary>The one location of this head.</summary>
    public const string Location = "local";

    // Timers stand still while a machine sleeps, and know nothing of a clock that is set: look at it this often.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private const int AtOnceAtStart = 64;
    private static readonly TimeSpan PaceAtStart = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);

    /// <summary>With so many endpoints, what happens within this time is worked together: each awakening costs a good part of what a probe costs.</summary>
    private const int Many = 2_000;
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(10);

    private readonly Channel<Event> _events = Channel.CreateUnbounded<Event>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<string, Watched> _watched = [];
    private readonly PriorityQueue<Due, DateTimeOffset> _due = new();
    private readonly Queue<Due> _atStart = [];
    private readonly Dictionary<string, Task> _inFlight = [];
    private readonly CancellationTokenSource _probes = new();
    private readonly LineLimit _lines = new(time);
    private readonly ProbeLimit _limit = new(
        options.LeastConcurrency, options.MostConcurrency, () => ThreadPool.PendingWorkItemCount, () => GC.GetTotalMemory(false), time);
    private DateTimeOffset _lastSeen;

    /// <summary>An endpoint was created, replaced or deleted.</summary>
    public void Changed(string endpointId) => _events.Writer.TryWrite(new EndpointChanged(endpointId));

    /// <summary>Schedules until it is cancelled, then lets the probes in flight end: <see cref="SchedulerOptions.Grace"/>, then they are cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var timer = time.CreateTimer(
            _ => _events.Writer.TryWrite(TimeMovedOn.Instance), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        try
        {
            _lastSeen = time.GetUtcNow();
            // What changed until now is part of the list.
            while (_events.Reader.TryRead(out _))
            {
            }
            WatchAll(await endpoints.ListEndpointsAsync(cancellationToken));
            StartWhatIsDue(timer);
            while (await _events.Reader.WaitToReadAsync(cancellationToken))
            {
                while (_events.Reader.TryRead(out var @event))
                    await HandleAsync(@event, cancellationToken);
                StartWhatIsDue(timer);
                if (_watched.Count >= Many)
                    await Task.Delay(Together, time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await FinishAsync();
        }
    }

    public ValueTask DisposeAsync()
    {
        _probes.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task HandleAsync(Event @event, CancellationToken cancellationToken)
    {
        switch (@event)
        {
            case EndpointChanged(var id):
                await ReloadAsync(id, cancellationToken);
                break;
            case ProbeEnded(var watched, var slot):
                _inFlight.Remove(watched.Id);
                if (watched.Endpoint is null)
                    _watched.Remove(watched.Id);
                else if (watched.Replaced)
                    Plan(watched, Schedule.SlotAt(watched.Endpoint, time.GetUtcNow()), repeat: true);
                else
                    PlanAfter(watched, slot);
                break;
            case TimeMovedOn:
                break;
        }
    }

    private async Task ReloadAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            if (await endpoints.FindEndpointAsync(id, cancellationToken) is { } registered)
                Watch(registered);
            else
                Forget(id);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // The old definition goes on until the next change or restart: a store that fails once must not stop the rest.
            if (_lines.Allows($"reload {Cause.Of(failure)}", out _))
                Log.ReloadFailed(logger, id, failure);
        }
    }

    /// <summary>
    /// At start all slots are open at once. The first few are probed at once, the others at a pace that leaves room for the slots that fall
    /// due meanwhile; whose next slot comes before its turn, or soon while probes wait already, waits for that.
    /// </summary>
    private void WatchAll(IReadOnlyList<RegisteredEndpoint> all)
    {
        var (now, turn) = (time.GetUtcNow(), 0);
        foreach (var registered in all)
        {
            Watch(registered);
            if (!_watched.TryGetValue(registered.Endpoint.Id, out var watched) || turn++ < AtOnceAtStart)
                continue;
            // The open slot may have begun since: it is the one that its next slot follows.
            var (open, at) = (watched.Next!.Slot, now + (turn - AtOnceAtStart) * PaceAtStart);
            if (Schedule.NextSlot(watched.Endpoint!, open) > at)
                _atStart.Enqueue(watched.Next = new Due(watched, open, at, repeat: true));
            else
                LeaveOut(watched, open);
        }
    }

    /// <summary>The open slot is a gap; the next one is waited for.</summary>
    private void LeaveOut(Watched watched, DateTimeOffset slot)
    {
        Missed(1);
        Plan(watched, Schedule.NextSlot(watched.Endpoint!, slot), repeat: false);
    }

    // A first probe reads the catalogue and writes a state: with a hundred thousand endpoints it is what falls due now that would be late.
    private bool GivesWay(Due open, DateTimeOffset now) =>
        _watched.Count >= options.ManyAtStart && _due.TryPeek(out var oldest, out _) && now - oldest.From >= LateStart
        && open.Watched.Next == open && Schedule.NextSlot(open.Watched.Endpoint!, open.Slot) - now <= Soon;

    private void Watch(RegisteredEndpoint registered)
    {
        var endpoint = registered.Endpoint;
        if (endpoint.Paused)
        {
            Forget(endpoint.Id);
            return;
        }
        if (!_watched.TryGetValue(endpoint.Id, out var watched))
            _watched.Add(endpoint.Id, watched = new Watched(endpoint.Id));
        watched.Endpoint = endpoint;
        slots.Watch(endpoint);
        watched.Generation = registered.Generation;
        watched.Unprobed = registered.Unprobed;
        // One probe at a time: while one runs, its end plans the next.
        if (_inFlight.ContainsKey(endpoint.Id))
            watched.Replaced = true;
        else
            Plan(watched, Schedule.SlotAt(endpoint, time.GetUtcNow()), repeat: true);
    }

    // A probe in flight is left to end; the store knows that its endpoint is gone or paused.
    private void Forget(string id)
    {
        slots.Forget(id);
        if (!_watched.TryGetValue(id, out var watched))
            return;
        watched.Endpoint = null;
        watched.Next = null;
        if (!_inFlight.ContainsKey(id))
            _watched.Remove(id);
    }

    private void PlanAfter(Watched watched, DateTimeOffset slot)
    {
        var endpoint = watched.Endpoint!;
        var now = time.GetUtcNow();
        var next = Schedule.NextSlot(endpoint, slot);
        if (Schedule.IsGap(endpoint, next, now))
        {
            var open = Schedule.SlotAt(endpoint, now);
            Missed((open - next).Ticks / endpoint.Interval.Ticks);
            next = open;
        }
        Plan(watched, next, repeat: false);
    }

    private void Plan(Watched watched, DateTimeOffset slot, bool repeat)
    {
        var now = time.GetUtcNow();
        // Further ahead than the next slot: the clock was set back. Its slots come again, and perhaps have their results.
        var first = Schedule.NextSlot(watched.Endpoint!, now);
        if (slot > first)
            (slot, repeat) = (first, true);
        watched.Next = new Due(watched, slot, slot > now ? slot : now, repeat);
        _due.Enqueue(watched.Next, slot);
    }

    private void StartWhatIsDue(ITimer timer)
    {
        while (true)
        {
            var now = time.GetUtcNow();
            if (now < _lastSeen - LongestWait)
                PlanAllAgain();
            _lastSeen = now;
            // Once it is its turn it takes its place among all that are due: in front, or with many as if it fell due now.
            while (_atStart.TryPeek(out var open) && open.From <= now)
            {
                _atStart.Dequeue();
                if (GivesWay(open, now))
                    LeaveOut(open.Watched, open.Slot);
                else
                    _due.Enqueue(open, _watched.Count >= options.ManyAtStart ? open.From : open.Slot);
            }
            while (_due.TryPeek(out var due, out var since) && since <= now)
            {
                // A plan that a later one has replaced.
                if (due.Watched.Next != due)
                {
                    _due.Dequeue();
                    continue;
                }
                if (_inFlight.Count >= _limit.Current)
                    _limit.Adapt();
                if (_inFlight.Count >= _limit.Current)
                    break;
                _due.Dequeue();
                Start(WithoutGaps(due, now), now);
            }
            var next = _due.TryPeek(out _, out var soonest) ? soonest : DateTimeOffset.MaxValue;
            if (_atStart.TryPeek(out var first) && first.From < next)
                next = first.From;
            if (_inFlight.Count >= _limit.Current || next == DateTimeOffset.MaxValue)
            {
                timer.Change(LongestWait, Timeout.InfiniteTimeSpan);
                return;
            }
            var wait = next - now;
            timer.Change(wait < LongestWait ? wait : LongestWait, Timeout.InfiniteTimeSpan);
            // The clock may have passed the slot between reading it and setting the timer.
            if (time.GetUtcNow() < next)
                return;
        }
    }

    private void Missed(long count)
    {
        metrics.Missed(Location, "late", count);
        slots.Missed(count);
    }

    /// <summary>What is started in its place when its slot is a gap by now: the open slot.</summary>
    private Due WithoutGaps(Due due, DateTimeOffset now)
    {
        var endpoint = due.Watched.Endpoint!;
        if (!Schedule.IsGap(endpoint, due.Slot, now))
            return due;
        var open = Schedule.SlotAt(endpoint, now);
        Missed((open - due.Slot).Ticks / endpoint.Interval.Ticks);
        return new Due(due.Watched, open, open, due.Repeat);
    }

    private void PlanAllAgain()
    {
        Log.ClockSetBack(logger);
        _due.Clear();
        _atStart.Clear();
        foreach (var watched in _watched.Values)
        {
            if (watched.Next is { } plan)
                Plan(watched, plan.Slot, plan.Repeat);
        }
    }

    private void Start(Due due, DateTimeOffset now)
    {
        var watched = due.Watched;
        watched.Next = null;
        watched.Replaced = false;
        var lag = now - due.From;
        metrics.Started(lag, Location);
        if (lag >= LateStart)
            WarnOfLateStarts(lag, now);
        var request = new ProbeRequest(watched.Endpoint!, due.Slot, Location, due.Repeat) { Generation = watched.Generation, Unprobed = watched.Unprobed };
        _inFlight.Add(watched.Id, Task.Run(async () =>
        {
            await WorkAsync(request);
            _events.Writer.TryWrite(new ProbeEnded(watched, due.Slot));
        }));
    }

    private async Task WorkAsync(ProbeRequest request)
    {
        try
        {
            var outcome = await run(request, _probes.Token);
            if (outcome is CycleOutcome.Recorded or CycleOutcome.AlreadyJudged)
                slots.Recorded(request.Endpoint.Id, request.Slot);
            // Its change was not seen, or could not be read then: the store judges no probe of the old definition any more.
            else if (outcome is CycleOutcome.Outdated)
                Changed(request.Endpoint.Id);
        }
        catch (OperationCanceledException) when (_probes.IsCancellationRequested)
        {
            Log.Abandoned(logger, request.Endpoint.Id, request.Slot);
        }
        catch (Exception failure)
        {
            // Whatever one endpoint's cycle does, the others go on; the next slot tries again.
            if (_lines.Allows($"cycle {Cause.Of(failure)}", out var more))
                Log.CycleFailed(logger, request.Endpoint.Id, request.Slot, more, failure);
        }
    }

    private async Task FinishAsync()
    {
        var all = Task.WhenAll(_inFlight.Values);
        try
        {
            await all.WaitAsync(options.Grace, time);
        }
        catch (TimeoutException)
        {
            await _probes.CancelAsync();
            await all;
        }
    }

    private static readonly TimeSpan LateStart = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);
    private DateTimeOffset _warnedAt;

    private void WarnOfLateStarts(TimeSpan lag, DateTimeOffset now)
    {
        if ((now - _warnedAt).Duration() < BetweenWarnings)
            return;
        _warnedAt = now;
        Log.LateStart(logger, lag.TotalSeconds, _limit.Current);
    }

    private sealed class Watched(string id)
    {
        public string Id { get; } = id;

        /// <summary>Null once it is deleted or paused, until its probe in flight has ended.</summary>
        public Endpoint? Endpoint { get; set; }

        /// <summary>Of the definition.</summary>
        public long Generation { get; set; }

        /// <summary>Why it cannot be probed: its slots say so, until it is put again.</summary>
        public Failure? Unprobed { get; set; }

        /// <summary>The definition changed while a probe was in flight.</summary>
        public bool Replaced { get; set; }

        /// <summary>What it waits for; null while its probe runs.</summary>
        public Due? Next { get; set; }
    }

    private sealed class Due(Watched watched, DateTimeOffset slot, DateTimeOffset from, bool repeat)
    {
        public Watched Watched => watched;

        public DateTimeOffset Slot => slot;

        /// <summary>Since when it could start: the slot, or when the endpoint appeared after it.</summary>
        public DateTimeOffset From => from;

        public bool Repeat => repeat;
    }

    private abstract record Event;

    private sealed record EndpointChanged(string Id) : Event;

    private sealed record ProbeEnded(Watched Watched, DateTimeOffset Slot) : Event;

    private sealed record TimeMovedOn : Event
    {
        public static readonly TimeMovedOn Instance = new();
    }
}
