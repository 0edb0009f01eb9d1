using System.Text.RegularExpressions;
using Cronos;

namespace McpProbe.Functions;

/// <summary>
/// A timer's schedule as the platform reads it: NCRONTAB, in UTC, with seconds if there are six fields. Cronos computes it, but
/// knows notations that the platform does not.
/// </summary>
internal static partial class TimerSchedule
{
    // A Monday: no schedule repeats sooner than a week, unless it names days of the month or months.
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Week = TimeSpan.FromDays(8);

    /// <summary>Null when it is none.</summary>
    public static CronExpression? Parse(string text)
    {
        var format = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6 ? CronFormat.IncludeSeconds : CronFormat.Standard;
        return !NotOfThePlatform().IsMatch(text) && CronExpression.TryParse(text, format, out var ticks) ? ticks : null;
    }

    /// <summary>Whether it ever pauses for longer, by a tenth or more.</summary>
    public static bool PausesLongerThan(this CronExpression ticks, TimeSpan longest)
    {
        for (var at = Start; at < Start + Week; at += longest / 10)
        {
            if (ticks.GetNextOccurrence(at, TimeZoneInfo.Utc) is not { } next || next - at > longest)
                return true;
        }

        return false;
    }

    [GeneratedRegex(@"[#@?]|(?<![A-Za-z])[0-9]*[LW]W?(?![A-Za-z])", RegexOptions.IgnoreCase)]
    private static partial Regex NotOfThePlatform();
}
