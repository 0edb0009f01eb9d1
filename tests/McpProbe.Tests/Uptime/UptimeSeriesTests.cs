using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using McpProbe.Uptime;
using Endpoint = McpProbe.Endpoints.Endpoint;

namespace McpProbe.Tests.Uptime;

/// <summary>What charts are drawn from, of a store that rolls up as the heads do.</summary>
public sealed class UptimeSeriesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 10, 17, 40, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadAsync_ADay_HasTheFiguresOfItsResults()
    {
        var (store, registered) = Store(TimeSpan.FromMinutes(1));
        var records = Fill(store, registered, Now.AddHours(-25), Now);

        var series = await ReadAsync(store, registered, UptimeRange.Day);

        Assert.Equal((TimeSpan.FromMinutes(15), 96), (series.Width, series.Spans.Count));
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 10, 15, 0, TimeSpan.Zero), series.Spans[^1].Start);
        foreach (var (start, rollup) in series.Spans)
        {
            var raw = records.Where(record => record.Slot >= start && record.Slot < start + series.Width).Select(record => record.Result).ToList();
            Assert.Equal(raw.Count(result => result.Verdict is Verdict.Down), rollup.Down);
            Assert.Equal(raw.Count(result => result.Verdict is Verdict.Healthy), rollup.Healthy);
            Assert.Equal(LatencyHistogram.Of(raw.Select(result => result.Timings.CatalogMs).OfType<double>()).Quantile(.95), rollup.Latency[LatencyPhase.Catalog].Quantile(.95));
        }

        // The hour that nobody looked at is expected, and lowers the coverage alone.
        Assert.Equal(60, series.Total.Expected - series.Total.Observed);
    }

    [Theory]
    [InlineData(UptimeRange.Week, 2, 84)]
    [InlineData(UptimeRange.Month, 24, 30)]
    [InlineData(UptimeRange.Quarter, 24, 90)]
    public async Task ReadAsync_LongerRanges_CountEachProbeOnceWhateverIsRolledUp(UptimeRange range, int hours, int count)
    {
        var (store, registered) = Store(TimeSpan.FromMinutes(5));
        var records = Fill(store, registered, Now.AddDays(-9), Now);
        // Rolled up to two hours ago, and not yesterday's day: its last hour was late.
        await RollUpAsync(store, registered, records, Now.AddDays(-9), new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero), exceptDay: new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero));

        var series = await ReadAsync(store, registered, range);

        Assert.Equal((TimeSpan.FromHours(hours), count), (series.Width, series.Spans.Count));
        var inRange = records.Where(record => record.Slot >= series.Spans[0].Start).ToList();
        Assert.Equal(inRange.Count, series.Total.Observed);
        Assert.Equal(inRange.Count(record => record.Result.Verdict is Verdict.Down), series.Total.Down);
        Assert.Equal(
            LatencyHistogram.Of(inRange.Select(record => record.Result.Timings.HandshakeMs).OfType<double>()).Buckets, series.Total.HandshakeMs.Buckets);
    }

    [Fact]
    public async Task ReadAsync_ADayOfAnEndpointThatIsProbedEachSecond_IsByTheHour()
    {
        var (store, registered) = Store(TimeSpan.FromSeconds(1));

        var series = await ReadAsync(store, registered, UptimeRange.Day);

        Assert.Equal((TimeSpan.FromHours(1), 24), (series.Width, series.Spans.Count));
    }

    [Fact]
    public async Task ReadAsync_NothingRolledUpForLong_ShowsAGapAndReadsNoMoreThanThreeHours()
    {
        var (store, registered) = Store(TimeSpan.FromMinutes(1));
        Fill(store, registered, Now.AddDays(-2), Now);
        await store.WriteRolledThroughAsync(Now.AddDays(-2), Cancellation);

        var series = await ReadAsync(store, registered, UptimeRange.Week);

        // From seven o'clock on.
        Assert.InRange(series.Total.Observed, 190, 200);
    }

    private static Task<UptimeSeries> ReadAsync(MemoryStore store, RegisteredEndpoint registered, UptimeRange range) =>
        UptimeSeries.ReadAsync(store, registered, EndpointState.New, range, Now, Cancellation);

    private static (MemoryStore Store, RegisteredEndpoint Registered) Store(TimeSpan interval)
    {
        var registered = new RegisteredEndpoint(
            new Endpoint { Id = "a", Url = new Uri("https://a.example.com/mcp"), Interval = interval, Timeout = interval < Endpoint.DefaultTimeout ? interval : Endpoint.DefaultTimeout },
            EndpointSource.Api)
        { Watched = new(Now.AddDays(-30), null) };
        var store = new MemoryStore();
        store.Put(registered);
        return (store, registered);
    }

    // One in ten is down; from seven to eight hours ago nobody looked.
    private static List<ProbeRecord> Fill(MemoryStore store, RegisteredEndpoint registered, DateTimeOffset from, DateTimeOffset until)
    {
        var gap = (From: UptimeSummary.FloorHour(Now.AddHours(-7)), Until: UptimeSummary.FloorHour(Now.AddHours(-6)));
        var records = Schedule.SlotsIn(registered.Endpoint, from, until).Where(slot => slot < gap.From || slot >= gap.Until).Select((slot, i) => new ProbeRecord(slot, "local", new ProbeResult
        {
            Target = registered.Endpoint.Target,
            Verdict = i % 10 == 0 ? Verdict.Down : Verdict.Healthy,
            Timings = i % 10 == 0 ? new Timings(1, null, null, null, null, null, 9) : new Timings(1, 2, 3, 10 + i % 37, 20 + i % 11, null, 40 + i % 37),
            StartedAt = slot,
        })).ToList();
        foreach (var record in records)
            store.AddResult("a", record);
        return records;
    }

    private static async Task RollUpAsync(
        MemoryStore store, RegisteredEndpoint registered, List<ProbeRecord> records, DateTimeOffset from, DateTimeOffset through, DateTimeOffset exceptDay)
    {
        var hours = new List<RollupRecord>();
        for (var hour = UptimeSummary.FloorHour(from); hour < through; hour = hour.AddHours(1))
            hours.AddRange(RollUpJob.Hours(registered, EndpointState.New, hour, ["local"], records.Where(record => record.Slot >= hour && record.Slot < hour.AddHours(1))));
        var days = hours.GroupBy(record => UptimeSummary.FloorDay(record.Start)).Where(day => day.Key != exceptDay && day.Key.AddDays(1) <= through)
            .SelectMany(day => RollUpJob.Days(day.Key, day));
        await store.WriteRollupsAsync("a", [.. hours, .. days], Cancellation);
        await store.WriteRolledThroughAsync(through, Cancellation);
    }
}
