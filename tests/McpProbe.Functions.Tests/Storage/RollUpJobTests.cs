using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using McpProbe.Functions.Storage;
using McpProbe.Monitoring;
using McpProbe.Probing;
using McpProbe.Uptime;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>The engine's job on the tables it is for.</summary>
public class RollUpJobTests(Emulators emulators)
{
    private static readonly DateTimeOffset Midnight = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_HourByHourOverADay_GivesHoursAndTheDay()
    {
        var store = await emulators.NewAsync();
        await store.AddAsync("a");
        var time = new FakeTimeProvider(Midnight.AddMinutes(5));
        var job = new RollUpJob(store, store, time);
        await job.RunAsync(Cancellation);
        for (var hour = 0; hour < 24; hour++)
        {
            // A probe an hour, of sixty: every fourth fails, and takes longer every time.
            await RecordAsync(store, "a", Midnight.AddHours(hour).AddMinutes(7), hour % 4 == 0 ? Verdict.Down : Verdict.Healthy, handshakeMs: 10 + hour);
            time.Advance(TimeSpan.FromHours(1));
            Assert.Equal(2, await job.RunAsync(Cancellation));
            if (hour == 22)
                Assert.Empty(await DaysAsync(store, "a"));
        }

        var hours = await store.ReadRollupsAsync("a", RollupPeriod.Hour, Midnight, Midnight.AddDays(1), Cancellation);
        var day = Assert.Single(await DaysAsync(store, "a")).Rollup;
        Assert.Equal(24, hours.Count);
        Assert.All(hours, hour => Assert.Equal((1, 60), (hour.Rollup.Observed, hour.Rollup.Expected)));
        Assert.Equal((18, 6, 1440), (day.Healthy, day.Down, day.Expected));
        Assert.Equal(0.75, day.Uptime);
        Assert.Equal(24.0 / 1440, day.Coverage);
        Assert.Equal((18, 11, 33), (day.HandshakeMs.Count, day.HandshakeMs.MinMs, day.HandshakeMs.MaxMs));
    }

    [Fact]
    public async Task Run_AgainAndAgain_ChangesNothing()
    {
        var store = await emulators.NewAsync();
        await store.AddAsync("a");
        await RecordAsync(store, "a", Midnight.AddHours(-3), Verdict.Healthy);
        var job = new RollUpJob(store, store, new FakeTimeProvider(Midnight.AddHours(1)));

        await job.RunAsync(Cancellation);
        var first = await AllAsync(store, "a");
        Assert.Equal(1, await job.RunAsync(Cancellation));

        Assert.Equal(2, first.Length);
        Assert.Equal(first, await AllAsync(store, "a"));
    }

    [Fact]
    public async Task Run_AfterAResultThatCameLate_CountsIt()
    {
        var store = await emulators.NewAsync();
        await store.AddAsync("a");
        var time = new FakeTimeProvider(Midnight.AddMinutes(5));
        var job = new RollUpJob(store, store, time);
        await RecordAsync(store, "a", Midnight.AddMinutes(-2), Verdict.Healthy);
        await job.RunAsync(Cancellation);
        await RecordAsync(store, "a", Midnight.AddMinutes(-1), Verdict.Down);

        time.Advance(TimeSpan.FromHours(1));
        await job.RunAsync(Cancellation);

        var day = await store.ReadRollupsAsync("a", RollupPeriod.Day, Midnight.AddDays(-1), Midnight, Cancellation);
        Assert.Equal(0.5, Assert.Single(day).Rollup.Uptime);
    }

    [Fact]
    public async Task Run_ThatDiedInTheMiddle_IsFinishedByTheNext()
    {
        var account = await emulators.NewAccountAsync();
        var store = await Stores.OpenAsync(account);
        string[] ids = ["a", "b", "c"];
        foreach (var id in ids)
        {
            await store.AddAsync(id);
            for (var hour = 1; hour <= 24; hour++)
                await RecordAsync(store, id, Midnight.AddHours(-hour), Verdict.Healthy);
        }

        var time = new FakeTimeProvider(Midnight.AddMinutes(10));
        var dying = await Stores.OpenAsync(account, configure: new DieAfterWrites(20).Configure);
        await Assert.ThrowsAnyAsync<Exception>(() => new RollUpJob(dying, dying, time).RunAsync(Cancellation));
        var mark = await store.ReadRolledThroughAsync(Cancellation);

        await new RollUpJob(store, store, time).RunAsync(Cancellation);

        Assert.InRange(mark!.Value, Midnight.AddHours(-24), Midnight.AddHours(-1));
        Assert.Equal(Midnight, await store.ReadRolledThroughAsync(Cancellation));
        foreach (var id in ids)
        {
            var day = await store.ReadRollupsAsync(id, RollupPeriod.Day, Midnight.AddDays(-1), Midnight, Cancellation);
            Assert.Equal(24, Assert.Single(day).Rollup.Healthy);
        }
    }

    private static async Task RecordAsync(TableStore store, string id, DateTimeOffset slot, Verdict verdict, double handshakeMs = 5)
    {
        var result = new ProbeResult
        {
            Target = "https://example.com/mcp",
            Verdict = verdict,
            Timings = new Timings(null, null, null, handshakeMs, null, null, handshakeMs),
            StartedAt = slot,
        };
        await store.CommitAsync(new()
        {
            EndpointId = id,
            Before = (await store.ReadStateAsync(id, Cancellation))!,
            Record = new ProbeRecord(slot, "home", result),
        });
    }

    private static Task<IReadOnlyList<RollupRecord>> DaysAsync(TableStore store, string id) =>
        store.ReadRollupsAsync(id, RollupPeriod.Day, Midnight.AddDays(-1), Midnight.AddDays(1), Cancellation);

    private static async Task<string[]> AllAsync(TableStore store, string id)
    {
        var hours = await store.ReadRollupsAsync(id, RollupPeriod.Hour, Midnight.AddDays(-2), Midnight.AddDays(2), Cancellation);
        var days = await store.ReadRollupsAsync(id, RollupPeriod.Day, Midnight.AddDays(-2), Midnight.AddDays(2), Cancellation);
        return [.. hours.Concat(days).Select(each =>
            $"{each.Period} {each.Start:O} {each.Location} {JsonSerializer.Serialize(each.Rollup, EngineJson.Default.Rollup)}")];
    }

    /// <summary>A process that ends after so many rollups were written.</summary>
    private sealed class DieAfterWrites(int writes) : HttpPipelineSynchronousPolicy
    {
        private int _left = writes;

        public void Configure(ClientOptions options) => options.AddPolicy(this, HttpPipelinePosition.PerCall);

        public override void OnSendingRequest(HttpMessage message)
        {
            if (message.Request.Uri.Path.EndsWith("$batch", StringComparison.Ordinal) && Interlocked.Decrement(ref _left) < 0)
                throw new InvalidOperationException("the process died");
        }
    }
}
