using McpProbe.Uptime;

namespace McpProbe.Web.Pages.Overview;

/// <summary>What a bar and a sparkline are about.</summary>
public enum BarRange
{
    /// <summary>The last 60 probes, each a stroke.</summary>
    Probes,

    /// <summary>24 hours, by hour.</summary>
    Day,

    /// <summary>90 days, by day.</summary>
    Quarter,
}

internal static class BarRanges
{
    internal static readonly IReadOnlyList<(BarRange Range, string Value, string Words)> All =
    [
        (BarRange.Probes, "probes", "the last 60 probes"), (BarRange.Day, "24h", "24 hours"), (BarRange.Quarter, "90d", "90 days"),
    ];

    internal static string Of(BarRange range) => All.First(each => each.Range == range).Value;

    internal static bool TryParse(string? text, out BarRange range)
    {
        var known = All.FirstOrDefault(each => each.Value == text);
        range = known.Range;
        return known.Value is not null;
    }

    /// <summary>Where nobody chose: while there is no past to speak of, its few strokes would say nothing.</summary>
    internal static BarRange Usual(IEnumerable<UptimeSummary> summaries) =>
        summaries.Any(summary => summary.Hours.Take(UptimeSummary.MostHours - 2).Any(hour => hour.Expected > 0 || hour.Observed > 0)
            || summary.Days.Take(UptimeSummary.MostDays - 1).Any(day => day.Expected > 0 || day.Observed > 0))
            ? BarRange.Day
            : BarRange.Probes;
}
