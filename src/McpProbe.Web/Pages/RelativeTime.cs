using System.Globalization;

namespace McpProbe.Web.Pages;

/// <summary>Times in words, for people who look at a page at night.</summary>
public static class RelativeTime
{
    /// <summary>How long ago, or how soon: <c>12 s ago</c>, <c>3 min ago</c>, <c>in 2 h</c>.</summary>
    public static string Words(DateTimeOffset instant, DateTimeOffset now) => (now - instant) switch
    {
        { TotalSeconds: > -1 and < 1 } => "just now",
        { Ticks: < 0 } ahead => "in " + Length(-ahead),
        var ago => Length(ago) + " ago",
    };

    /// <summary>The largest unit, and the next one where it still says something: <c>40 s</c>, <c>3 min</c>, <c>2 h 5 min</c>, <c>4 d</c>.</summary>
    public static string Length(TimeSpan length) => length switch
    {
        { TotalSeconds: < 60 } => Text($"{Math.Floor(length.TotalSeconds)} s"),
        { TotalMinutes: < 60 } => Text($"{length.Minutes} min"),
        { TotalHours: < 10, Minutes: > 0 } => Text($"{length.Hours} h {length.Minutes} min"),
        { TotalHours: < 48 } => Text($"{Math.Floor(length.TotalHours)} h"),
        _ => Text($"{length.Days} d"),
    };

    /// <summary>UTC to the second, as ISO 8601 writes it with a space: <c>2026-11-22 10:00:00Z</c>.</summary>
    public static string Iso(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
