using System.Text;
using Azure.Data.Tables;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using McpProbe.Functions.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Functions.Tests.Cost;

/// <summary>How long a tick of the scheduler takes, and how many requests, against the emulator.</summary>
public class TickTests(Emulators emulators)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The figures of docs/scale.md: by hand, <c>-explicit only -class '*TickTests' -showLiveOutput</c>.</summary>
    [Theory(Explicit = true)]
    [InlineData(10_000)]
    [InlineData(100_000)]
    public async Task Tick_OfManyEndpoints_IsOverInFiveSeconds(int endpoints)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));
        var (account, requests) = (await emulators.NewAccountAsync(), new CountedRequests());
        await using var head = await Head.StartAsync(account, account.Connect(requests.Configure), time);
        await LoadAsync(account.Connect(), head.Store.Shards, endpoints);
        var scheduler = head.Services.GetRequiredService<WindowScheduler>();

        for (var tick = 0; tick < 5; tick++)
        {
            requests.Clear();
            var start = TimeProvider.System.GetTimestamp();
            var sent = await scheduler.RunAsync(Token);
            var took = TimeProvider.System.GetElapsedTime(start);
            TestContext.Current.TestOutputHelper!.WriteLine(
                $"{endpoints} endpoints, tick {tick}{(tick == 0 ? ", which reads every definition" : "")}: {took.TotalSeconds:F1} s, {sent} probes, {requests.All.Count} requests, {(double)requests.All.Count / endpoints:F4} an endpoint");
            Assert.InRange(requests.All.Count, 1, 0.05 * endpoints);
            Assert.InRange(sent, 0.45 * endpoints, 1.2 * endpoints);
            if (tick > 0)
                Assert.InRange(took.TotalSeconds, 0, 5);
            time.Advance(TimeSpan.FromSeconds(30));
        }
    }

    // What putting them one by one leaves, in transactions of a hundred.
    private static async Task LoadAsync(StoreClients clients, int shards, int endpoints)
    {
        var (definitions, states) = (clients.Tables.GetTableClient(Keys.Endpoints), clients.Tables.GetTableClient(Keys.State));
        var chunks = Enumerable.Range(0, endpoints)
            .Select(number => new Endpoint { Id = $"server-{number}", Url = new Uri($"https://mcp-{number}.example.com/mcp") })
            .GroupBy(endpoint => Keys.Shard(Keys.ShardOf(endpoint.Id, shards)))
            .SelectMany(shard => shard.Chunk(100).Select(endpoints => (Partition: shard.Key, Endpoints: endpoints)));
        await Parallel.ForEachAsync(chunks, Token, async (chunk, token) =>
        {
            await definitions.SubmitTransactionAsync(chunk.Endpoints.Select(endpoint => Put(new TableEntity(chunk.Partition, endpoint.Id)
            {
                ["Source"] = "api",
                ["Definition"] = Encoding.UTF8.GetBytes(EndpointJson.ToJson(endpoint)),
            })), token);
            await states.SubmitTransactionAsync(chunk.Endpoints.Select(endpoint => Put(new TableEntity(chunk.Partition, Keys.SharedState(endpoint.Id)))), token);
        });
        for (var shard = 0; shard < shards; shard++)
            await definitions.UpsertEntityAsync(new TableEntity(Keys.Shard(shard), Keys.ShardVersion) { ["Version"] = Guid.NewGuid() }, cancellationToken: Token);

        static TableTransactionAction Put(TableEntity row) => new(TableTransactionActionType.UpsertReplace, row);
    }
}
