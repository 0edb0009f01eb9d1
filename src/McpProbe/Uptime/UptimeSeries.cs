using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Uptime;

/// <summary>
/// An endpoint's past as a row of spans, for charts: 24 hours in quarters of an hour, 7 days by two hours, 30 and 90 days by day (UTC),
/// the span that has begun included. Percentiles are those of the spans' histograms, added up, never averages of percentiles.
/// </summary>
/// <param name="Width">Of a span.</param>
/// <param name="Spans">Oldest first; one that nothing is known of is empty.</param>
public sealed record UptimeSeries(UptimeRange Range, TimeSpan Width, IReadOnlyList<(DateTimeOffset Start, Rollup Rollup)> Spans)
{
    /// <summary>Results that are read for a chart, at most: an endpoint that is probed more often has its 24 hours by the hour.</summary>
    private const int MostResults = 4000;

    /// <summary>What is not rolled up for longer is shown as a gap, until it is.</summary>
    private static readonly TimeSpan MostSince = TimeSpan.FromHours(3);

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>All of it together.</summary>
    public Rollup Total => Spans.Aggregate(Rollup.Empty, (sum, span) => sum.Merge(span.Rollup));

    /// <summary>Reads a bounded number of rows, whatever the endpoint's interval.</summary>
    public static async Task<UptimeSeries> ReadAsync(
        IRollupStore store, RegisteredEndpoint registered, EndpointState state, UptimeRange range, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var id = registered.Endpoint.Id;
        var quarter = TimeSpan.FromMinutes(15);
        if (range is UptimeRange.Day && Day / registered.Endpoint.Interval * Math.Max(1, state.Locations.Count) <= MostResults)
        {
            var from = UptimeSummary.Floor(now, quarter) - Day + quarter;
            var results = await store.ReadResultsAsync(id, from, now.AddTicks(1), cancellationToken);
            return Of(range, quarter, UptimeSummary.Since(registered, state, from, results, state.Locations.Keys, now, quarter), now);
        }

        var width = range switch { UptimeRange.Day => Hour, UptimeRange.Week => 2 * Hour, _ => Day };
        var first = UptimeSummary.Floor(now, width) - Length(range) + width;
        var today = UptimeSummary.FloorDay(now);
        // Yesterday's last hour may not be rolled up, and then yesterday is no day yet.
        var hours = await store.ReadRollupsAsync(id, RollupPeriod.Hour, width < Day ? first : today - Day, now, cancellationToken);
        var days = width < Day ? [] : await store.ReadRollupsAsync(id, RollupPeriod.Day, first, today, cancellationToken);

        var earliest = UptimeSummary.FloorHour(now - MostSince);
        var since = await store.ReadRolledThroughAsync(cancellationToken) is { } mark && mark > earliest ? mark : earliest;
        // An hour may be rolled up before the mark says so: then it is in both, and counts once.
        hours = [.. hours.Where(record => record.Start < since)];
        var rest = UptimeSummary.Since(
            registered, state, since, await store.ReadResultsAsync(id, since, now.AddTicks(1), cancellationToken),
            hours.Select(record => record.Location).Distinct(), now);
        var whole = days.Select(record => record.Start).ToHashSet();
        return Of(range, width, [.. days, .. hours.Concat(rest).Where(record => !whole.Contains(UptimeSummary.FloorDay(record.Start)))], now);
    }

    private static UptimeSeries Of(UptimeRange range, TimeSpan width, IEnumerable<RollupRecord> records, DateTimeOffset now)
    {
        var last = UptimeSummary.Floor(now, width);
        var count = (int)(Length(range) / width);
        var found = new Dictionary<DateTimeOffset, Rollup>();
        foreach (var record in records)
        {
            var start = UptimeSummary.Floor(record.Start, width);
            found[start] = found.GetValueOrDefault(start, Rollup.Empty).Merge(record.Rollup);
        }

        return new UptimeSeries(
            range, width, [.. Enumerable.Range(0, count).Select(i => last - (count - 1 - i) * width).Select(start => (start, found.GetValueOrDefault(start, Rollup.Empty)))]);
    }

    private static TimeSpan Length(UptimeRange range) => range switch
    {
        UptimeRange.Day => Day,
        UptimeRange.Week => 7 * Day,
        UptimeRange.Month => 30 * Day,
        _ => UptimeSummary.MostDays * Day,
    };
}
