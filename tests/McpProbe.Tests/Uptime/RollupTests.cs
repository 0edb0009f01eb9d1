using CsCheck;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;
using McpProbe.Uptime;

namespace McpProbe.Tests.Uptime;

public class RollupTests
{
    private static readonly DateTimeOffset Hour = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("healthy healthy healthy down", 0.75, 1.0)]
    [InlineData("healthy degraded gated", 1.0, 0.75)]
    [InlineData("down down", 0.0, 0.5)]
    [InlineData("unknown down healthy", 0.5, 0.5)]
    [InlineData("unknown unknown", null, 0.0)]
    [InlineData("", null, 0.0)]
    public void Uptime_OfVerdicts_LeavesOutWhatSaysNothing(string verdicts, double? uptime, double coverage)
    {
        var rollup = Rollup.Of(Results(verdicts), expected: 4);

        Assert.Equal(verdicts.Split(' ').Count(name => name == "unknown"), rollup.Unknown);
        Assert.Equal(uptime, rollup.Uptime);
        Assert.Equal(coverage, rollup.Coverage);
    }

    [Fact]
    public void Of_ProbesInAMaintenance_CountsThemNeitherUpNorDownNorExpected()
    {
        var rollup = Rollup.Of(
            [
                Result(Verdict.Healthy, 1), Result(Verdict.Down, null), Result(Verdict.Down, null) with { Maintenance = true },
                Result(Verdict.Healthy, 1000) with { Maintenance = true },
            ],
            expected: 6);
        var twice = rollup.Merge(rollup);

        Assert.Equal((1, 1, 2, 4), (rollup.Healthy, rollup.Down, rollup.Maintenance, rollup.Expected));
        Assert.Equal((0.5, 0.5, 1.0), (rollup.Uptime, rollup.Coverage, rollup.HandshakeMs.MaxMs));
        Assert.Equal((4, 8, 0.5), (twice.Maintenance, twice.Expected, twice.Coverage));
    }

    [Fact]
    public void HandshakeMs_OfProbes_LeavesOutColdOnesAndThoseThatFailed()
    {
        var rollup = Rollup.Of(
            [
                Result(Verdict.Healthy, 1), Result(Verdict.Degraded, 2),
                Result(Verdict.Healthy, 1000) with { Cold = true }, Result(Verdict.Down, 1000), Result(Verdict.Healthy, null),
            ],
            expected: 5);

        Assert.Equal((2, 3, 1, 2), (rollup.HandshakeMs.Count, rollup.HandshakeMs.SumMs, rollup.HandshakeMs.MinMs, rollup.HandshakeMs.MaxMs));
        Assert.Equal(4, rollup.Up);
    }

    [Fact]
    public void Merge_OfParts_IsTheRollupOfTheWhole() =>
        Gen.Select(Gen.Enum<Verdict>().Array[0, 50], Gen.Enum<Verdict>().Array[0, 50]).Sample((one, other) =>
        {
            var whole = Rollup.Of([.. one.Concat(other).Select(verdict => Result(verdict, 1))], expected: 100);
            var merged = Rollup.Of(one.Select(verdict => Result(verdict, 1)), 60).Merge(Rollup.Of(other.Select(verdict => Result(verdict, 1)), 40));

            Assert.Equal(
                (whole.Healthy, whole.Degraded, whole.Gated, whole.Down, whole.Unknown, whole.Expected, whole.HandshakeMs.Count),
                (merged.Healthy, merged.Degraded, merged.Gated, merged.Down, merged.Unknown, merged.Expected, merged.HandshakeMs.Count));
        });

    [Theory]
    [InlineData(60, 60)]
    [InlineData(3600, 1)]
    [InlineData(1, 3600)]
    [InlineData(7, null)]
    [InlineData(86_400, null)]
    public void SlotsIn_AnHour_AreThoseOfTheGrid(int intervalSeconds, int? expected)
    {
        var endpoint = new Endpoint { Id = "every.thing", Interval = TimeSpan.FromSeconds(intervalSeconds) };
        var counted = 0;
        for (var slot = Schedule.NextSlot(endpoint, Hour - TimeSpan.FromTicks(1)); slot < Hour.AddHours(1); slot = Schedule.NextSlot(endpoint, slot))
            counted++;

        Assert.Equal(counted, Schedule.SlotsIn(endpoint, Hour, Hour.AddHours(1)).Count());
        Assert.Equal(expected ?? counted, counted);
    }

    [Fact]
    public void HoursAndDays_OfTwoLocations_AreTheirOwn()
    {
        var endpoint = new Endpoint { Id = "a" };
        ProbeRecord[] records =
        [
            new(Hour, "west", Result(Verdict.Down, null)), new(Hour, "home", Result(Verdict.Healthy, 1)),
            new(Hour.AddMinutes(1), "home", Result(Verdict.Healthy, 3)),
        ];

        IReadOnlyList<RollupRecord> HoursOf(DateTimeOffset hour, ProbeRecord[] found) =>
            RollUpJob.Hours(new RegisteredEndpoint(endpoint, EndpointSource.Api), EndpointState.New, hour, [], found);
        var hours = HoursOf(Hour, records);
        var days = RollUpJob.Days(Hour.AddHours(-10), [.. hours, .. HoursOf(Hour.AddHours(1), records[..1])]);

        Assert.Equal([("home", 1.0, 60), ("west", 0.0, 60)], hours.Select(each => (each.Location, each.Rollup.Uptime!.Value, each.Rollup.Expected)));
        var reversed = RollUpJob.Days(Hour.AddHours(-10), hours.Reverse());
        Assert.Equal(["home", "west"], reversed.Select(each => each.Location));
        Assert.Equal([("home", 2, 60), ("west", 2, 120)], days.Select(each => (each.Location, each.Rollup.Observed, each.Rollup.Expected)));
    }

    /// <summary>An hour that nobody probed is one of which nothing is known, and not one that never was.</summary>
    [Theory]
    // Watched since before, all the hour long, from both places: but one has three results only, and the other none.
    [InlineData("09:00:00", null, false, "3/60 0/60")]
    // Created, or resumed, in the middle of the hour; at its last second; later.
    [InlineData("10:30:00", null, false, "3/30 0/30")]
    [InlineData("10:59:59", null, false, "3/3")]
    [InlineData("11:00:00", null, false, "3/3")]
    // Paused in the middle of the hour, before it, and after it.
    [InlineData("09:00:00", "10:15:00", true, "3/15 0/15")]
    [InlineData("08:00:00", "09:59:59", true, "3/3")]
    [InlineData("08:00:00", "11:00:00", true, "3/60 0/60")]
    // Of an older version, which did not keep it.
    [InlineData(null, null, false, "3/60 0/60")]
    [InlineData(null, null, true, "3/3")]
    public void Hours_WithoutResults_AreExpectedWhileTheEndpointIsWatched(string? since, string? until, bool paused, string expected)
    {
        var endpoint = new RegisteredEndpoint(new Endpoint { Id = "a", Paused = paused }, EndpointSource.Api)
        {
            Watched = new WatchedPeriod(since is null ? null : At(since), until is null ? null : At(until)),
        };
        var slots = Schedule.SlotsIn(endpoint.Endpoint, Hour, Hour.AddHours(1)).Take(3);

        var hours = RollUpJob.Hours(
            endpoint, EndpointState.New, Hour, ["home", "west"], slots.Select(slot => new ProbeRecord(slot, "home", Result(Verdict.Healthy, 1))));

        Assert.Equal(expected, string.Join(' ', hours.Select(each => $"{each.Rollup.Observed}/{each.Rollup.Expected}")));
    }

    [Fact]
    public void Hours_InAMaintenance_ExpectNothingAndAreNoGap()
    {
        var window = new MaintenanceWindow("0 10 * * *", TimeSpan.FromMinutes(20), "UTC");
        var endpoint = new RegisteredEndpoint(new Endpoint { Id = "a", Maintenance = [window] }, EndpointSource.Api);
        // And one that somebody asked for, up to the end of the hour.
        var state = EndpointState.New with { Maintenance = new AdHocMaintenance(At("10:50:00"), At("12:00:00"), "Ann", null) };
        var slots = Schedule.SlotsIn(endpoint.Endpoint, Hour, Hour.AddHours(1)).ToList();

        var nobody = Assert.Single(RollUpJob.Hours(endpoint, state, Hour, ["home"], []));
        Assert.Equal((0, 30), (nobody.Rollup.Observed, nobody.Rollup.Expected));
        // The results of such a time say so themselves, also when the calendar has changed since.
        var probed = Assert.Single(RollUpJob.Hours(
            endpoint, EndpointState.New, Hour, ["home"],
            slots.Select((slot, i) => new ProbeRecord(slot, "home", Result(Verdict.Healthy, 1) with { Maintenance = i is < 20 or >= 50 }))));
        Assert.Equal((30, 30, 30), (probed.Rollup.Observed, probed.Rollup.Expected, probed.Rollup.Maintenance));
        Assert.Empty(RollUpJob.Hours(endpoint, state, Hour.AddHours(1), ["home"], []));
    }

    [Fact]
    public void Hours_WithAnIntervalThatChanged_ExpectNoLessThanWasFound()
    {
        var endpoint = new RegisteredEndpoint(new Endpoint { Id = "a", Interval = TimeSpan.FromMinutes(30) }, EndpointSource.Api);
        var records = Enumerable.Range(0, 20).Select(i => new ProbeRecord(Hour.AddMinutes(i), "home", Result(Verdict.Healthy, 1)));

        Assert.Equal(20, Assert.Single(RollUpJob.Hours(endpoint, EndpointState.New, Hour, ["home"], records)).Rollup.Expected);
    }

    // Five minutes are left to what is still on its way.
    [Theory]
    [InlineData("10:00:00", "10:05:00")]
    [InlineData("10:04:59", "10:05:00")]
    [InlineData("10:05:00", "11:05:00")]
    [InlineData("10:59:59", "11:05:00")]
    public void NextRun_AfterAnInstant_IsFiveMinutesPastTheHour(string now, string expected) =>
        Assert.Equal(At(expected), RollUpJob.NextRun(At(now)));

    [Fact]
    public void Of_MoreMaintenanceThanExpected_ExpectsNothing()
    {
        var rollup = Rollup.Of([Result(Verdict.Down, null) with { Maintenance = true }, Result(Verdict.Down, null) with { Maintenance = true }], expected: 1);

        Assert.Equal((0, 2, null, null), (rollup.Expected, rollup.Maintenance, rollup.Coverage, rollup.Uptime));
    }

    [Fact]
    public void Coverage_OfMoreThanExpected_IsAll() =>
        Assert.Equal(1, Rollup.Of([Result(Verdict.Healthy, 1), Result(Verdict.Healthy, 1)], expected: 1).Coverage);

    [Fact]
    public void HourLatency_OfSeveralLocations_IsThatOfAllTogether()
    {
        var endpoint = new Endpoint { Id = "a" };
        RollupRecord Of(string location, params double?[] ms) =>
            new(RollupPeriod.Hour, Hour, location, Rollup.Of(ms.Select(each => Result(Verdict.Healthy, each)), expected: 60));

        Assert.Equal(new HourLatency(endpoint, Hour, 40, 3), HourLatency.Of(endpoint, Hour, [Of("home", 10, 40), Of("west", 20)]));
        Assert.Null(HourLatency.Of(endpoint, Hour, [Of("home", null, null)]));
        Assert.Null(HourLatency.Of(endpoint, Hour, []));
    }

    private static DateTimeOffset At(string time) => Hour.AddHours(-10) + TimeSpan.Parse(time, System.Globalization.CultureInfo.InvariantCulture);

    private static IEnumerable<ProbeResult> Results(string verdicts) => verdicts
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(name => Result(WireNames.TryParse<Verdict>(name, out var verdict) ? verdict : throw new ArgumentException(name), 1));

    private static ProbeResult Result(Verdict verdict, double? handshakeMs) => new()
    {
        Target = "https://example.com/mcp",
        Verdict = verdict,
        Timings = new Timings(null, null, null, handshakeMs, null, null, 1),
        StartedAt = Hour,
    };
}
