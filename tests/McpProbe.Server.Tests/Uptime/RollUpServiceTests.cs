using McpProbe.Monitoring;
using McpProbe.Server.Scheduling;
using McpProbe.Server.Storage;
using McpProbe.Server.Uptime;
using McpProbe.Testing;
using McpProbe.Uptime;
using McpProbe.Uptime.Reports;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Server.Tests.Uptime;

public sealed class RollUpServiceTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 10, 30, 0, TimeSpan.Zero);

    private readonly TempDirectory _temp = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Service_FromItsStart_CatchesUpAndThenRollsUpEachHour()
    {
        using var directory = DataDirectory.Open(_temp.File("data"));
        await using var store = SqliteStore.Open(directory, TimeProvider.System);
        await store.PutEndpointAsync(StoreSamples.Registered("a") with { Watched = new(Start, null) }, Token);
        await RecordAsync(store, Start.AddHours(-5));
        await RecordAsync(store, Start);
        var time = new FakeTimeProvider(Start);
        using var service = new RollUpService(
            new RollUpJob(store, store, store, [ProbeScheduler.Location], time, atOnce: 1), new LatencyWatch(store, store, time), new ShadowWatch(store, store, time),
            new MonthlyReports(
                new ReportSchedules(), new SlaReporter(store, store, store, store, [ProbeScheduler.Location], Retention.Default, time), store, store, store, time),
            store, time, NullLogger<RollUpService>.Instance);

        await service.StartAsync(Token);
        await Eventually.TrueAsync(async () => await store.ReadRolledThroughAsync(Token) == Start.AddMinutes(-30), "it catches up");
        Assert.Equal([5], await HoursAsync(store));

        // The hour is taken five minutes after its end, for results that are still on their way.
        time.Advance(TimeSpan.FromMinutes(34.9));
        Assert.Equal([5], await HoursAsync(store));
        time.Advance(TimeSpan.FromMinutes(0.2));
        await Eventually.TrueAsync(
            async () => await store.ReadRolledThroughAsync(Token) == Start.AddMinutes(30), "it rolls up the hour that ended");
        Assert.Equal([5, 10], await HoursAsync(store));

        await service.StopAsync(Token);
    }

    private static async Task<IReadOnlyList<int>> HoursAsync(SqliteStore store) =>
        [.. (await store.ReadRollupsAsync("a", RollupPeriod.Hour, Start.AddDays(-2), Start.AddDays(2), Token)).Select(record => record.Start.Hour)];

    private static async Task RecordAsync(SqliteStore store, DateTimeOffset slot) => Assert.Equal(
        CommitStatus.Committed,
        (await store.CommitAsync(
            new StateChange
            {
                EndpointId = "a",
                Before = (await store.ReadStateAsync("a", Token))!,
                Record = new ProbeRecord(slot, StoreSamples.Location, StoreSamples.Healthy()),
            },
            Token)).Status);
}
