using McpProbe.Endpoints;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Scheduling;

/// <summary>
/// When endpoints are probed that are known to be down and to take their whole timeout: together, once a minute, or twice where
/// they are many. A worker that waits is paid for, and ten servers that are waited for at once cost as much as one. Their outage is
/// open and told; what comes later is the probe, not its slot. Pure.
/// </summary>
public sealed class Gathering
{
    /// <summary>Nobody waits longer to be gathered; shorter intervals are periods of their own.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>The instants of each period, as offsets within it.</summary>
    private readonly Dictionary<long, long[]> _meetings;

    private Gathering(Dictionary<long, long[]> meetings) => _meetings = meetings;

    /// <param name="silent">Endpoints that are known to time out.</param>
    public static Gathering Of(IEnumerable<Endpoint> silent) => new(silent
        .GroupBy(PeriodOf)
        .ToDictionary(
            group => group.Key,
            group => Meetings(group.Key, [.. group.Select(endpoint => Schedule.SlotAt(endpoint, DateTimeOffset.UnixEpoch).UtcTicks % group.Key).Order()])));

    /// <summary>When a slot of one of them is probed: never so late that the slot becomes a gap.</summary>
    public DateTimeOffset At(Endpoint endpoint, DateTimeOffset slot)
    {
        var period = PeriodOf(endpoint);
        var wait = _meetings[period].Min(meeting => (meeting - slot.UtcTicks % period + period) % period);
        return slot.AddTicks(Math.Min(wait, Patience(period)));
    }

    /// <summary>They meet when the last before the longest pause is due, so that the wait of the first is the shortest that it can be.</summary>
    private static long[] Meetings(long period, long[] phases)
    {
        var last = Enumerable.Range(0, phases.Length).MaxBy(at => PauseAfter(at, phases, period));
        return period - PauseAfter(last, phases, period) <= Patience(period)
            ? [phases[last]]
            : [phases[last], (phases[last] + period / 2) % period];
    }

    private static long PauseAfter(int at, long[] phases, long period) =>
        at + 1 < phases.Length ? phases[at + 1] - phases[at] : phases[0] + period - phases[at];

    private static long Patience(long period) => period * 5 / 6;

    private static long PeriodOf(Endpoint endpoint) => Math.Min(endpoint.Interval.Ticks, Longest.Ticks);
}
