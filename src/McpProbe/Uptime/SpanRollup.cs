using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Uptime;

/// <summary>Pure: results of a span of time, of any length, and the gaps in it.</summary>
internal static class SpanRollup
{
    /// <summary>A rollup a location, those included from which there is nothing.</summary>
    /// <param name="state">Knows of the maintenance that somebody asked for.</param>
    /// <param name="until">The end of the span, which is not part of it.</param>
    /// <param name="locations">Where probes are expected from.</param>
    /// <param name="settled">Slots from here on may still be on their way, and are not expected; null for none.</param>
    internal static IReadOnlyList<(string Location, Rollup Rollup)> Of(
        RegisteredEndpoint registered, EndpointState state, DateTimeOffset from, DateTimeOffset until, IEnumerable<string> locations,
        IEnumerable<ProbeRecord> results, DateTimeOffset? settled = null)
    {
        var slots = ExpectedSlots(registered, from, settled < until ? settled.Value : until)
            .Where(slot => !MaintenanceCalendar.Covers(registered.Endpoint, state, slot)).ToList();
        var found = results.ToLookup(record => record.Location);
        return
        [
            .. locations.Union(found.Select(group => group.Key)).Order(StringComparer.Ordinal)
                .Select(location => (location, Of(slots, found[location])))
                .Where(each => each.Item2 is { Expected: > 0 } or { Observed: > 0 } or { Unknown: > 0 } or { Maintenance: > 0 }),
        ];
    }

    /// <summary>The slots of a span in which the endpoint was there and not paused.</summary>
    internal static IEnumerable<DateTimeOffset> ExpectedSlots(RegisteredEndpoint registered, DateTimeOffset from, DateTimeOffset until)
    {
        var (endpoint, watched) = (registered.Endpoint, registered.Watched);
        // Paused since nobody knows when.
        if (endpoint.Paused && watched.Until is null)
            return [];
        return Schedule.SlotsIn(endpoint, watched.Since > from ? watched.Since.Value : from, watched.Until < until ? watched.Until.Value : until);
    }

    private static Rollup Of(List<DateTimeOffset> slots, IEnumerable<ProbeRecord> results)
    {
        var records = results.ToList();
        // What a result says of its slot counts: the calendar may have changed since.
        var inMaintenance = records.Where(record => record.Result.Maintenance).Select(record => record.Slot).ToHashSet();
        // A result is expected even where the slots have moved, because the interval changed within the span.
        var expected = Math.Max(slots.Count(slot => !inMaintenance.Contains(slot)), records.Count - inMaintenance.Count);
        return Rollup.Of(records.Select(record => record.Result), expected + inMaintenance.Count);
    }
}
