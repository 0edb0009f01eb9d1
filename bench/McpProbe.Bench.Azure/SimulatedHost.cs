namespace McpProbe.Bench.Azure;

/// <summary>What a probe and a message take. The figures' sources are in docs/cost.md.</summary>
internal sealed record Durations
{
    /// <summary>A healthy server, half a continent away: connection, TLS, handshake, catalogue.</summary>
    public TimeSpan Healthy { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Reading the states of a message and writing its results, a request after the other.</summary>
    public TimeSpan Storage { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Of one core, in the worker: 0.61 ms were measured without TLS, and a handshake is allowed for with as much again.</summary>
    public TimeSpan CpuOfProbe { get; init; } = TimeSpan.FromMilliseconds(1.25);

    /// <summary>Of one core, in the platform's host: measured once, 1.5 s for 1,000 probes in messages of 25.</summary>
    public TimeSpan CpuOfMessage { get; init; } = TimeSpan.FromMilliseconds(37.5);
}

/// <summary>
/// The platform's host at work on the probe queue: as many instances as the scaler wants, each taking batches as host.json says, each
/// with its share of a core. A discrete-event simulation; what it finds is the same every time.
/// </summary>
internal sealed class SimulatedHost(HostJson host, Fleet fleet, int memoryMb, Durations durations)
{
    /// <summary>An empty queue is asked again after this, then after twice the time, and so on.</summary>
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(100);

    private readonly PriorityQueue<Action<DateTimeOffset>, (DateTimeOffset At, int Number)> _events = new();
    private readonly Queue<SentMessage> _visible = new();
    private readonly List<Instance> _instances = [];
    private readonly List<double> _lags = [];
    private IReadOnlyList<SentMessage> _messages = [];
    private DateTimeOffset _end;
    private int _next;
    private int _known;
    private int _done;
    private int _number;

    /// <summary>A core at 2,048 MB, and in proportion: the platform gives processor by memory.</summary>
    private double Cores => memoryMb / 2048.0;

    public HostRun Run(SimulatedSchedule schedule)
    {
        _messages = schedule.Messages;
        _end = schedule.Start + schedule.Length;
        At(_messages[0].VisibleAt, Scale);
        while (_events.TryDequeue(out var happens, out var when))
            happens(when.At);

        bool IsIn(DateTimeOffset at) => at >= schedule.Start && at < _end;
        return new HostRun(
            _instances.Count,
            TimeSpan.FromTicks(_instances.Sum(instance => FlexBilling.Metered(instance.Activity.Where(each => IsIn(each.Start))).Ticks)),
            _instances.Sum(instance => instance.Activity.Count(each => IsIn(each.Start))),
            _instances.Sum(instance => instance.Polls.Count(IsIn)),
            _instances.Max(instance => instance.Most),
            [.. _lags.Order()]);
    }

    /// <summary>Messages that nobody can see yet count as well: those that a tick has sent so far.</summary>
    private void Scale(DateTimeOffset now)
    {
        while (_known < _messages.Count && _messages[_known].VisibleAt <= now + Reach)
            _known++;
        // Instances that are there stay: the platform takes them away slowly.
        for (var wanted = (_known - _done + host.MessagesPerInstance - 1) / host.MessagesPerInstance; _instances.Count < Math.Max(1, wanted);)
        {
            var instance = new Instance();
            _instances.Add(instance);
            Poll(instance, now);
        }

        if (now < _end)
            At(now.AddSeconds(10), Scale);
    }

    /// <summary>How far ahead of its time a message is in the queue, at the most: two ticks and a little.</summary>
    private static readonly TimeSpan Reach = TimeSpan.FromSeconds(60) + Functions.Scheduling.ProbeBatch.Span;

    private void Poll(Instance instance, DateTimeOffset now)
    {
        instance.Polls.Add(now);
        instance.IsWaiting = false;
        for (; _next < _messages.Count && _messages[_next].VisibleAt <= now; _next++)
            _visible.Enqueue(_messages[_next]);
        var taken = 0;
        for (; taken < host.BatchSize && _visible.TryDequeue(out var message); taken++)
            Work(instance, message, now);
        if (now >= _end + fleet.Interval)
            return;

        instance.Pause = taken > 0 ? FirstPoll : Earlier(instance.Pause * 2, host.MaxPollingInterval);
        if (instance.Running <= host.NewBatchThreshold)
            At(now + instance.Pause, at => Poll(instance, at));
        else
            instance.IsWaiting = true;
    }

    private void Work(Instance instance, SentMessage message, DateTimeOffset now)
    {
        var begin = instance.CpuFree > now ? instance.CpuFree : now;
        begin = instance.Enter(message.Probes.Count, begin);
        instance.CpuFree = begin + (durations.CpuOfMessage + durations.CpuOfProbe * message.Probes.Count) / Cores;
        var isDead = message.Probes.Any(probe => fleet.IsDead(probe.Endpoint));
        var done = begin + durations.Storage + (isDead ? fleet.Timeout : durations.Healthy);
        if (done < instance.CpuFree)
            done = instance.CpuFree;

        // What is gathered comes late on purpose.
        foreach (var (endpoint, slot) in message.Probes)
        {
            if (!fleet.IsDead(endpoint))
                _lags.Add((begin - slot).TotalSeconds);
        }

        instance.Leaves(message.Probes.Count, done);
        instance.Running++;
        instance.InFlight += message.Probes.Count;
        instance.Most = Math.Max(instance.Most, instance.InFlight);
        instance.Activity.Add((now, done));
        At(done, at =>
        {
            _done++;
            instance.Running--;
            instance.InFlight -= message.Probes.Count;
            if (instance.IsWaiting && instance.Running <= host.NewBatchThreshold)
                Poll(instance, at);
        });
    }

    private void At(DateTimeOffset when, Action<DateTimeOffset> happens) => _events.Enqueue(happens, (when, _number++));

    private static TimeSpan Earlier(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private sealed class Instance
    {
        public List<(DateTimeOffset Start, DateTimeOffset End)> Activity { get; } = [];
        public List<DateTimeOffset> Polls { get; } = [];
        public TimeSpan Pause { get; set; } = FirstPoll;
        public DateTimeOffset CpuFree { get; set; }
        public bool IsWaiting { get; set; }
        public int Running { get; set; }
        public int InFlight { get; set; }
        public int Most { get; set; }

        private readonly PriorityQueue<int, DateTimeOffset> _leaving = new();
        private int _inside;

        /// <summary>When there are places for so many probes.</summary>
        public DateTimeOffset Enter(int probes, DateTimeOffset from)
        {
            while (_leaving.TryPeek(out var places, out var at) && (at <= from || _inside + probes > Functions.Probing.ProbeWorker.MostAtOnce))
            {
                _leaving.Dequeue();
                _inside -= places;
                from = Later(from, at);
            }

            return from;
        }

        public void Leaves(int probes, DateTimeOffset at)
        {
            _inside += probes;
            _leaving.Enqueue(probes, at);
        }

        private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
    }
}

/// <param name="Metered">Over all instances.</param>
/// <param name="Polls">Requests for messages, with and without an answer.</param>
/// <param name="MostInFlight">Probes that one instance has taken and not finished: those that wait for a place included.</param>
/// <param name="Lags">Seconds from slot to start of the probes of servers that answer, in order.</param>
internal sealed record HostRun(
    int Instances, TimeSpan Metered, int Executions, int Polls, int MostInFlight, IReadOnlyList<double> Lags)
{
    public double Lag(double percentile) => Lags[(int)Math.Min(Lags.Count - 1, Lags.Count * percentile / 100)];
}
