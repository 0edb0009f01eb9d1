using Azure.Core;
using Azure.Core.Pipeline;
using McpProbe.Functions.Storage;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using McpProbe.Uptime;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>The contract of every store that is rolled up, and what a process that dies leaves behind.</summary>
public class RollUpJobTests(Emulators emulators) : RollupStoreContract
{
    private StorageAccount? _account;

    protected override async Task<RollupPorts> OpenAsync()
    {
        var store = await Stores.OpenAsync(_account ??= await emulators.NewAccountAsync());
        return new RollupPorts(store, store, store);
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
        await Assert.ThrowsAnyAsync<Exception>(() => new RollUpJob(dying, dying, dying, [], time).RunAsync(Cancellation));
        var mark = await store.ReadRolledThroughAsync(Cancellation);

        await new RollUpJob(store, store, store, [], time).RunAsync(Cancellation);

        Assert.InRange(mark!.Value, Midnight.AddHours(-24), Midnight.AddHours(-1));
        Assert.Equal(Midnight, await store.ReadRolledThroughAsync(Cancellation));
        foreach (var id in ids)
        {
            var day = await store.ReadRollupsAsync(id, RollupPeriod.Day, Midnight.AddDays(-1), Midnight, Cancellation);
            Assert.Equal(24, Assert.Single(day).Rollup.Healthy);
        }
    }

    // A new store has an hour or two: nobody asks for the day before it was there.
    [Fact]
    public async Task Run_TheFirstOfANewStore_AsksForWhatIsThereAndNoMore()
    {
        const int Endpoints = 5;
        var requests = new CountedRequests();
        var store = await emulators.NewAsync(configure: requests.Configure);
        for (var number = 0; number < Endpoints; number++)
        {
            await store.AddAsync($"e{number}");
            await RecordAsync(store, $"e{number}", Midnight.AddHours(11).AddMinutes(30 + number), Verdict.Healthy);
        }

        requests.Clear();
        var rolled = await new RollUpJob(store, store, store, [], new FakeTimeProvider(Midnight.AddHours(12).AddMinutes(5))).RunAsync(Cancellation);

        Assert.Equal((1, Endpoints), (rolled.Hours, rolled.Latest.Count));
        Assert.Equal(Midnight.AddHours(12), await store.ReadRolledThroughAsync(Cancellation));
        // Of each: its results since yesterday (two days), those of the hour, and its rollup. Of all: the list (4 shards), and the mark.
        Assert.InRange(requests.All.Count, 1, 4 * Endpoints + 4 + 5);
    }

    [Fact]
    public async Task Run_TheFirstOfAStoreThatWasNeverRolledUp_FindsItsOldestHour()
    {
        var store = await emulators.NewAsync();
        await store.AddAsync("a");
        await store.AddAsync("b");
        await RecordAsync(store, "a", Midnight.AddHours(-20), Verdict.Healthy);
        await RecordAsync(store, "b", Midnight.AddHours(-2), Verdict.Healthy);

        await new RollUpJob(store, store, store, [], new FakeTimeProvider(Midnight.AddMinutes(5))).RunAsync(Cancellation);

        Assert.Single(await store.ReadRollupsAsync("a", RollupPeriod.Hour, Midnight.AddDays(-1), Midnight, Cancellation));
        Assert.Single(await store.ReadRollupsAsync("b", RollupPeriod.Day, Midnight.AddDays(-1), Midnight, Cancellation));
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
