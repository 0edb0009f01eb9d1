using McpProbe.Monitoring;

namespace McpProbe.Uptime.Reports;

/// <summary>
/// From what a range is added up: the rollups of its whole UTC days, those of whole hours at both ends, and the results themselves for the
/// rest, parts of hours and what is not rolled up yet. What is not kept any more is left out, and told.
/// </summary>
/// <param name="Days">Null when no whole day is in it.</param>
/// <param name="Hours">Before and after the days.</param>
/// <param name="Results">Parts of hours, and what is not rolled up yet.</param>
internal sealed record ReportSpans(ReportSpan? Days, IReadOnlyList<ReportSpan> Hours, IReadOnlyList<ReportSpan> Results, IReadOnlyList<string> Notes)
{
    /// <summary>Rolling up is an hour behind as a rule; more than two days of single results would be too many to read.</summary>
    private static readonly TimeSpan MostResults = TimeSpan.FromDays(2);

    /// <param name="rolledThrough">Null when nothing is rolled up yet.</param>
    internal static ReportSpans Of(ReportRange range, DateTimeOffset? rolledThrough, Retention retention, DateTimeOffset now)
    {
        var notes = new List<string>();
        var (from, until) = (range.From, range.Until);
        var rolled = Earlier(rolledThrough ?? from, UptimeSummary.FloorHour(until));
        var (hoursFrom, daysFrom, daysUntil) = (CeilHour(from), CeilDay(from), UptimeSummary.FloorDay(rolled));

        var hasDays = daysFrom < daysUntil;
        var days = hasDays ? Kept(new(daysFrom, daysUntil), CeilDay(retention.DailyFrom(now)), "The days", retention.Daily) : null;
        var hours = new List<ReportSpan?>();
        if (hasDays)
        {
            hours.Add(Hours(hoursFrom, daysFrom));
            hours.Add(Hours(daysUntil, rolled));
        }
        else
        {
            hours.Add(Hours(hoursFrom, rolled));
        }

        var results = new List<ReportSpan?>();
        // Up to the first full hour; or all of it, where nothing is rolled up.
        if (from < hoursFrom)
            results.Add(Part(from, Earlier(hoursFrom, until)));
        var rest = Later(hoursFrom, rolled);
        if (rest < until)
            results.Add(until - rest > MostResults ? TooMany(rest) : Part(rest, until));
        return new ReportSpans(days, [.. hours.OfType<ReportSpan>()], [.. results.OfType<ReportSpan>()], notes);

        ReportSpan? Hours(DateTimeOffset begin, DateTimeOffset end) =>
            begin < end ? Kept(new(begin, end), CeilHour(retention.HourlyFrom(now)), "The hours", retention.Hourly) : null;

        // Parts are no longer than two days, and of results all or nothing of one is there: an hour's half would be neither.
        ReportSpan? Part(DateTimeOffset begin, DateTimeOffset end)
        {
            if (begin >= retention.ResultsFrom(now))
                return new(begin, end);
            notes.Add($"The time from {range.Local(begin)} to {range.Local(end)} is left out: it is no full hour of UTC, and single results are kept for {Long(retention.Results)}.");
            return null;
        }

        ReportSpan? TooMany(DateTimeOffset begin)
        {
            notes.Add($"The time from {range.Local(begin)} to {range.Local(until)} is left out: it is not rolled up yet. That happens within the hour; look at McpProbe's log when it does not.");
            return null;
        }

        ReportSpan? Kept(ReportSpan span, DateTimeOffset oldest, string what, int kept)
        {
            if (span.From >= oldest)
                return span;
            var end = Earlier(oldest, span.Until);
            notes.Add($"{what} from {range.Local(span.From)} to {range.Local(end)} are missing: they are kept for {Long(kept)}.");
            return end < span.Until ? span with { From = end } : null;
        }
    }

    private static string Long(int days) => days == 1 ? "a day" : $"{days} days";

    private static DateTimeOffset CeilHour(DateTimeOffset at) => UptimeSummary.FloorHour(at.AddTicks(TimeSpan.TicksPerHour - 1));

    private static DateTimeOffset CeilDay(DateTimeOffset at) => UptimeSummary.FloorDay(at.AddTicks(TimeSpan.TicksPerDay - 1));

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}

/// <param name="Until">Not part of it.</param>
internal sealed record ReportSpan(DateTimeOffset From, DateTimeOffset Until);
