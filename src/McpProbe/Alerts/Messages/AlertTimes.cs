using System.Globalization;

namespace McpProbe.Alerts.Messages;

/// <summary>Times as an alert shows them: UTC, as logs have it, and beside it those of the reader's zone.</summary>
/// <param name="zone">Null shows UTC alone.</param>
internal sealed class AlertTimes(TimeZoneInfo? zone)
{
    private readonly TimeZoneInfo? _zone = zone is { BaseUtcOffset.Ticks: 0, SupportsDaylightSavingTime: false } ? null : zone;

    /// <summary>Such as <c>2026-11-22 10:00:00 UTC (11:00:00 in Europe/Berlin), 5 min ago</c>.</summary>
    internal string Since(DateTimeOffset since, DateTimeOffset now) =>
        now - since < TimeSpan.FromMinutes(1) ? Instant(since) : $"{Instant(since)}, {AlertWords.Duration(now - since)} ago";

    /// <summary>Such as <c>2026-11-22 10:00:00 to 10:05:00 UTC (11:00:00 to 11:05:00 in Europe/Berlin)</c>.</summary>
    internal string Span(DateTimeOffset from, DateTimeOffset to) =>
        from == to ? Instant(from) : $"{Day(Utc(from))} {Time(Utc(from))} to {After(Utc(from), Utc(to))} UTC{Beside(from, to)}";

    /// <summary>The time of the day, with the day where it is not that of <paramref name="now"/>.</summary>
    internal string Brief(DateTimeOffset at, DateTimeOffset now) => Utc(at).Date == Utc(now).Date ? $"{Time(Utc(at))} UTC{Beside(at)}" : Instant(at);

    internal string Instant(DateTimeOffset at) => $"{Day(Utc(at))} {Time(Utc(at))} UTC{Beside(at)}";

    private string Beside(DateTimeOffset at, DateTimeOffset? until = null)
    {
        if (_zone is null)
            return "";
        var local = Local(at);
        return $" ({After(Utc(at), local)}{(until is { } end ? $" to {After(local, Local(end))}" : "")} in {_zone.Id})";
    }

    // The day only where it is another one.
    private static string After(DateTime before, DateTime at) => before.Date == at.Date ? Time(at) : $"{Day(at)} {Time(at)}";

    private DateTime Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, _zone!).DateTime;

    private static DateTime Utc(DateTimeOffset at) => at.UtcDateTime;

    private static string Day(DateTime at) => at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Time(DateTime at) => at.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
}
