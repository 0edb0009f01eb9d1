using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using McpProbe.Uptime;
using Microsoft.Extensions.Time.Testing;

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

    // The hour's p95, its samples; what 95 of 100 took in the days before, and how many there were of it.
    [Theory]
    [InlineData(900, 20, 200, 200, true)]
    [InlineData(900, 19, 200, 200, false)] // too few in the hour
    [InlineData(900, 20, 200, 199, false)] // too few in the days
    [InlineData(399, 20, 200, 200, false)] // not twice as long
    [InlineData(100, 20, 0, 200, true)] // as little as can be a regression
    [InlineData(99, 20, 0, 200, false)]
    public async Task Run_AnHour_IsJudgedByWhatItCanBeComparedWith(double p95, long samples, double usualMs, int usual, bool opens)
    {
        await WeekAsync(usualMs, usual);

        Assert.Equal(opens ? 1 : 0, await RunAsync(new HourLatency(Slow, Hour, p95, samples)));

        Assert.Equal(opens ? 1 : 0, _store.HandedOver.Count);
        Assert.Equal(opens ? Hour.AddHours(1) : null, _store.State.Regression?.At);
    }

    [Fact]
    public async Task Run_HoursOfTheDayThatHasBegun_AreUsualToo()
    {
        await WeekAsync(200, 199);
        await _store.WriteRollupsAsync("slow", [Record(RollupPeriod.Hour, Hour.AddHours(-1), 200, 1)], Token);

        Assert.Equal(1, await RunAsync(new HourLatency(Slow, Hour, 900, 60)));
    }

    [Fact]
    public async Task Run_HourOfMidnight_IsComparedWithTheDaysBefore()
    {
        await WeekAsync(200, 200);

        Assert.Equal(1, await RunAsync(new HourLatency(Slow, Midnight, 900, 60)));
    }

    [Theory]
    [InlineData(99, 60, false)]
    [InlineData(900, 19, false)]
    [InlineData(900, 60, true)]
    public async Task Run_NothingCanFollow_CostsNoRequestOfTheEndpoint(double p95, long samples, bool paused)
    {
        var before = _store.Steps;

        Assert.Equal(0, await RunAsync(new HourLatency(Slow with { Paused = paused }, Hour, p95, samples)));

        // Which endpoints are slow is asked once for all.
        Assert.Equal(p95 < 100 ? 1 : 0, _store.Steps - before);
    }

    [Fact]
    public async Task Run_SlowOneThatIsQuickAgain_Resolves()
    {
        await WeekAsync(200, 200);
        await RunAsync(new HourLatency(Slow, Hour, 900, 60));

        Assert.Equal(1, await RunAsync(new HourLatency(Slow, Hour.AddHours(1), 20, 60)));

        Assert.Equal([TransitionType.Opened, TransitionType.Resolved], _store.HandedOver.Select(each => each.Type));
        Assert.Null(_store.State.Regression);
    }

    [Fact]
    public async Task Run_InAMaintenance_LeavesItToTheNextHour()
    {
        await WeekAsync(200, 200);
        _store.State = _store.State with { Maintenance = new AdHocMaintenance(Hour, Hour.AddDays(1), "Ann", null) };

        Assert.Equal(0, await RunAsync(new HourLatency(Slow, Hour, 900, 60)));

        Assert.Null(_store.State.Regression);
    }

    [Fact]
    public async Task Run_OneThatCannotBeJudged_IsAnErrorOfItsOwn()
    {
        await WeekAsync(200, 200);
        var watch = new LatencyWatch(_store, new MemoryStore { Broken = new IOException("gone") }, new FakeTimeProvider(Hour.AddHours(2)));

        var failure = await Assert.ThrowsAsync<AggregateException>(() => watch.RunAsync([new(Slow, Hour, 900, 60), new(Slow, Hour, 99, 60)], _store, Token));

        Assert.IsType<IOException>(Assert.Single(failure.InnerExceptions));
    }

    private static readonly DateTimeOffset Midnight = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Hour = Midnight.AddHours(5);
    private static readonly Endpoint Slow = new() { Id = "slow", Url = new Uri("https://example.com/mcp") };

    private readonly MemoryStore _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<int> RunAsync(HourLatency hour) => new LatencyWatch(_store, _store, new FakeTimeProvider(hour.Hour.AddHours(2))).RunAsync([hour], _store, Token);

    /// <summary>A healthy endpoint whose handshakes took that long yesterday.</summary>
    private async Task WeekAsync(double ms, int samples)
    {
        _store.Put(new RegisteredEndpoint(Slow, EndpointSource.Api));
        _store.State = EndpointState.New with
        {
            Verdict = Verdict.Healthy,
            Locations = new Dictionary<string, LocationState> { ["local"] = new(Midnight, Verdict.Healthy, 0, 0) },
        };
        await _store.WriteRollupsAsync("slow", [Record(RollupPeriod.Day, Midnight.AddDays(-1), ms, samples)], Token);
    }

    private static RollupRecord Record(RollupPeriod period, DateTimeOffset start, double ms, int samples) =>
        new(period, start, "local", new Rollup { HandshakeMs = LatencyHistogram.Of(Enumerable.Repeat(ms, samples)) });

    private static DateTimeOffset Utc(string text) =>
        DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal);
}
