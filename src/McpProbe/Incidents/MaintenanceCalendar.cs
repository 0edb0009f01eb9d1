using Cronos;
using McpProbe.Endpoints;
using McpProbe.Model;

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

    /// <summary>The maintenance that covers an instant, for people; null when none does.</summary>
    public static MaintenancePeriod? At(Endpoint endpoint, EndpointState state, DateTimeOffset at)
    {
        if (Until(endpoint, state, at) is not { } until)
            return null;
        // The one that somebody asked for first: it can be ended.
        return AdHocAt(state, at) is { } adHoc
            ? new MaintenancePeriod(adHoc.From, until, MaintenanceSource.AdHoc)
            : new MaintenancePeriod(endpoint.Maintenance.Min(window => StartOf(window, at))!.Value, until, MaintenanceSource.Window);
    }

    /// <summary>The first maintenance that begins after an instant; null when none is planned.</summary>
    public static MaintenancePeriod? Next(Endpoint endpoint, EndpointState state, DateTimeOffset after)
    {
        var next = state.Maintenance is { } adHoc && adHoc.From > after
            ? new MaintenancePeriod(adHoc.From, adHoc.Until, MaintenanceSource.AdHoc)
            : null;
        foreach (var window in endpoint.Maintenance)
        {
            if (CronExpression.Parse(window.Cron).GetNextOccurrence(after, ZoneOf(window))?.ToUniversalTime() is { } from && !(next?.From <= from))
                next = new MaintenancePeriod(from, from + window.Duration, MaintenanceSource.Window);
        }

        return next;
    }

    private static DateTimeOffset? EndOf(Endpoint endpoint, EndpointState state, DateTimeOffset at)
    {
        var latest = AdHocAt(state, at)?.Until;
        foreach (var window in endpoint.Maintenance)
        {
            if (StartOf(window, at) + window.Duration is { } end && !(latest >= end))
                latest = end;
        }

        return latest;
    }

    private static AdHocMaintenance? AdHocAt(EndpointState state, DateTimeOffset at) =>
        state.Maintenance is { } adHoc && adHoc.From <= at && at < adHoc.Until ? adHoc : null;

    // The newest start of those whose window covers the instant.
    private static DateTimeOffset? StartOf(MaintenanceWindow window, DateTimeOffset at)
    {
        var cron = CronExpression.Parse(window.Cron);
        var zone = ZoneOf(window);
        DateTimeOffset? last = null;
        for (var start = cron.GetNextOccurrence(at - window.Duration, zone); start <= at; start = cron.GetNextOccurrence(start.Value, zone))
            last = start;
        return last?.ToUniversalTime();
    }

    private static TimeZoneInfo ZoneOf(MaintenanceWindow window) => TimeZoneInfo.FindSystemTimeZoneById(window.TimeZone);
}
