using System.Collections.Concurrent;
using McpProbe.Monitoring;
using McpProbe.Web.Health;

namespace McpProbe.Server.Scheduling;

/// <summary>
/// What the scheduler knows of its own work, in memory, so that asking for it costs no read: which endpoints get results, and whether
/// slots are left out.
/// </summary>
internal sealed class SlotWatch(TimeProvider time)
{
    private static readonly TimeSpan Lately = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, Watched> _endpoints = [];
    private readonly Lock _gate = new();
    private readonly Queue<Missing> _missed = [];
    private Missing? _newest;
    private DateTimeOffset _missingSince;

    public int Count => _endpoints.Count;

    public void Watch(Endpoint endpoint)
    {
        var now = time.GetUtcNow();
        _endpoints.AddOrUpdate(
            endpoint.Id,
            _ => new Watched(endpoint, now),
            (_, known) => new Watched(endpoint, now) { Last = known.Last });
    }

    public void Forget(string id) => _endpoints.TryRemove(id, out _);

    /// <summary>The slot has its result.</summary>
    public void Recorded(string id, DateTimeOffset slot)
    {
        var now = time.GetUtcNow();
        // An endpoint has one probe at a time. What lies ahead was noted before the clock was set back.
        if (_endpoints.TryGetValue(id, out var known) && (!(known.Last >= slot) || known.Last > now))
            known.Last = slot;
    }

    /// <summary>Slots were left out, because their successors were due.</summary>
    public void Missed(long count)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            DropOld(now);
            if (_missed.Count == 0)
                _missingSince = now;
            // Under overload there are thousands a second.
            if (_newest is { } newest && newest.At <= now && now - newest.At < TimeSpan.FromSeconds(1) && _missed.Count > 0)
            {
                newest.Count += count;
                return;
            }
            _missed.Enqueue(_newest = new Missing(now) { Count = count });
        }
    }

    public IReadOnlyList<StaleEndpoint> Stale(DateTimeOffset now) =>
    [
        .. _endpoints.Values.Where(each => Freshness.IsStale(each.Endpoint, each.Last, each.Since, now))
            .Select(each => new StaleEndpoint(each.Endpoint.Id, each.Last ?? each.Since))
            .OrderBy(each => each.Since).ThenBy(each => each.Id, StringComparer.Ordinal),
    ];

    /// <summary>Null unless slots are left out again and again: a machine that slept for a while left out some, and is well.</summary>
    public MissedSlots? MissedLately(DateTimeOffset now)
    {
        lock (_gate)
        {
            DropOld(now);
            return _missed.Count > 0 && _missed.Max(each => each.At) - _missed.Min(each => each.At) >= TimeSpan.FromMinutes(1)
                ? new MissedSlots(_missed.Sum(each => each.Count), _missingSince)
                : null;
        }
    }

    private void DropOld(DateTimeOffset now)
    {
        // What lies ahead was noted before the clock was set back.
        while (_missed.TryPeek(out var oldest) && (now - oldest.At).Duration() > Lately)
            _missed.Dequeue();
    }

    private sealed class Watched(Endpoint endpoint, DateTimeOffset since)
    {
        // UTC ticks, which are read and written at once; 0 for never.
        private long _last;

        public Endpoint Endpoint => endpoint;

        public DateTimeOffset Since => since;

        public DateTimeOffset? Last
        {
            get => Volatile.Read(ref _last) is not 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
            set => Volatile.Write(ref _last, value?.UtcTicks ?? 0);
        }
    }

    private sealed class Missing(DateTimeOffset at)
    {
        public DateTimeOffset At => at;

        public long Count { get; set; }
    }
}
