using CsCheck;
using McpProbe.Monitoring;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Testing;

// A definition has a generation: whatever is put, paused, deleted and made anew while messages wait, come twice, late or in another order.
public abstract partial class MonitorStoreContract
{
    /// <summary>How many random stories the store is told.</summary>
    protected virtual int Stories => 40;

    [Fact]
    public async Task PutEndpoint_AnotherDefinition_HasALaterGenerationAndTheSameOneHasNone()
    {
        var first = await Endpoints.PutEndpointAsync(Registered("a"), Cancellation);
        Assert.Equal(first with { Created = false, IsDefined = false }, await Endpoints.PutEndpointAsync(Registered("a"), Cancellation));

        var renamed = Registered("a") with { Endpoint = Endpoint("a") with { Name = "Renamed" } };
        var second = await Endpoints.PutEndpointAsync(renamed, Cancellation);
        var third = await Endpoints.PutEndpointAsync(renamed with { Source = EndpointSource.File }, Cancellation);

        Assert.True(0 < first.Generation && first.Generation < second.Generation && second.Generation < third.Generation);
        Assert.Equal(third.Generation, (await Endpoints.FindEndpointAsync("a", Cancellation))!.Generation);
        Assert.Equal(third.Generation, Assert.Single(await Endpoints.ListEndpointsAsync(Cancellation)).Generation);
        Assert.Equal(third.Generation, Assert.Single(await History.ReadOverviewAsync(Cancellation)).Registered.Generation);
        // The state knows only of the one that it was judged by.
        Assert.Equal(first.Generation, (await StateOfAsync("a")).State.Generation);
    }

    [Fact]
    public async Task PutEndpoint_AnewAfterADelete_HasALaterGenerationThanAnyBefore()
    {
        var generations = new List<long>();
        for (var round = 0; round < 5; round++)
        {
            generations.Add((await Endpoints.PutEndpointAsync(Registered("a"), Cancellation)).Generation);
            generations.Add((await Endpoints.PutEndpointAsync(Registered("a", EndpointSource.File), Cancellation)).Generation);
            await CommittedAsync(new StateChange { EndpointId = "a", Before = await StateOfAsync("a"), DeleteEndpoint = true });
            await ReopenAsync();
        }

        Assert.Equal(generations.Order().Distinct(), generations);
    }

    [Fact]
    public async Task PutEndpoint_ManyAtOnce_EachHasItsOwnAndTheLastStands()
    {
        var puts = await Task.WhenAll(Enumerable.Range(0, 10).Select(i =>
            Endpoints.PutEndpointAsync(Registered("a") with { Endpoint = Endpoint("a") with { Name = $"Name {i}" } }, Cancellation)));

        Assert.Equal(10, puts.Select(put => put.Generation).Distinct().Count());
        Assert.Single(puts, put => put.Created);
        var stands = (await Endpoints.FindEndpointAsync("a", Cancellation))!;
        Assert.Equal(puts.Max(put => put.Generation), stands.Generation);
        Assert.Equal($"Name {Array.FindIndex(puts, put => put.Generation == stands.Generation)}", stands.Endpoint.Name);
    }

    [Fact]
    public async Task Cycle_MessagesOfAnyOrderMixedWithDefinitions_JudgeOnlyWhatIsDefinedNow()
    {
        var number = 0;
        await Gen.Select(Gen.Int[0, 19], Gen.Int[0, 99], Gen.Int[0, 99]).Array[1, 40].SampleAsync(
            async steps =>
            {
                var story = new GenerationStory(Endpoints, Store, $"story-{Interlocked.Increment(ref number)}");
                foreach (var (kind, first, second) in steps)
                    await story.StepAsync(kind, first, second, Cancellation);
                await story.EndAsync(Cancellation);
            },
            iter: Stories);
    }
}
