using System.Globalization;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Tests.Incidents;

/// <summary>What is shown of maintenance: the one that is on, and the next.</summary>
public class MaintenancePeriodTests
{
    private static readonly Endpoint Nightly = new()
    {
        Id = "a",
        Maintenance = [new("0 2 * * *", TimeSpan.FromHours(1)), new("30 2 * * *", TimeSpan.FromHours(2)), new("0 14 * * SAT", TimeSpan.FromHours(1))],
    };

    // 2026-06-01 is a Monday.
    [Theory]
    [InlineData("01T02:00Z", null, "window 01T02:00Z 01T04:30Z", "window 02T02:00Z 02T03:00Z", "windows that overlap are one")]
    [InlineData("01T03:10Z", null, "window 01T02:30Z 01T04:30Z", "window 02T02:00Z 02T03:00Z", "the first of them is over")]
    [InlineData("01T02:45Z", null, "window 01T02:00Z 01T04:30Z", "window 02T02:00Z 02T03:00Z", "the one that began first")]
    [InlineData("01T12:00Z", null, null, "window 02T02:00Z 02T03:00Z", "none now")]
    [InlineData("01T12:00Z", "02T02:00Z 02T05:00Z", null, "ad-hoc 02T02:00Z 02T05:00Z", "asked for, as a window begins: it can be called off")]
    [InlineData("01T12:00Z", "01T11:00Z 01T13:00Z", "ad-hoc 01T11:00Z 01T13:00Z", "window 02T02:00Z 02T03:00Z", "asked for")]
    [InlineData("01T02:00Z", "01T01:00Z 01T03:00Z", "ad-hoc 01T01:00Z 01T04:30Z", "window 02T02:00Z 02T03:00Z", "asked for, within windows that last longer")]
    [InlineData("01T12:00Z", "01T20:00Z 01T21:00Z", null, "ad-hoc 01T20:00Z 01T21:00Z", "asked for, ahead and sooner than any window")]
    [InlineData("01T12:00Z", "03T20:00Z 03T21:00Z", null, "window 02T02:00Z 02T03:00Z", "asked for, ahead and later than a window")]
    [InlineData("01T13:00Z", "01T11:00Z 01T13:00Z", null, "window 02T02:00Z 02T03:00Z", "asked for, and over")]
    [InlineData("06T12:00Z", null, null, "window 06T14:00Z 06T15:00Z", "the soonest window, wherever it stands in the list")]
    public void AtAndNext_AnyInstant_AreTheOneThatIsOnAndTheFirstAfterIt(string at, string? asked, string? on, string? next, string because)
    {
        var state = asked?.Split(' ') is [var from, var until]
            ? EndpointState.New with { Maintenance = new AdHocMaintenance(Instant(from), Instant(until), "Ann", null) }
            : EndpointState.New;

        var period = MaintenanceCalendar.At(Nightly, state, Instant(at));

        Assert.True(Text(period) == on, $"{because}: {Text(period)}");
        Assert.Equal(on is not null, MaintenanceCalendar.Covers(Nightly, state, Instant(at)));
        var following = Text(MaintenanceCalendar.Next(Nightly, state, period?.Until ?? Instant(at)));
        Assert.True(following == next, $"{because}: {following}");
    }

    [Fact]
    public void Next_OneThatBeginsNow_IsNotAhead()
    {
        var state = EndpointState.New with { Maintenance = new AdHocMaintenance(Instant("01T12:00Z"), Instant("01T13:00Z"), "Ann", null) };

        Assert.Null(MaintenanceCalendar.Next(new Endpoint { Id = "a" }, state, Instant("01T12:00Z")));
    }

    [Fact]
    public void Next_NothingPlanned_IsNone() =>
        Assert.Null(MaintenanceCalendar.Next(new Endpoint { Id = "a" }, EndpointState.New, Instant("01T12:00Z")));

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse($"2026-06-{text}", CultureInfo.InvariantCulture);

    private static string? Text(MaintenancePeriod? period) => period is null
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"{WireNames.Of(period.Source)} {period.From:dd'T'HH:mm'Z'} {period.Until:dd'T'HH:mm'Z'}");
}
