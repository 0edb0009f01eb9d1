using System.Globalization;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Uptime.Reports;

/// <summary>The time that a report is about, as people name it: a month, a quarter, the last days, or from one day to another.</summary>
/// <param name="Until">The end, which is not part of it; never in the future.</param>
/// <param name="Zone">Whose days, months and quarters they are.</param>
/// <param name="Name">Such as <c>October 2026</c>.</param>
public sealed record ReportRange(DateTimeOffset From, DateTimeOffset Until, TimeZoneInfo Zone, string Name)
{
    /// <summary>Ten years: longer than anything is kept by default.</summary>
    public const int MostDays = 3660;

    /// <summary>What is reported when nothing is said.</summary>
    public const string Default = "30d";

    private const int FirstYear = 2000;
    private const int LastYear = 2199;

    private static readonly string[] Instants = ["yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];

    private static readonly string[] LocalTimes = ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];

    /// <summary>The end was to be later, and nobody knows the future.</summary>
    public bool IsCut { get; init; }

    public TimeSpan Length => Until - From;

    /// <summary>Reads what somebody asked for, and finds every mistake in it.</summary>
    /// <param name="from">A date (its midnight), a local time, or an instant with its offset; blank for none.</param>
    /// <param name="to">The same, but a date is the last day, and part of it. Blank with a <paramref name="from"/> is now.</param>
    /// <param name="range">In place of both: <c>30d</c>, <c>24h</c>, <c>2026-10</c>, <c>2026-Q4</c>, <c>2026</c>, <c>this-month</c> or <c>last-month</c>.</param>
    /// <param name="zone">An IANA name; blank for UTC.</param>
    public static (ReportRange? Value, IReadOnlyList<ReportMistake> Mistakes) Read(
        string? from, string? to, string? range, string? zone, DateTimeOffset now)
    {
        var mistakes = new List<ReportMistake>();
        (from, to, range, zone) = (Trimmed(from), Trimmed(to), Trimmed(range), Trimmed(zone));
        var known = zone is null ? TimeZoneInfo.Utc : TimeZones.Find(zone);
        if (known is null)
            mistakes.Add(new("zone", TimeZones.MistakeIn(zone!) is { } mistake && mistake.EndsWith('?') ? mistake : $"{TimeZones.MistakeIn(zone!)}."));
        if (range is not null && (from ?? to) is not null)
            mistakes.Add(new("range", "Name either a range, or 'from' and 'to'."));

        // In UTC the other mistakes are found all the same.
        var own = known ?? TimeZoneInfo.Utc;
        var read = (from ?? to) is null
            ? Named(range ?? Default, own, now, mistakes)
            : Between(from, to, own, now, mistakes);
        if (read is { } span)
            Check(span, (from ?? to) is null ? "range" : "to", now, mistakes);
        if (mistakes.Count > 0 || read is not { } sound)
            return (null, mistakes);
        var end = sound.Until > now ? now : sound.Until;
        // The last days begin with a whole hour: what is older than single results are kept is there by the hour.
        return (new ReportRange(sound.IsDays ? UptimeSummary.FloorHour(sound.From) : sound.From, end, own, sound.Name) { IsCut = sound.Until > now && !sound.Rolls }, []);
    }

    /// <summary>The month before the one that an instant lies in.</summary>
    public static ReportRange LastMonth(TimeZoneInfo zone, DateTimeOffset now)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone);
        return OfMonth(new DateTime(local.Year, local.Month, 1).AddMonths(-1), zone);
    }

    /// <summary>An instant as the range's zone has it: <c>2026-10-01 00:00</c>.</summary>
    public string Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static ReportRange OfMonth(DateTime first, TimeZoneInfo zone) =>
        new(Instant(first, zone), Instant(first.AddMonths(1), zone), zone, first.ToString("MMMM yyyy", CultureInfo.InvariantCulture));

    private readonly record struct Span(DateTimeOffset From, DateTimeOffset Until, string Name, bool Rolls = false)
    {
        public bool IsDays { get; init; }
    }

    private static Span? Named(string range, TimeZoneInfo zone, DateTimeOffset now, List<ReportMistake> mistakes)
    {
        var today = TimeZoneInfo.ConvertTime(now, zone).Date;
        var thisMonth = new DateTime(today.Year, today.Month, 1);
        switch (range)
        {
            case "this-month":
                return Months(thisMonth, 1, zone, null);
            case "last-month":
                return Months(thisMonth.AddMonths(-1), 1, zone, null);
            case [.. var number, 'd' or 'h'] when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= 100_000:
                var length = range[^1] is 'd' ? TimeSpan.FromDays(count) : TimeSpan.FromHours(count);
                return new Span(now - length, now, $"the last {count} {(range[^1] is 'd' ? "day" : "hour")}{(count == 1 ? "" : "s")}", Rolls: true) { IsDays = range[^1] is 'd' };
        }

        if (range is [.. var months, '-', 'Q', >= '1' and <= '4'] && Year(months) is { } ofQuarter)
            return Months(new DateTime(ofQuarter, (range[^1] - '1') * 3 + 1, 1), 3, zone, $"quarter {range[^1]} of {ofQuarter}");
        if (Year(range) is { } year)
            return Months(new DateTime(year, 1, 1), 12, zone, $"{year}");
        if (DateTime.TryParseExact(range, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month) && IsYear(month.Year))
            return Months(month, 1, zone, null);
        mistakes.Add(new("range", $"'{VisibleText.Excerpt(range)}' is no range: write a month (2026-10), a quarter (2026-Q4), a year (2026), the last days (30d), this-month or last-month."));
        return null;
    }

    private static Span Months(DateTime first, int count, TimeZoneInfo zone, string? name) =>
        new(Instant(first, zone), Instant(first.AddMonths(count), zone), name ?? first.ToString("MMMM yyyy", CultureInfo.InvariantCulture));

    private static Span? Between(string? from, string? to, TimeZoneInfo zone, DateTimeOffset now, List<ReportMistake> mistakes)
    {
        if (from is null)
            mistakes.Add(new("from", "is missing: say when the report begins, such as 2026-10-01."));
        var begin = from is null ? null : Moment(from, zone, isEnd: false, "from", mistakes);
        var end = to is null ? now : Moment(to, zone, isEnd: true, "to", mistakes);
        return begin is { } first && end is { } last ? new Span(first, last, "", Rolls: to is null) is var span
            ? span with { Name = $"{Words(first, zone)} to {Words(last, zone)}" } : null : null;
    }

    // The last day of a range that ends at midnight is the one before.
    private static string Words(DateTimeOffset at, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(at, zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static DateTimeOffset? Moment(string text, TimeZoneInfo zone, bool isEnd, string field, List<ReportMistake> mistakes)
    {
        if (DateTime.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && IsYear(day.Year))
            return Instant(isEnd ? day.AddDays(1) : day, zone);
        if (DateTime.TryParseExact(text, LocalTimes, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) && IsYear(local.Year))
            return Instant(local, zone);
        // A plus sign that was not encoded arrives as a space.
        if (DateTimeOffset.TryParseExact(
                text.Replace(' ', '+'), Instants, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant)
            && IsYear(instant.Year))
            return instant;
        mistakes.Add(new(field, $"'{VisibleText.Excerpt(text)}' is no date: write a day such as 2026-10-01, a time in the zone such as 2026-10-01T08:00, or an instant such as 2026-10-01T08:00:00Z."));
        return null;
    }

    private static void Check(Span span, string field, DateTimeOffset now, List<ReportMistake> mistakes)
    {
        if (span.Until <= span.From)
            mistakes.Add(new(field, "ends before it begins: let 'to' be after 'from'."));
        else if (span.From >= now)
            mistakes.Add(new(field is "to" ? "from" : field, "lies in the future: nothing is known of it yet."));
        else if (span.Until - span.From > TimeSpan.FromDays(MostDays))
            mistakes.Add(new(field, string.Create(
                CultureInfo.InvariantCulture, $"is too long: a report covers at most {MostDays} days, and this would be {Math.Ceiling((span.Until - span.From).TotalDays)}.")));
    }

    /// <summary>
    /// The instant of a local time. One that the clock skips is when the skipped time ends, as far as it lies in it; one that comes twice is
    /// the first.
    /// </summary>
    internal static DateTimeOffset Instant(DateTime local, TimeZoneInfo zone)
    {
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max()
            : zone.IsInvalidTime(local) ? zone.GetUtcOffset(local.AddHours(-3))
            : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, TimeSpan.Zero) - offset;
    }

    private static string? Trimmed(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static int? Year(string text) =>
        text.Length == 4 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var year) && IsYear(year) ? year : null;

    private static bool IsYear(int year) => year is >= FirstYear and <= LastYear;
}

/// <summary>A mistake in what somebody asked for.</summary>
/// <param name="Field">The parameter, or the form's field: <c>from</c>, <c>to</c>, <c>range</c>, <c>zone</c>, <c>endpoint</c>, <c>group</c>.</param>
/// <param name="Message">Completes a sentence that begins with the field, or stands alone.</param>
/// <param name="IsTooMany">There are more endpoints than a report can be about: some are to be chosen.</param>
public sealed record ReportMistake(string Field, string Message, bool IsTooMany = false);
