using System.Collections.Concurrent;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using McpProbe.Endpoints;
using McpProbe.Functions.Alerts;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using McpProbe.Uptime;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace McpProbe.Functions.Tests;

/// <summary>
/// What the whole head is charged for a probe, in billed storage requests: scheduler, queue and store, with real probes. Polls
/// of an empty queue are left out: they are the host's, and cost the same however much is watched (docs/cost.md).
/// </summary>
public class CostTests(Emulators emulators)
{
    private const double Budget = 1.2;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task HealthyUnchangedProbes_FiftyAMessage_StayWithinTheBudget()
    {
        // Ids that are due together soon, as they are when there are enough endpoints to fill a message: fifty in each of two spans, for a
        // tick of the schedule sends the messages of half a minute.
        var now = TimeProvider.System.GetUtcNow();
        var first = now.UtcTicks / ProbeBatch.Span.Ticks + 2;
        var together = Enumerable.Range(0, 10_000).Select(number => $"endpoint-{number}")
            .GroupBy(id => (Schedule.NextSlot(new Endpoint { Id = id }, now).UtcTicks - 1) / ProbeBatch.Span.Ticks - first)
            .Where(span => span.Key is 0 or 1)
            .SelectMany(span => span.Take(50));

        Assert.InRange(await MeasureAsync([.. together], shards: 1), 1, Budget);
    }

    /// <summary>The figures of docs/cost.md. Up to two minutes each, so by hand: <c>-explicit only -class '*CostTests' -showLiveOutput</c>.</summary>
    [Theory(Explicit = true)]
    [InlineData(100)]
    [InlineData(1_000)]
    [InlineData(5_000)]
    public Task HealthyUnchangedProbes_OfOneMinute_AreCounted(int endpoints) =>
        MeasureAsync([.. Enumerable.Range(0, endpoints).Select(number => $"endpoint-{number}")], shards: 4);

    /// <summary>An hour of rolling up: the hour before is done again, and a slow endpoint is compared with its week.</summary>
    [Theory]
    [InlineData(5, 4)]
    [InlineData(300, 6)]
    public async Task RollingUpAnHour_CostsAFewRequestsAnEndpoint(double handshakeMs, int each)
    {
        const int Endpoints = 10;
        var start = new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);
        var requests = new CountedRequests();
        var store = await emulators.NewAsync(configure: requests.Configure);
        await Parallel.ForEachAsync(Enumerable.Range(0, Endpoints).Select(number => $"endpoint-{number}"), Token, async (id, token) =>
        {
            var endpoint = new Endpoint { Id = id, Url = new Uri("https://example.com/mcp"), Interval = TimeSpan.FromMinutes(2) };
            await store.PutEndpointAsync(new RegisteredEndpoint(endpoint, EndpointSource.Api), token);
            var before = (await store.ReadStateAsync(id, token))!;
            foreach (var slot in Schedule.SlotsIn(endpoint, start - TimeSpan.FromHours(1), start + TimeSpan.FromHours(1)))
                await store.CommitAsync(new() { EndpointId = id, Before = before, Record = new(slot, "home", Took(handshakeMs)) });
            await store.WriteRollupsAsync(id, [.. Enumerable.Range(1, 7).Select(day => Day(start.Date.AddDays(-day), handshakeMs))], token);
        });
        await store.WriteRolledThroughAsync(start, Token);
        requests.Clear();

        var time = new FakeTimeProvider(start.AddMinutes(65));
        var rolled = await new RollUpJob(store, store, store, [HeadSettings.Home], time).RunAsync(Token);
        Assert.Equal((2, Endpoints), (rolled.Hours, rolled.Latest.Count));
        Assert.Equal(0, await new LatencyWatch(store, store, time).RunAsync(rolled.Latest, new DurableOutbox(Substitute.For<DurableTaskClient>("none"), store), Token));

        // Besides what each endpoint costs: the version and the list of endpoints (not again until it changes) and those that are slow,
        // one a shard each, and the mark, read and written.
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"a handshake of {handshakeMs} ms: {each} storage transactions an endpoint and hour; {requests.All.Count - each * Endpoints} more for all of them");
        Assert.Equal(each * Endpoints + 3 * 4 + 2, requests.All.Count);
    }

    private static ProbeResult Took(double handshakeMs) => new()
    {
        Target = "https://example.com/mcp",
        Verdict = Verdict.Healthy,
        Timings = new Timings(null, null, null, handshakeMs, null, null, handshakeMs),
        StartedAt = default,
    };

    private static RollupRecord Day(DateTime day, double handshakeMs) => new(
        RollupPeriod.Day, new DateTimeOffset(day, TimeSpan.Zero), "home",
        new Rollup { Healthy = 720, Expected = 720, HandshakeMs = LatencyHistogram.Of(Enumerable.Repeat(handshakeMs, 720)) });

    private async Task<double> MeasureAsync(string[] ids, int shards)
    {
        await using var server = await StubServer.StartAsync(McpScript.Stateless("search", "fetch"));
        var requests = new CountedRequests();
        var account = await emulators.NewAccountAsync();
        await using var head = await Head.StartAsync(account, account.Connect(requests.Configure), null, ("Shards", $"{shards}"));
        Endpoint[] endpoints = [.. ids.Select(id => new Endpoint { Id = id, Url = new Uri($"{server.Url}/mcp"), Interval = Interval })];
        await Parallel.ForEachAsync(endpoints, Token, async (endpoint, token) =>
            await head.Store.PutEndpointAsync(new RegisteredEndpoint(endpoint, EndpointSource.Api), token));
        var registered = await head.Store.ListEndpointsAsync(Token);

        // The first probe of each makes its baseline, and the second confirms it; every later one is like the third.
        // On a busy machine a slot may become a gap before its turn: then the next one is.
        for (var without = registered; without.Count > 0; without = await WithoutBaselineAsync(head, without))
        {
            foreach (var some in without.Chunk(50))
            {
                var now = TimeProvider.System.GetUtcNow();
                var first = some.Select(each => new ScheduledProbe(each.Endpoint, Schedule.SlotAt(each.Endpoint, now), each.Generation));
                foreach (var batch in ProbeBatch.Pack(first, HeadSettings.Home, 50).Batches)
                    await WorkAsync(head, batch.Body);
            }
        }

        await Parallel.ForEachAsync(ids, Token, async (id, token) =>
        {
            var before = (await head.Store.ReadStateAsync(id, token))!;
            var (version, reference) = before.State.Baseline!.Value;
            await head.Store.CommitAsync(new() { EndpointId = id, Before = before, After = before.State.WithBaseline(version, reference with { Provisional = false }) });
        });
        // As in any tick but the first after a change of definitions.
        await head.Store.ListEndpointsAsync(Token);
        requests.Clear();

        var probes = 0;
        await head.InvokeAsync<WindowScheduler>(async scheduler => probes = await scheduler.RunAsync(Token));
        var (messages, emptyPolls) = await WorkQueueAsync(head, probes);

        // A window is shorter than the interval: not all are due in it.
        Assert.True(probes > 0);
        var perProbe = (double)(requests.All.Count - emptyPolls) / probes;
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{ids.Length} endpoints: {perProbe:F2} storage transactions per healthy, unchanged probe; {(double)probes / messages:F1} probes a message");
        return perProbe;
    }

    private static async Task<IReadOnlyList<RegisteredEndpoint>> WithoutBaselineAsync(Head head, IReadOnlyList<RegisteredEndpoint> endpoints)
    {
        var without = new ConcurrentBag<RegisteredEndpoint>();
        await Parallel.ForEachAsync(endpoints, Token, async (each, token) =>
        {
            if ((await head.Store.ReadStateAsync(each.Endpoint.Id, token))!.State.Baseline is null)
                without.Add(each);
        });
        return [.. without];
    }

    // As the host's listener: up to 16 messages a read, each deleted when its function is done.
    private static async Task<(int Messages, int EmptyPolls)> WorkQueueAsync(Head head, int probes)
    {
        var queue = head.Services.GetRequiredService<QueueServiceClient>().GetQueueClient(HeadSettings.QueueOf(HeadSettings.Home));
        var (messages, emptyPolls, worked) = (0, 0, 0);
        var working = new List<Task>();
        while (worked < probes)
        {
            QueueMessage[] received = await queue.ReceiveMessagesAsync(16, TimeSpan.FromMinutes(5), Token);
            if (received.Length == 0)
            {
                emptyPolls++;
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Token);
            }

            messages += received.Length;
            worked += received.Sum(message => ProbeMessage.Read(message.Body.ToMemory()).Probes.Count);
            working.AddRange(received.Select(async message =>
            {
                await WorkAsync(head, message.Body.ToMemory());
                await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Token);
            }));
        }

        await Task.WhenAll(working);
        return (messages, emptyPolls);
    }

    private static Task WorkAsync(Head head, ReadOnlyMemory<byte> body) => head.InvokeAsync<ProbeWorker>(worker =>
        worker.RunAsync(ProbeMessage.Read(body), repeat: false, outbox: null, Token));
}
