using McpProbe.Model;
using McpProbe.Probing;

namespace McpProbe.Monitoring;

/// <summary>
/// A clock that ran ahead and was set back. What was judged at a time that has yet to come says nothing of what comes after it: without
/// this, nothing would be judged until that time, be it in ten years.
/// </summary>
internal static class ClockSetBack
{
    /// <summary>By which the clocks of those who write to one store may differ: what lies further ahead comes from a clock that was wrong.</summary>
    internal static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    /// <summary>The first slot that nobody can have worked yet whose clock is right.</summary>
    internal static DateTimeOffset SlotAhead(ProbeRequest request, DateTimeOffset now)
    {
        var interval = request.Endpoint.Interval;
        return request.Slot + interval * (Math.Floor((now + Tolerance - request.Slot) / interval) + 1);
    }

    /// <summary>The state as if what lies ahead had been seen just before the slot; the same object when nothing does.</summary>
    internal static EndpointState Rebase(EndpointState state, DateTimeOffset slot, DateTimeOffset now)
    {
        if (!IsAhead(state.TargetSince) && !state.Locations.Values.Any(seen => IsAhead(seen.LastSlot)))
            return state;
        return state with
        {
            TargetSince = Back(state.TargetSince),
            WatchfulSince = Back(state.WatchfulSince),
            Locations = state.Locations.ToDictionary(location => location.Key, location => location.Value with
            {
                LastSlot = Back(location.Value.LastSlot)!.Value,
                Said = Back(location.Value.Said),
                FailingSince = Back(location.Value.FailingSince),
                SlowSince = Back(location.Value.SlowSince),
            }),
        };

        bool IsAhead(DateTimeOffset? at) => at > now + Tolerance;
        DateTimeOffset? Back(DateTimeOffset? at) => IsAhead(at) ? slot.AddTicks(-1) : at;
    }
}
