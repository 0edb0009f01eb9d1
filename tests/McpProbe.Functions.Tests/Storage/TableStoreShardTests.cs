using McpProbe.Functions.Storage;
using McpProbe.Testing;

namespace McpProbe.Functions.Tests.Storage;

public class TableStoreShardTests(Emulators emulators)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Open_WithAnotherNumberOfShards_SaysWhichNumberIsRight()
    {
        var account = await emulators.NewAccountAsync();
        await Stores.OpenAsync(account, shards: 4);

        var refused = await Assert.ThrowsAsync<StoreConfigurationException>(() => Stores.OpenAsync(account, shards: 8));

        Assert.Contains("created with 4 shards", refused.Message, StringComparison.Ordinal);
        Assert.Equal(4, (await Stores.OpenAsync(account, shards: 4)).Shards);
    }

    [Fact]
    public async Task Open_ManyAtOnceWithDifferentNumbers_AgreeOnOne()
    {
        var account = await emulators.NewAccountAsync();

        var opened = await Task.WhenAll(Enumerable.Range(1, 6).Select(async shards =>
        {
            try
            {
                return (int?)(await Stores.OpenAsync(account, shards)).Shards;
            }
            catch (StoreConfigurationException)
            {
                return null;
            }
        }));

        Assert.Single(opened, shards => shards is not null);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(101)]
    public async Task Open_WithAnImpossibleNumber_IsRefused(int shards) =>
        await Assert.ThrowsAsync<StoreConfigurationException>(async () => await emulators.NewAsync(shards));

    [Fact]
    public async Task ListShard_OfEach_IsEveryEndpointOnceNeighboursTogether()
    {
        var store = await emulators.NewAsync();
        string[] ids = ["a", "a-b", "a.b", "b", .. Enumerable.Range(0, 20).Select(number => $"e{number}")];
        foreach (var id in ids)
            await store.PutEndpointAsync(StoreSamples.Registered(id), Cancellation);

        var shards = new List<string[]>();
        for (var shard = 0; shard < store.Shards; shard++)
            shards.Add([.. (await store.ListShardAsync(shard, Cancellation)).Select(each => each.Endpoint.Id)]);

        Assert.Equal(ids.Order(StringComparer.Ordinal), shards.SelectMany(each => each).Order(StringComparer.Ordinal));
        Assert.All(shards, each => Assert.Equal(each.OrderBy(id => $"{id}|", StringComparer.Ordinal), each));
    }
}
