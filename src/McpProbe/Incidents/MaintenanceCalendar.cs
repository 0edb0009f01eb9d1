using Cronos;
using McpProbe.Endpoints;

namespace McpProbe.Incidents;

/// <summary>
/// When an endpoint is in maintenance: its planned windows and the one that somebody asked for. Daylight saving is Cronos's: a
/// start that the clock skips happens when the skipped hour ends, one that comes twice happens the first time.
/// </summary>
public static class MaintenanceCalendar
{
    /// <summary>Windows that follow one another without a gap are followed this far.</summary>
    private const int MostJoined = 50;

    public static bool Covers(Endpoint endpoint, EndpointState state, DateTimeOffset at) => EndOf(endpoint, state, at) is not null;

    /// <summary>When the maintenance that covers an instant is over; null when none does.</summary>
    public static DateTimeOffset? Until(Endpoint endpoint, EndpointState state, DateTimeOffset at)
    {
        var until = EndOf(endpoint, state, at);
        for (var joined = 0; joined < MostJoined && until is { } end && EndOf(endpoint, state, end) is { } later; joined++)
            until = later;
        return until;
    }

    private static DateTimeOffset? EndOf(Endpoint endpoint, EndpointState state, DateTimeOffset at)
    {
        DateTimeOffset? latest = state.Maintenance is { } adHoc && adHoc.From <= at && at < adHoc.Until ? adHoc.Until : null;
        foreach (var window in endpoint.Maintenance)
        {
            if (EndOf(window, at) is { } end && !(latest >= end))
                latest = end;
        }

        return latest;
    }

    private static DateTimeOffset? EndOf(MaintenanceWindow window, DateTimeOffset at)
    {
        var cron = CronExpression.Parse(window.Cron);
        var zone = TimeZoneInfo.FindSystemTimeZoneById(window.TimeZone);
        DateTimeOffset? last = null;
        for (var start = cron.GetNextOccurrence(at - window.Duration, zone); start <= at; start = cron.GetNextOccurrence(start.Value, zone))
            last = start;
        return last?.ToUniversalTime() + window.Duration;
    }
}
