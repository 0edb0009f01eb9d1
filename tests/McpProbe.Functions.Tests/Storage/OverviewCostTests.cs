using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>What the pages and lists over all endpoints are charged for, in billed requests.</summary>
public class OverviewCostTests(Emulators emulators)
{
    private const int Public = 10;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(100, 4)]
    [InlineData(1_000, 4)]
    [InlineData(100, 64)]
    public Task Overviews_OfManyEndpoints_CostAFewRequests(int endpoints, int shards) => MeasureAsync(endpoints, shards);

    /// <summary>By hand: <c>-explicit only -class '*OverviewCostTests' -showLiveOutput</c>.</summary>
    [Theory(Explicit = true)]
    [InlineData(5_000)]
    public Task Overviews_OfThousandsOfEndpoints_CostAFewRequests(int endpoints) => MeasureAsync(endpoints, shards: 4);

    private async Task MeasureAsync(int endpoints, int shards)
    {
        var requests = new CountedRequests();
        var store = await emulators.NewAsync(shards, requests.Configure);
        string[] ids = [.. Enumerable.Range(0, endpoints).Select(number => $"endpoint-{number:D5}")];
        await Parallel.ForEachAsync(ids.Index(), Cancellation, async (each, token) =>
        {
            var visibility = each.Index % (endpoints / Public) == 0 ? Visibility.Public : Visibility.Private;
            await store.PutEndpointAsync(new RegisteredEndpoint(Endpoint(each.Item) with { Visibility = visibility }, EndpointSource.Api), token);
            var before = (await store.ReadStateAsync(each.Item, token))!;
            var after = before.State with
            {
                Verdict = Verdict.Healthy,
                Locations = new Dictionary<string, LocationState> { [Location] = new(Slot(1), Verdict.Healthy, 0, 1) },
            };
            await store.CommitAsync(new() { EndpointId = each.Item, Before = before, After = after, Record = Record(1) });
        });

        var first = await CountAsync(store.ReadOverviewAsync, endpoints);
        var all = await CountAsync(store.ReadOverviewAsync, endpoints);
        var open = await CountAsync(store.ReadPublicOverviewAsync, Public);
        var page = await CountAsync(token => store.ReadEndpointsAsync($"endpoint-{endpoints / 2:D5}", 20, token), 20);

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{endpoints} endpoints, {Public} of them public, {shards} shards: {first} requests for the first whole overview of a minute, {all} for the next, {open} for the public one, {page} for 20 of the list");
        // Once a minute: three rows an endpoint, a thousand a request, a rest in each shard, the document and the marks it takes away.
        Assert.InRange(first, 8, 3 * shards + 4 * (4 + 2 * endpoints / 4 / 1000 + 1 + 3 * endpoints / 4 / 1000 + endpoints / 4 / 100));
        // The document of each shard, and what changed since, however many endpoints there are.
        Assert.Equal(8, all);
        // Whatever else is there.
        Assert.InRange(open, shards, shards + Public);
        Assert.InRange(page, shards, 2 * shards);

        async Task<int> CountAsync(Func<CancellationToken, Task<IReadOnlyList<EndpointOverview>>> read, int expected)
        {
            requests.Clear();
            var overview = await read(Cancellation);
            Assert.Equal(expected, overview.Count);
            Assert.All(overview, one => Assert.Equal((Verdict.Healthy, Slot(1)), (one.State.Verdict, one.Last!.Slot)));
            return requests.All.Count;
        }
    }
}
