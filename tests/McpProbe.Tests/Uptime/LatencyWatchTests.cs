using McpProbe.Uptime;

namespace McpProbe.Tests.Uptime;

/// <summary>What follows from a measurement is tested with the incident machine, and on every store (RollupStoreContract).</summary>
public class LatencyWatchTests
{
    [Theory]
    [InlineData("2026-11-22 10:00", null, "2026-11-22 10:00")]
    // Found at 08:00 that the hour from 07:00 was slow: what was before 07:00 counts.
    [InlineData("2026-11-22 10:00", "2026-11-22 08:00", "2026-11-22 07:00")]
    [InlineData("2026-11-22 10:00", "2026-11-22 11:00", "2026-11-22 10:00")]
    [InlineData("2026-11-22 10:00", "2026-11-22 13:00", "2026-11-22 10:00")]
    // What lasts a week is usual.
    [InlineData("2026-11-22 10:00", "2026-11-15 11:00", "2026-11-15 10:00")]
    [InlineData("2026-11-22 10:00", "2026-11-03 11:00", "2026-11-15 10:00")]
    public void BaselineEnd_OfAnHour_LeavesOutItsOwnSlowness(string hour, string? since, string expected) =>
        Assert.Equal(Utc(expected), LatencyWatch.BaselineEnd(Utc(hour), since is null ? null : Utc(since)));

    private static DateTimeOffset Utc(string text) =>
        DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal);
}
