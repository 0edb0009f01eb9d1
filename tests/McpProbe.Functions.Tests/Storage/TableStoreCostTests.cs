using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>What the store charges for a probe, in billed requests.</summary>
public class TableStoreCostTests(Emulators emulators)
{
    private const double Budget = 1.2;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(50, 1)]
    [InlineData(50, 3)]
    public async Task HealthyUnchangedProbes_OfOneMessage_StayWithinTheBudget(int endpoints, int locations)
    {
        var requests = new CountedRequests();
        var store = await emulators.NewAsync(shards: 1, configure: requests.Configure);
        string[] ids = [.. Enumerable.Range(0, endpoints).Select(number => $"endpoint-{number}")];
        foreach (var id in ids)
        {
            var before = await store.AddAsync(id);
            var after = State(0) with
            {
                Locations = Enumerable.Range(0, locations).ToDictionary(number => $"place{number}", _ => State(0).Locations[Location]),
            };
            await store.CommitAsync(new() { EndpointId = id, Before = before, After = after, Record = Record(0) });
        }

        requests.Clear();

        // As the queue function works a message: the states of all at once, then each by itself.
        var states = await store.PrefetchAsync(ids, Cancellation);
        await Task.WhenAll(ids.Select(async id =>
        {
            var before = await states.ReadStateAsync(id, Cancellation);
            await states.CommitAsync(new() { EndpointId = id, Before = before!, Record = Record(1) });
        }));

        var perProbe = (double)requests.All.Count / endpoints;
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{perProbe:F2} storage transactions per healthy, unchanged probe ({endpoints} a message, {locations} locations); budget {Budget}");
        Assert.InRange(perProbe, 1, Budget);
    }
}
