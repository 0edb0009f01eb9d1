using System.Globalization;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Tests.Incidents;

/// <summary>
/// Windows in a time zone. In 2026 Berlin goes to summer time on 29 March, when 02:00 becomes 03:00 (01:00Z), and back on 25 October, when
/// 03:00 becomes 02:00 (01:00Z).
/// </summary>
public class MaintenanceCalendarTests
{
    [Theory]
    [InlineData("30 2 * * *", "1h", "2026-03-28T01:30Z", "2026-03-28T02:30Z", "in winter 02:30 is 01:30Z")]
    [InlineData("30 2 * * *", "1h", "2026-03-30T00:30Z", "2026-03-30T01:30Z", "in summer 00:30Z")]
    [InlineData("30 2 * * *", "1h", "2026-03-29T01:00Z", "2026-03-29T02:00Z", "one that the clock skips begins when the skipped hour ends")]
    [InlineData("30 2 * * *", "1h", "2026-10-25T00:30Z", "2026-10-25T01:30Z", "one that comes twice begins the first time")]
    [InlineData("0 1 * * *", "3h", "2026-03-29T00:00Z", "2026-03-29T03:00Z", "three hours are three hours, also when one is skipped")]
    [InlineData("0 1 * * *", "3h", "2026-10-24T23:00Z", "2026-10-25T02:00Z", "or comes twice")]
    [InlineData("0 23 * * *", "2h", "2026-06-01T21:00Z", "2026-06-01T23:00Z", "over midnight")]
    [InlineData("0 22 * * SAT", "26h", "2026-06-06T20:00Z", "2026-06-07T22:00Z", "over the whole of Sunday")]
    [InlineData("0 0 1 * *", "24h", "2026-02-28T23:00Z", "2026-03-01T23:00Z", "the first of a month")]
    public void Until_WindowInBerlin_CoversFromItsBeginToItsEnd(string cron, string duration, string from, string until, string because)
    {
        Assert.True(Durations.TryParse(duration, out var lasts));
        var endpoint = new Endpoint { Id = "a", Maintenance = [new MaintenanceWindow(cron, lasts, "Europe/Berlin")] };

        Assert.True(Until(endpoint, Instant(from)) == Instant(until), because);
        Assert.True(Until(endpoint, Instant(until).AddTicks(-1)) == Instant(until), because);
        Assert.False(MaintenanceCalendar.Covers(endpoint, EndpointState.New, Instant(from).AddTicks(-1)), because);
        Assert.False(MaintenanceCalendar.Covers(endpoint, EndpointState.New, Instant(until)), because);
    }

    [Fact]
    public void Until_WindowThatComesTwice_IsOneWindow()
    {
        var endpoint = new Endpoint { Id = "a", Maintenance = [new MaintenanceWindow("30 2 * * *", TimeSpan.FromMinutes(10), "Europe/Berlin")] };

        Assert.True(MaintenanceCalendar.Covers(endpoint, EndpointState.New, Instant("2026-10-25T00:35Z")));
        Assert.False(MaintenanceCalendar.Covers(endpoint, EndpointState.New, Instant("2026-10-25T01:35Z")));
    }

    [Fact]
    public void Until_WindowsAndARequestThatJoin_IsTheEndOfAll()
    {
        var noon = Instant("2026-06-01T12:00Z");
        var endpoint = new Endpoint
        {
            Id = "a",
            Maintenance = [new("0 12 * * *", TimeSpan.FromHours(1)), new("0 13 * * *", TimeSpan.FromHours(1)), new("0 20 * * *", TimeSpan.FromHours(1))],
        };
        var state = EndpointState.New with { Maintenance = new AdHocMaintenance(noon.AddMinutes(90), noon.AddHours(4), "Ann", null) };

        Assert.Equal(noon.AddHours(2), MaintenanceCalendar.Until(endpoint, EndpointState.New, noon));
        Assert.Equal(noon.AddHours(4), MaintenanceCalendar.Until(endpoint, state, noon));
        Assert.Null(MaintenanceCalendar.Until(endpoint, state, noon.AddTicks(-1)));
        Assert.Null(MaintenanceCalendar.Until(endpoint, state, noon.AddHours(4)));
    }

    [Fact]
    public void Until_AlwaysInMaintenance_ComesToAnEnd() => Assert.True(
        Until(new Endpoint { Id = "a", Maintenance = [new("* * * * *", TimeSpan.FromHours(1))] }, Instant("2026-06-01T12:00Z"))
            > Instant("2026-06-01T12:59Z"));

    private static DateTimeOffset? Until(Endpoint endpoint, DateTimeOffset at) => MaintenanceCalendar.Until(endpoint, EndpointState.New, at);

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
