using Cronos;
using McpProbe.Endpoints;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Scheduling;

/// <summary>A stretch of time whose slots one scheduler sends: those after <paramref name="From"/>, up to <paramref name="Until"/>.</summary>
public sealed record ScheduleWindow(DateTimeOffset From, DateTimeOffset Until)
{
    /// <summary>A timer of the platform may be this late.</summary>
    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(5);

    /// <summary>How far ahead to send at <paramref name="now"/>: past the tick after the next, so that one missed tick leaves no gap.</summary>
    public static DateTimeOffset Horizon(CronExpression ticks, DateTimeOffset now)
    {
        var next = ticks.GetNextOccurrence(now, TimeZoneInfo.Utc) ?? now;
        return (ticks.GetNextOccurrence(next, TimeZoneInfo.Utc) ?? next) + Lateness;
    }

    /// <summary>The probes that are due in the window; a paused endpoint has none.</summary>
    public IEnumerable<ScheduledProbe> DueOf(Endpoint endpoint)
    {
        if (endpoint.Paused)
            yield break;
        for (var slot = Schedule.NextSlot(endpoint, From); slot <= Until; slot += endpoint.Interval)
            yield return new ScheduledProbe(endpoint, slot);
    }
}
