using McpProbe.Functions.Storage;
using McpProbe.Web;
using McpProbe.Web.Health;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Scheduling;

/// <summary>
/// Notices that nothing is sent any more: the timers of an app can stop without an error while its pages answer as ever. Only the
/// home app asks; it schedules for every location.
/// </summary>
public sealed class ScheduleWatch(TableStore store, HeadSettings settings, LineLimit lines, TimeProvider time, ILogger<ScheduleWatch> log)
{
    /// <summary>The schedule reaches ahead; so far behind the present it has missed at least six ticks of the default.</summary>
    internal static readonly TimeSpan Tolerated = TimeSpan.FromMinutes(3);

    /// <summary>Null while the slots of every location are sent. Logs one line otherwise, for an alert to look for.</summary>
    public async Task<Obstacle?> CheckAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var late = (await store.ReadScheduledThroughAsync(settings.Locations, cancellationToken))
            .Where(sent => now - sent.Value > Tolerated).ToList();
        if (late.Count == 0)
            return null;

        var since = late.Min(sent => sent.Value);
        var minutes = (int)(now - since).TotalMinutes;
        if (lines.Allows("schedule lags", out _))
            Log.ScheduleLags(log, minutes, since, string.Join(", ", late.Select(sent => sent.Key).Order(StringComparer.Ordinal)));
        return new Obstacle(
            "schedule lags",
            $"No probes were sent for the last {minutes} minutes, since {since:u}. The log of the function ScheduleProbes says why; when it is silent, the platform's timer has stopped: restart the app.")
        {
            Since = since,
            Details = [.. late.Select(sent => sent.Key).Order(StringComparer.Ordinal)],
        };
    }
}
