using McpProbe.Endpoints;

namespace McpProbe.Tests.Endpoints;

public class TimeZonesTests
{
    [Theory]
    [InlineData("UTC")]
    [InlineData("Etc/UTC")]
    [InlineData("Etc/GMT+5")]
    [InlineData("GMT")]
    [InlineData("EST5EDT")]
    [InlineData("Europe/Berlin")]
    [InlineData("Europe/Kyiv")]
    [InlineData("Europe/Kiev")]
    [InlineData("US/Pacific")]
    [InlineData("America/Argentina/Buenos_Aires")]
    public void Find_NameOfTheDatabase_IsTheZone(string name) => Assert.NotNull(TimeZones.Find(name));

    [Fact]
    public void Find_Zone_HasItsDaylightSaving() => Assert.Equal(
        TimeSpan.FromHours(2), TimeZones.Find("Europe/Berlin")!.GetUtcOffset(new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero)));

    [Theory]
    [InlineData("Berlin", "; did you mean 'Europe/Berlin'?")]
    [InlineData("new york", "; did you mean 'America/New_York'?")]
    [InlineData("europe/berlin", "; did you mean 'Europe/Berlin'?")]
    [InlineData("EUROPE/BERLIN", "; did you mean 'Europe/Berlin'?")]
    [InlineData("Europe/Berlni", "; did you mean 'Europe/Berlin'?")]
    [InlineData("utc", "; did you mean 'UTC'?")]
    [InlineData("CEST+2 (summer)", "; write an IANA name such as Europe/Berlin, America/New_York or UTC")]
    [InlineData("W. Europe Standard Time", "; write an IANA name such as Europe/Berlin, America/New_York or UTC")]
    [InlineData("localtime", "; write an IANA name such as Europe/Berlin, America/New_York or UTC")]
    [InlineData("posix/Europe/Berlin", "; did you mean 'Europe/Berlin'?")]
    [InlineData("/usr/share/zoneinfo/UTC", "; write an IANA name such as Europe/Berlin, America/New_York or UTC")]
    [InlineData("../zoneinfo/UTC", "; write an IANA name such as Europe/Berlin, America/New_York or UTC")]
    [InlineData("Europe", "; write an IANA name such as Europe/Berlin, America/New_York or UTC")]
    [InlineData("Europe/", "; write an IANA name such as Europe/Berlin, America/New_York or UTC")]
    public void Find_AnythingElse_IsNothingAndSuggestsTheNearest(string name, string suggestion)
    {
        // One that was found before must not lend its zone to another spelling.
        Assert.NotNull(TimeZones.Find("Europe/Berlin"));

        Assert.Null(TimeZones.Find(name));
        Assert.Equal(suggestion, TimeZones.Suggestion(name));
    }
}
