using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using McpProbe.Uptime;
using Microsoft.Extensions.Time.Testing;
using Endpoint = McpProbe.Endpoints.Endpoint;

namespace McpProbe.Tests.Uptime;

/// <summary>What pages show of an endpoint's past: figures, bars and what the results since the last roll-up add to them.</summary>
public sealed class UptimeSummaryTests
{
    // A quarter past ten.
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 10, 15, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Today = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    private static readonly RegisteredEndpoint Endpoint = new(new Endpoint { Id = "a", Url = new Uri("https://a.example.com/mcp") }, EndpointSource.Api);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Of_DaysAndHours_CountsEachProbeOnceInEachRange()
    {
        var summary = UptimeSummary.Of(
            [Day(-89, down: 5), Day(-29, down: 4), Day(-6, down: 3), Day(-1, down: 2), Day(0, down: 1000), Day(-90, down: 1000)],
            [Hour(Today.AddHours(-1), down: 7), Hour(Today, down: 1), Hour(Today.AddHours(9), down: 1)],
            [Hour(Today.AddHours(10), down: 1)],
            Now);

        Assert.Equal((24, 90), (summary.Hours.Count, summary.Days.Count));
        Assert.Equal((Today.AddHours(-13), Today.AddHours(10)), (summary.Hours[0].Start, summary.Hours[^1].Start));
        Assert.Equal((Today.AddDays(-89), Today), (summary.Days[0].Start, summary.Days[^1].Start));
        // Today is its hours; yesterday is what was rolled up, whatever its last hour says.
        Assert.Equal(3, summary.Days[^1].Down);
        Assert.Equal(2, summary.Days[^2].Down);
        Assert.Equal(
            [7 + 3, 3 + 2 + 3, 4 + 3 + 2 + 3, 5 + 4 + 3 + 2 + 3],
            Enum.GetValues<UptimeRange>().Select(range => summary.Of(range).Down));
    }

    [Fact]
    public void Of_AYesterdayThatIsNotRolledUpYet_IsTheSumOfItsHours()
    {
        var summary = UptimeSummary.Of([], [Hour(Today.AddHours(-3), down: 1), Hour(Today.AddHours(-2), down: 2)], [], Today.AddMinutes(2));

        Assert.Equal(3, summary.Days[^2].Down);
        Assert.Equal(0, summary.Days[^1].Observed);
        Assert.Null(summary.Days[^1].Uptime);
    }

    [Fact]
    public void Of_SeveralLocations_AddsThemUp()
    {
        var summary = UptimeSummary.Of(
            [], [Hour(Today, down: 1), Hour(Today, down: 2) with { Location = "west" }], [], Now);

        Assert.Equal((3, 197, 200), (summary.Of(UptimeRange.Day).Down, summary.Of(UptimeRange.Day).Up, summary.Of(UptimeRange.Day).Expected));
        Assert.Equal(197.0 / 200, summary.Of(UptimeRange.Day).Uptime);
    }

    [Fact]
    public void Since_AFewResults_ExpectsWhatMustBeThereAndNothingThatIsOnItsWay()
    {
        var slots = Schedule.SlotsIn(Endpoint.Endpoint, Today.AddHours(10), Now.AddSeconds(-40)).ToList();
        ProbeRecord[] records = [.. slots.Skip(3).Select((slot, i) => new ProbeRecord(slot, "home", StoreSamples.Healthy() with { Verdict = i < 2 ? Verdict.Down : Verdict.Healthy, Cold = false }))];

        var since = UptimeSummary.Since(Endpoint, EndpointState.New, Today.AddHours(10), records, [], Now);

        var rollup = Assert.Single(since).Rollup;
        Assert.Equal((slots.Count, 2, slots.Count - 5), (rollup.Expected, rollup.Down, rollup.Up));
    }

    [Fact]
    public void Since_AMaintenanceAndALocationThatIsSilent_AreTold()
    {
        var state = EndpointState.New with { Maintenance = new AdHocMaintenance(Today.AddHours(9), Today.AddHours(10), "ann", null) };
        ProbeRecord[] records = [new(Today.AddHours(10).AddMinutes(1), "home", StoreSamples.Healthy())];

        var since = UptimeSummary.Since(Endpoint, state, Today.AddHours(9), records, ["home", "west"], Now);

        Assert.Equal(
            [(9, "home", 0, 0), (9, "west", 0, 0), (10, "home", 14, 1), (10, "west", 14, 0)],
            since.Select(each => (each.Start.Hour, each.Location, Math.Min(14, each.Rollup.Expected), each.Rollup.Observed)));
    }

    [Fact]
    public async Task Reader_AskedOverAndOver_ReadsOnceAMinuteAndRollupsOnceAnHour()
    {
        var time = new FakeTimeProvider(Now);
        var store = new MemoryStore(time);
        store.Put(Endpoint);
        await store.WriteRolledThroughAsync(Today.AddHours(10), Cancellation);
        await store.WriteRollupsAsync("a", [Day(-3, down: 10), Hour(Today.AddHours(9), down: 5)], Cancellation);
        store.AddResult("a", new(Today.AddHours(10).AddMinutes(3), "home", StoreSamples.Down()));
        using var reader = new UptimeReader(store, time);
        EndpointOverview[] asked = [new(Endpoint, EndpointState.New, null)];

        var before = store.Steps;
        await Parallel.ForAsync(0, 20, Cancellation, async (_, _) => await reader.ReadAsync(asked, Cancellation));
        Assert.Equal(4, store.Steps - before);
        var summary = (await reader.ReadAsync(asked, Cancellation))["a"];
        Assert.Equal((6, 16), (summary.Of(UptimeRange.Day).Down, summary.Of(UptimeRange.Week).Down));
        Assert.Equal(4, store.Steps - before);

        // A minute later: the mark and the results since it.
        store.AddResult("a", new(Today.AddHours(10).AddMinutes(16), "home", StoreSamples.Down()));
        time.Advance(UptimeReader.Kept);
        Assert.Equal(7, (await reader.ReadAsync(asked, Cancellation))["a"].Of(UptimeRange.Day).Down);
        Assert.Equal(6, store.Steps - before);

        // The next hour is rolled up, with what came late: nothing counts twice.
        await store.WriteRollupsAsync("a", [Hour(Today.AddHours(10), down: 4)], Cancellation);
        await store.WriteRolledThroughAsync(Today.AddHours(11), Cancellation);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(9, (await reader.ReadAsync(asked, Cancellation))["a"].Of(UptimeRange.Day).Down);
    }

    private static RollupRecord Day(int days, int down) => new(RollupPeriod.Day, Today.AddDays(days), "home", Of(down));

    private static RollupRecord Hour(DateTimeOffset start, int down) => new(RollupPeriod.Hour, start, "home", Of(down));

    private static Rollup Of(int down) => new() { Healthy = 100 - Math.Min(100, down), Down = down, Expected = 100, HandshakeMs = LatencyHistogram.Of([10, 20]) };
}
