using McpProbe.Drift;
using McpProbe.Model;

namespace McpProbe.Tests.Drift;

/// <summary>An endpoint that went from a to b at ten and from b to c at twelve, unless a case says something else.</summary>
public class CatalogTimelineTests
{
    private const string Version = "2025-11-25";
    private static readonly DateTimeOffset Ten = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    private static readonly CatalogTimeline Timeline = new(EndpointState.New, [Record(12, "b", "c"), Record(10, "a", "b")]);

    private static DriftRecord Record(int hour, string before, string after, string? beforeVersion = null) =>
        new("e", Ten.AddHours(hour - 10), Version, before, after, [], beforeVersion);

    [Theory]
    [InlineData("08:00", "a")]
    [InlineData("09:59", "a")]
    [InlineData("10:00", "b")]
    [InlineData("11:59", "b")]
    [InlineData("12:00", "c")]
    [InlineData("20:00", "c")]
    public void At_AMoment_IsTheLastCatalogueSince(string time, string hash) =>
        Assert.Equal(new CatalogVersion(Version, hash), Timeline.At(Ten.Date + TimeSpan.Parse(time, null)));

    [Fact]
    public void At_WithoutDrift_IsTheBaseline()
    {
        var state = EndpointState.New.WithBaseline(Version, new("a", Ten, null));

        Assert.Equal(new CatalogVersion(Version, "a"), new CatalogTimeline(state, []).At(Ten.AddDays(-1)));
        Assert.Null(new CatalogTimeline(EndpointState.New, []).At(Ten));
    }

    [Fact]
    public void Find_AHash_IsTheNewestCatalogueThatHasIt()
    {
        var there = new CatalogTimeline(EndpointState.New, [Record(12, "b", "a"), Record(10, "a", "b", beforeVersion: "2025-06-18")]);

        Assert.Equal(new CatalogVersion(Version, "a"), there.Find("a"));
        Assert.Equal(new CatalogVersion(Version, "b"), there.Find("b"));
        Assert.Equal(new CatalogVersion("2025-06-18", "a"), there.At(Ten.AddHours(-1)));
        Assert.Null(there.Find("c"));
    }
}
