using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Uptime;

/// <summary>
/// What pages show of an endpoint's past: the last 24 hours by hour and the last 90 days by day (UTC), the hour and the day that have
/// begun included. It is made of rollups, and of the results since.
/// </summary>
/// <param name="Hours">24, oldest first.</param>
/// <param name="Days">90, oldest first.</param>
/// <param name="P95Ms">Of the handshakes of the last 24 hours, in milliseconds; null when none was measured.</param>
public sealed record UptimeSummary(IReadOnlyList<UptimeSpan> Hours, IReadOnlyList<UptimeSpan> Days, double? P95Ms)
{
    public const int MostHours = 24;
    public const int MostDays = 90;

    /// <summary>How many of the spans of <see cref="Hours"/> or <see cref="Days"/>, the newest of them, one is about.</summary>
    public UptimeSpan Of(UptimeRange range) => range switch
    {
        UptimeRange.Day => UptimeSpan.Sum(Hours),
        UptimeRange.Week => UptimeSpan.Sum(Days.Skip(MostDays - 7)),
        UptimeRange.Month => UptimeSpan.Sum(Days.Skip(MostDays - 30)),
        _ => UptimeSpan.Sum(Days),
    };

    /// <param name="days">Of the days before today, as far as they are there.</param>
    /// <param name="hours">From the midnight before yesterday's end on, as far as they are rolled up.</param>
    /// <param name="since">What was found since then, by hour: <see cref="Since"/>.</param>
    public static UptimeSummary Of(
        IEnumerable<RollupRecord> days, IEnumerable<RollupRecord> hours, IEnumerable<RollupRecord> since, DateTimeOffset now)
    {
        var (thisHour, today) = (FloorHour(now), FloorDay(now));
        var byHour = new Dictionary<DateTimeOffset, Rollup>();
        foreach (var record in hours.Concat(since))
            byHour[record.Start] = byHour.GetValueOrDefault(record.Start, Rollup.Empty).Merge(record.Rollup);
        var byDay = days.Where(record => record.Start < today).GroupBy(record => record.Start)
            .ToDictionary(day => day.Key, day => day.Aggregate(Rollup.Empty, (sum, record) => sum.Merge(record.Rollup)));
        // Today, and a yesterday that is not rolled up yet, are the sum of their hours.
        foreach (var day in byHour.GroupBy(hour => FloorDay(hour.Key)).Where(day => !byDay.ContainsKey(day.Key)))
            byDay.Add(day.Key, day.Aggregate(Rollup.Empty, (sum, hour) => sum.Merge(hour.Value)));

        var lastHours = Enumerable.Range(0, MostHours).Select(i => thisHour.AddHours(i + 1 - MostHours)).ToList();
        return new UptimeSummary(
            [.. lastHours.Select(start => UptimeSpan.Of(start, byHour.GetValueOrDefault(start, Rollup.Empty)))],
            [.. Enumerable.Range(0, MostDays).Select(i => today.AddDays(i + 1 - MostDays)).Select(start => UptimeSpan.Of(start, byDay.GetValueOrDefault(start, Rollup.Empty)))],
            lastHours.Aggregate(LatencyHistogram.Empty, (sum, start) => sum.Merge(byHour.GetValueOrDefault(start, Rollup.Empty).HandshakeMs)).Quantile(0.95));
    }

    /// <summary>Rolls up what is not rolled up yet. What may still be on its way is not expected.</summary>
    /// <param name="from">A full hour, or where a span of <paramref name="width"/> begins.</param>
    /// <param name="results">Those with a slot from then on.</param>
    /// <param name="locations">Where probes are expected from beside those that there are results of.</param>
    /// <param name="width">Of a span; null for an hour.</param>
    public static IReadOnlyList<RollupRecord> Since(
        RegisteredEndpoint registered, EndpointState state, DateTimeOffset from, IEnumerable<ProbeRecord> results, IEnumerable<string> locations, DateTimeOffset now,
        TimeSpan? width = null)
    {
        var step = width ?? TimeSpan.FromHours(1);
        var found = results.ToLookup(record => (Start: Floor(record.Slot, step), record.Location));
        var places = locations.Union(found.Select(group => group.Key.Location)).Order(StringComparer.Ordinal).ToList();
        var settled = now - registered.Endpoint.Timeout - OnItsWay;
        var records = new List<RollupRecord>();
        for (var hour = from; hour <= now; hour += step)
        {
            var slots = Expected(registered, hour, settled < hour + step ? settled : hour + step)
                .Where(slot => !MaintenanceCalendar.Covers(registered.Endpoint, state, slot)).ToList();
            records.AddRange(places.Select(location => new RollupRecord(RollupPeriod.Hour, hour, location, Part(slots, found[(hour, location)].ToList()))));
        }

        return records;
    }

    public static DateTimeOffset FloorHour(DateTimeOffset at) => Floor(at, TimeSpan.FromHours(1));

    internal static DateTimeOffset Floor(DateTimeOffset at, TimeSpan width) => new(at.UtcTicks - at.UtcTicks % width.Ticks, TimeSpan.Zero);

    public static DateTimeOffset FloorDay(DateTimeOffset at) => new(at.UtcDateTime.Date, TimeSpan.Zero);

    /// <summary>Beside the deadline of a probe: its queue, and its writing.</summary>
    internal static readonly TimeSpan OnItsWay = TimeSpan.FromSeconds(30);

    // A result is expected, even one that is early.
    private static Rollup Part(List<DateTimeOffset> slots, List<ProbeRecord> results)
    {
        var maintained = results.Where(record => record.Result.Maintenance).Select(record => record.Slot).ToHashSet();
        var expected = Math.Max(slots.Count(slot => !maintained.Contains(slot)), results.Count - maintained.Count);
        return Rollup.Of(results.Select(record => record.Result), expected + maintained.Count);
    }

    private static IEnumerable<DateTimeOffset> Expected(RegisteredEndpoint registered, DateTimeOffset from, DateTimeOffset until)
    {
        var (endpoint, watched) = (registered.Endpoint, registered.Watched);
        if (endpoint.Paused && watched.Until is null)
            return [];
        return Schedule.SlotsIn(endpoint, watched.Since > from ? watched.Since.Value : from, watched.Until < until ? watched.Until.Value : until);
    }
}

public enum UptimeRange
{
    /// <summary>24 hours.</summary>
    Day,

    /// <summary>7 days.</summary>
    Week,

    /// <summary>30 days.</summary>
    Month,

    /// <summary>90 days.</summary>
    Quarter,
}

/// <summary>What the probes of one endpoint, from all locations, found in a span of time; probes in a maintenance are apart.</summary>
/// <param name="Start">UTC.</param>
/// <param name="P95Ms">Of the handshakes, in milliseconds; null where none was measured, and of several spans together.</param>
public readonly record struct UptimeSpan(
    DateTimeOffset Start, int Up, int Degraded, int Down, int Unknown, int Maintenance, int Expected, double? P95Ms)
{
    public int Observed => Up + Down;

    /// <summary>From 0 to 1; null when nothing was observed, which is neither up nor down.</summary>
    public double? Uptime => Observed == 0 ? null : (double)Up / Observed;

    /// <summary>From 0 to 1: how much was looked at; null when nothing was expected.</summary>
    public double? Coverage => Expected == 0 ? null : Math.Min(1, (double)Observed / Expected);

    public static UptimeSpan Of(DateTimeOffset start, Rollup rollup) => new(
        start, rollup.Up, rollup.Degraded, rollup.Down, rollup.Unknown, rollup.Maintenance, rollup.Expected, rollup.HandshakeMs.Quantile(0.95));

    public static UptimeSpan Sum(IEnumerable<UptimeSpan> spans)
    {
        var sum = default(UptimeSpan);
        foreach (var span in spans)
        {
            sum = sum with
            {
                Start = sum.Start == default ? span.Start : sum.Start,
                Up = sum.Up + span.Up,
                Degraded = sum.Degraded + span.Degraded,
                Down = sum.Down + span.Down,
                Unknown = sum.Unknown + span.Unknown,
                Maintenance = sum.Maintenance + span.Maintenance,
                Expected = sum.Expected + span.Expected,
            };
        }

        return sum;
    }
}
