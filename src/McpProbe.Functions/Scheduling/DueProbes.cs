using Cronos;
using McpProbe.Endpoints;
using McpProbe.Functions.Storage;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Scheduling;

/// <summary>What is due when; pure.</summary>
public static class DueProbes
{
    /// <summary>A timer of the platform may be this late. As long as a span, so that a window ends where one does.</summary>
    private static readonly TimeSpan Lateness = ProbeBatch.Span;

    /// <summary>How far ahead to send at <paramref name="now"/>: past the tick after the next, so that one missed tick leaves no gap.</summary>
    public static DateTimeOffset Horizon(CronExpression ticks, DateTimeOffset now)
    {
        var next = ticks.GetNextOccurrence(now, TimeZoneInfo.Utc) ?? now;
        return (ticks.GetNextOccurrence(next, TimeZoneInfo.Utc) ?? next) + Lateness;
    }

    /// <summary>The same of a stored definition; one that cannot be read has its slots too, and they say so.</summary>
    public static IEnumerable<ScheduledProbe> Of(RegisteredEndpoint registered, ScheduleWindow window, int shard) =>
        Of(registered.Endpoint, window, registered.Generation, shard)
            .Select(probe => registered.Unprobed is { } why ? probe with { Unprobed = why.Message } : probe);

    /// <summary>The probes of an endpoint in a window; a paused one has none.</summary>
    public static IEnumerable<ScheduledProbe> Of(Endpoint endpoint, ScheduleWindow window, long generation = 0, int shard = 0)
    {
        if (endpoint.Paused)
            yield break;
        for (var slot = Schedule.NextSlot(endpoint, window.After); slot <= window.Through; slot += endpoint.Interval)
            yield return new ScheduledProbe(endpoint, slot, generation, shard);
    }
}
