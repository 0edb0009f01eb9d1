namespace McpProbe.Monitoring.Prober;

/// <summary>
/// Notices when the process itself stands still: stopped, swapped out, asleep with its machine, collecting garbage, or without a free
/// thread. A timer beats all the time; what it misses is time in which no answer could be read, and no deadline kept.
/// </summary>
public sealed class StandstillWatch : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    /// <summary>A beat may be as late as this on a machine that is merely busy.</summary>
    private static readonly TimeSpan Noticed = TimeSpan.FromMilliseconds(250);

    /// <summary>No probe lasts longer.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(15);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly Queue<(TimeSpan From, TimeSpan To)> _gaps = [];
    private readonly ITimer _timer;
    private long _timestamp;
    private DateTimeOffset _utc;
    private TimeSpan _now;
    private TimeSpan _beat;

    public StandstillWatch(TimeProvider time)
    {
        _time = time;
        _timestamp = time.GetTimestamp();
        _utc = time.GetUtcNow();
        _timer = time.CreateTimer(_ => OnBeat(), null, Beat, Beat);
    }

    /// <summary>Now, on this watch's own clock: the beginning of a probe.</summary>
    public TimeSpan Now
    {
        get
        {
            lock (_lock)
                return Read();
        }
    }

    /// <summary>How long the process stood still since then, up to now.</summary>
    public TimeSpan StoodStill(TimeSpan since)
    {
        lock (_lock)
        {
            var now = Read();
            var stood = Overlap(_beat + Beat, now, since, now);
            // The beat that it waits for may come after what waits for it too.
            if (now - _beat < Noticed)
                stood = TimeSpan.Zero;
            foreach (var (from, to) in _gaps)
                stood += Overlap(from, to, since, now);
            return stood;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void OnBeat()
    {
        lock (_lock)
        {
            var now = Read();
            if (now - _beat >= Noticed)
                _gaps.Enqueue((_beat + Beat, now));
            _beat = now;
            while (_gaps.TryPeek(out var oldest) && oldest.To < now - Kept)
                _gaps.Dequeue();
        }
    }

    /// <summary>
    /// The clock that runs does not count while the machine sleeps, and the one that shows the time can be set: what either of them
    /// says has passed is taken to have passed. A clock that is set ahead costs the failures of the probes in flight.
    /// </summary>
    private TimeSpan Read()
    {
        var (timestamp, utc) = (_time.GetTimestamp(), _time.GetUtcNow());
        var (ran, shown) = (_time.GetElapsedTime(_timestamp, timestamp), utc - _utc);
        (_timestamp, _utc) = (timestamp, utc);
        return _now += shown > ran ? shown : ran;
    }

    private static TimeSpan Overlap(TimeSpan from, TimeSpan to, TimeSpan since, TimeSpan until)
    {
        var (start, end) = (from > since ? from : since, to < until ? to : until);
        return end > start ? end - start : TimeSpan.Zero;
    }
}
