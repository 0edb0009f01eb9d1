using McpProbe.Monitoring;
using McpProbe.Testing;
using McpProbe.Uptime;
using McpProbe.Uptime.Reports;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Server.Tests.Storage;

/// <summary>The figure of docs/reports.md; how many reads a report takes is shown by <c>SlaReporterTests</c>.</summary>
public sealed class ReportSpeedTests(ITestOutputHelper output)
{
    private const int Endpoints = 500;
    private const int Days = 91;

    [Fact(Explicit = true)]
    public async Task Read_NinetyDaysOfFiveHundredEndpoints_TakesLessThanTwoSeconds()
    {
        using var reopened = new ReopenedStore();
        var store = reopened.Open();
        var cancellation = TestContext.Current.CancellationToken;
        var midnight = new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);
        var samples = Enumerable.Range(0, 50).Select(seed => Enumerable.Range(0, 24).Select(hour => RollupSamples.UsualHour(seed * 24 + hour)).ToList()).ToList();
        var days = samples.Select(hours => hours.Aggregate(Rollup.Empty, (sum, hour) => sum.Merge(hour))).ToList();
        for (var number = 0; number < Endpoints; number++)
        {
            var (id, offset) = ($"endpoint-{number}", number);
            await store.PutEndpointAsync(Registered(id), cancellation);
            await store.WriteRollupsAsync(
                id,
                [
                    .. Enumerable.Range(1, Days).Select(day => new RollupRecord(RollupPeriod.Day, midnight.AddDays(-day), "local", days[(offset + day) % days.Count])),
                    .. Enumerable.Range(1, Days).SelectMany(day => Enumerable.Range(0, 24).Select(hour =>
                        new RollupRecord(RollupPeriod.Hour, midnight.AddDays(-day).AddHours(hour), "local", samples[(offset + day) % samples.Count][hour]))),
                ],
                cancellation);
        }

        await store.WriteRolledThroughAsync(midnight, cancellation);
        var reporter = new SlaReporter(store, store, store, store, ["local"], Retention.Default, new FakeTimeProvider(midnight.AddMinutes(10)), atOnce: 2);
        // Whole UTC days, and days of Berlin, whose first and last are made of hours.
        foreach (var (from, to, zone) in new[] { ("2026-08-24", "2026-11-21", "UTC"), ("2026-08-24", "2026-11-20", "Europe/Berlin") })
        {
            var (range, _) = ReportRange.Read(from, to, null, zone, midnight.AddMinutes(10));
            var chosen = (await reporter.ChooseAsync([], [], cancellation)).Chosen!;
            await reporter.ReadAsync(chosen, range!, cancellation);
            var begun = TimeProvider.System.GetTimestamp();
            var report = await reporter.ReadAsync(chosen, range!, cancellation);
            var took = TimeProvider.System.GetElapsedTime(begun);

            output.WriteLine($"{zone}: {took.TotalSeconds:F2} s for {report.Endpoints.Count} endpoints and {range!.Length.TotalDays} days");
            Assert.Equal(100, report.Total.CoveragePercent);
            Assert.InRange(took.TotalSeconds, 0, 2);
        }
    }
}
