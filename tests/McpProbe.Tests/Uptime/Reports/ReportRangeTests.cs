using McpProbe.Uptime.Reports;

namespace McpProbe.Tests.Uptime.Reports;

public class ReportRangeTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 22, 10, 30, TimeSpan.Zero);

    [Theory]
    [InlineData(null, null, "2026-10", null, "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", "October 2026")]
    [InlineData(null, null, "2026-10", "Europe/Berlin", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z", "October 2026")]
    [InlineData(null, null, "2026-Q1", "America/New_York", "2026-01-01T05:00:00Z", "2026-04-01T04:00:00Z", "quarter 1 of 2026")]
    [InlineData(null, null, "2025", "Asia/Kolkata", "2024-12-31T18:30:00Z", "2025-12-31T18:30:00Z", "2025")]
    [InlineData(null, null, "last-month", "Pacific/Auckland", "2026-09-30T11:00:00Z", "2026-10-31T11:00:00Z", "October 2026")]
    [InlineData(null, null, "90d", null, "2026-08-24T22:00:00Z", "2026-11-22T22:10:30Z", "the last 90 days")]
    [InlineData(null, null, "1h", null, "2026-11-22T21:10:30Z", "2026-11-22T22:10:30Z", "the last 1 hour")]
    [InlineData(null, null, null, null, "2026-10-23T22:00:00Z", "2026-11-22T22:10:30Z", "the last 30 days")]
    // A date as the end is the last day; an instant is the end.
    [InlineData("2026-10-01", "2026-10-31", null, null, "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-10-01 00:00 to 2026-11-01 00:00")]
    [InlineData("2026-10-01", "2026-10-01", null, "Europe/Berlin", "2026-09-30T22:00:00Z", "2026-10-01T22:00:00Z", "2026-10-01 00:00 to 2026-10-02 00:00")]
    [InlineData("2026-10-01T08:30", "2026-10-01T09:00", null, "Europe/Berlin", "2026-10-01T06:30:00Z", "2026-10-01T07:00:00Z", "2026-10-01 08:30 to 2026-10-01 09:00")]
    [InlineData("2026-10-01T08:30:00Z", "2026-10-01T11:00:00+02:00", null, null, "2026-10-01T08:30:00Z", "2026-10-01T09:00:00Z", "2026-10-01 08:30 to 2026-10-01 09:00")]
    // As a query reads a plus sign.
    [InlineData("2026-10-01T08:30:00 02:00", " 2026-10-02 ", "", "", "2026-10-01T06:30:00Z", "2026-10-03T00:00:00Z", "2026-10-01 06:30 to 2026-10-03 00:00")]
    public void Read_ARange_IsTheTimeThatPeopleMean(string? from, string? to, string? range, string? zone, string begins, string ends, string name)
    {
        var (read, mistakes) = ReportRange.Read(from, to, range, zone, Now);

        Assert.Empty(mistakes);
        Assert.Equal((DateTimeOffset.Parse(begins), DateTimeOffset.Parse(ends), name), (read!.From, read.Until, read.Name));
        Assert.False(read.IsCut);
    }

    // The day that summer time begins or ends on, wherever it does so: at midnight, by half an hour, or by a whole day that is left out.
    [Theory]
    [InlineData("Europe/Berlin", "2026-03-29", 23)]
    [InlineData("Europe/Berlin", "2025-10-26", 25)]
    [InlineData("America/New_York", "2026-03-08", 23)]
    [InlineData("America/New_York", "2026-11-01", 25)]
    [InlineData("Africa/Cairo", "2026-04-24", 23)]
    [InlineData("Africa/Cairo", "2025-10-30", 25)]
    [InlineData("Australia/Lord_Howe", "2026-04-05", 24.5)]
    [InlineData("Australia/Lord_Howe", "2026-10-04", 23.5)]
    [InlineData("Asia/Beirut", "2026-03-29", 23)]
    [InlineData("Asia/Kolkata", "2026-03-29", 24)]
    [InlineData("UTC", "2026-03-29", 24)]
    public void Read_ADayOfSummerTime_HasItsHours(string zone, string day, double hours)
    {
        var (read, _) = ReportRange.Read(day, day, null, zone, Now);
        var next = DateOnly.Parse(day).AddDays(1).ToString("yyyy-MM-dd");
        var (following, _) = ReportRange.Read(next, next, null, zone, Now);

        Assert.Equal(TimeSpan.FromHours(hours), read!.Length);
        Assert.Equal(read.Until, following!.From);
    }

    [Fact]
    public void Read_ARangeThatIsNotOver_EndsNow()
    {
        var (read, _) = ReportRange.Read(null, null, "2026-Q4", null, Now);

        Assert.Equal((Now, true), (read!.Until, read.IsCut));
    }

    [Theory]
    [InlineData("2026-10-02", "2026-10-01T00:00", null, null, "to: ends before it begins: let 'to' be after 'from'.")]
    [InlineData("2026-10-02T00:00", "2026-10-02T00:00", null, null, "to: ends before it begins: let 'to' be after 'from'.")]
    [InlineData("2026-12-01", "2026-12-31", null, null, "from: lies in the future: nothing is known of it yet.")]
    [InlineData(null, null, "2027", null, "range: lies in the future: nothing is known of it yet.")]
    [InlineData("2001-01-01", null, null, null, "to: is too long: a report covers at most 3660 days, and this would be 9457.")]
    [InlineData(null, null, "5000d", null, "range: is too long: a report covers at most 3660 days, and this would be 5000.")]
    [InlineData(null, "2026-10-01", null, null, "from: is missing: say when the report begins, such as 2026-10-01.")]
    [InlineData("2026-10-01", null, "30d", null, "range: Name either a range, or 'from' and 'to'.")]
    [InlineData(null, null, "october", null, "range: 'october' is no range: write a month (2026-10), a quarter (2026-Q4), a year (2026), the last days (30d), this-month or last-month.")]
    [InlineData(null, null, "2026-Q5", null, "range: '2026-Q5' is no range: write a month (2026-10), a quarter (2026-Q4), a year (2026), the last days (30d), this-month or last-month.")]
    [InlineData(null, null, "0d", null, "range: '0d' is no range: write a month (2026-10), a quarter (2026-Q4), a year (2026), the last days (30d), this-month or last-month.")]
    [InlineData(null, null, "30d", "Berlin", "zone: there is no time zone 'Berlin'; did you mean 'Europe/Berlin'?")]
    [InlineData(null, null, "30d", "Mars/Olympus", "zone: there is no time zone 'Mars/Olympus'; write an IANA name such as Europe/Berlin, America/New_York or UTC.")]
    [InlineData("2026-02-30", "0001-01-01", null, "../etc/passwd", "zone: there is no time zone '../etc/passwd'; write an IANA name such as Europe/Berlin, America/New_York or UTC.", "from: '2026-02-30' is no date: write a day such as 2026-10-01, a time in the zone such as 2026-10-01T08:00, or an instant such as 2026-10-01T08:00:00Z.", "to: '0001-01-01' is no date: write a day such as 2026-10-01, a time in the zone such as 2026-10-01T08:00, or an instant such as 2026-10-01T08:00:00Z.")]
    public void Read_WhatMakesNoSense_NamesEveryMistakeAtItsField(string? from, string? to, string? range, string? zone, params string[] expected)
    {
        var (read, mistakes) = ReportRange.Read(from, to, range, zone, Now);

        Assert.Null(read);
        Assert.Equal(expected, mistakes.Select(mistake => $"{mistake.Field}: {mistake.Message}"));
    }
}
