using McpProbe.Monitoring;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Functions.Tests.Storage;

public class TableStorePrefetchTests(Emulators emulators)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Prefetch_StatesWithLocationsAndPending_AreAsReadOneByOne()
    {
        var store = await emulators.NewAsync(shards: 2);
        string[] ids = ["a", "a-b", "a.b", "b", "c"];
        foreach (var (id, number) in ids.Select((id, number) => (id, number)))
        {
            await store.CommitAsync(new()
            {
                EndpointId = id,
                Before = await store.AddAsync(id),
                After = State(number + 1),
                Transitions = [Transition(id, number + 1), Transition(id, number + 1, 2)],
            });
        }

        var states = await store.PrefetchAsync([.. ids, "unknown"], Cancellation);

        foreach (var id in ids)
        {
            var (one, other) = (await store.ReadStateAsync(id, Cancellation), await states.ReadStateAsync(id, Cancellation));
            Assert.Equal(one!.Version, other!.Version);
            Assert.Equal(one.State.Locations, other.State.Locations);
            Assert.Equal(one.Pending.Select(each => each.Id), other.Pending.Select(each => each.Id));
        }

        Assert.Null(await states.ReadStateAsync("unknown", Cancellation));
    }

    [Fact]
    public async Task Prefetch_ReadAgainAfterAConflict_IsFresh()
    {
        var store = await emulators.NewAsync();
        var before = await store.AddAsync("a");
        var states = await store.PrefetchAsync(["a"], Cancellation);
        await store.CommitAsync(new() { EndpointId = "a", Before = before, After = State(1) });

        var stale = (await states.ReadStateAsync("a", Cancellation))!;
        var outcome = await states.CommitAsync(new() { EndpointId = "a", Before = stale, After = State(2) }, Cancellation);
        var fresh = (await states.ReadStateAsync("a", Cancellation))!;

        Assert.Equal(CommitStatus.Conflict, outcome.Status);
        Assert.NotEqual(stale.Version, fresh.Version);
        await states.CommitAsync(new() { EndpointId = "a", Before = fresh, After = State(2) });
    }

    // More than two pages of rows lie between the first and the last; each page costs a request, strangers cost none.
    [Fact]
    public async Task Prefetch_FarNeighbours_SkipsWhatLiesBetween()
    {
        var requests = new CountedRequests();
        var store = await emulators.NewAsync(shards: 1, configure: requests.Configure);
        string[] ids = ["a", .. Enumerable.Range(0, 25).Select(number => $"m{number:D2}"), "z"];
        foreach (var id in ids)
        {
            var transitions = Enumerable.Range(1, 95).Select(sequence => Transition(id, 1, sequence));
            await store.CommitAsync(new() { EndpointId = id, Before = await store.AddAsync(id), After = State(1), Transitions = [.. transitions] });
        }

        Assert.Equal(2, await PrefetchAsync("a", "z"));
        Assert.Equal(3, await PrefetchAsync(ids));

        async Task<int> PrefetchAsync(params string[] wanted)
        {
            requests.Clear();
            var states = await store.PrefetchAsync(wanted, Cancellation);
            foreach (var id in wanted)
                Assert.Equal(95, (await states.ReadStateAsync(id, Cancellation))!.Pending.Count);
            return requests.All.Count;
        }
    }
}
