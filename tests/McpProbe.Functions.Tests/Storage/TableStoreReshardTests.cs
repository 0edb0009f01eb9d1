using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using McpProbe.Endpoints;
using McpProbe.Functions.Storage;
using McpProbe.Model;
using McpProbe.Monitoring;
using Microsoft.Extensions.Logging.Abstractions;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>A store is moved to another number of shards, with all that its keys depend on it for.</summary>
public class TableStoreReshardTests(Emulators emulators)
{
    private const int Endpoints = 40;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(2, 5)]
    [InlineData(5, 2)]
    [InlineData(4, 64)]
    public async Task Open_AllowedToMove_KeepsEverythingUnderTheNewNumber(int before, int after)
    {
        var account = await emulators.NewAccountAsync();
        var expected = await FillAsync(account, before);

        var store = await OpenAsync(account, after, reshardFrom: before);

        Assert.Equal(expected, await ReadAsync(store));
        await AssertNothingLeftAsync(account, store);
        // It goes on as any other store, also without the leave to move it.
        store = await OpenAsync(account, after);
        await store.CommitAsync(new() { EndpointId = "e1", Before = (await store.ReadStateAsync("e1", Cancellation))!, After = State(7), Record = Record(7) });
        Assert.True((await store.PutEndpointAsync(new RegisteredEndpoint(Endpoint("new"), EndpointSource.Api), Cancellation)).Created);
        Assert.Equal(Endpoints + 1, (await store.ListEndpointsAsync(Cancellation)).Count);
    }

    // What was sent is not sent again.
    [Fact]
    public async Task Open_AllowedToMove_ContinuesTheSchedule()
    {
        var account = await emulators.NewAccountAsync();
        var (store, now) = (await OpenAsync(account, 2), Slot(0));
        foreach (var shard in new[] { 0, 1 })
            await store.FinishScheduleAsync((await store.ClaimScheduleAsync(shard, "home", now, now.AddSeconds(65), Cancellation))!, Cancellation);

        store = await OpenAsync(account, 4, reshardFrom: 2);

        for (var shard = 0; shard < 4; shard++)
        {
            Assert.Null(await store.ClaimScheduleAsync(shard, "home", now, now.AddSeconds(65), Cancellation));
            Assert.Equal(now.AddSeconds(65), (await store.ClaimScheduleAsync(shard, "home", now, now.AddSeconds(95), Cancellation))!.Window.After);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(20)]
    public async Task Open_BrokenOffOverAndOver_LosesNothingAndLetsNobodyInMeanwhile(int requests)
    {
        var account = await emulators.NewAccountAsync();
        var expected = await FillAsync(account, 2);

        TableStore? store = null;
        for (var tries = 1; store is null; tries++)
        {
            Assert.InRange(tries, 1, 500);
            // It gets a little further each time: what is at its beginning is done again.
            var dies = new DiesAfter(requests + 8 + tries * 2);
            try
            {
                store = await OpenAsync(account, 5, reshardFrom: 2, dies.Configure);
            }
            catch (Exception died) when (died is IOException or AggregateException or Azure.RequestFailedException)
            {
                // An app that still has the old number; the one of the first try had written nothing yet, perhaps.
                if (tries > 3)
                    await Assert.ThrowsAsync<StoreConfigurationException>(() => OpenAsync(account, 2));
            }
        }

        Assert.Equal(expected, await ReadAsync(await OpenAsync(account, 5)));
        await AssertNothingLeftAsync(account, store);
    }

    [Fact]
    public async Task Open_TwoAtOnce_MoveItOnce()
    {
        var account = await emulators.NewAccountAsync();
        var expected = await FillAsync(account, 2);

        var stores = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => OpenAsync(account, 5, reshardFrom: 2)));

        foreach (var store in stores)
            Assert.Equal(expected, await ReadAsync(store));
        await AssertNothingLeftAsync(account, stores[0]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(3)]
    public async Task Open_NotAllowedToMove_SaysHow(int? reshardFrom)
    {
        var account = await emulators.NewAccountAsync();
        await OpenAsync(account, 2);

        var refused = await Assert.ThrowsAsync<StoreConfigurationException>(() => OpenAsync(account, 5, reshardFrom));

        Assert.Contains("'ReshardFrom' to 2", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<TableStore> OpenAsync(StorageAccount account, int shards, int? reshardFrom = null, Action<ClientOptions>? configure = null)
    {
        var store = new TableStore(account.Connect(configure), shards, ["home"], NullLogger<TableStore>.Instance, reshardFrom: reshardFrom);
        await store.OpenAsync(Cancellation);
        return store;
    }

    /// <returns>What <see cref="ReadAsync"/> finds.</returns>
    private static async Task<string> FillAsync(StorageAccount account, int shards)
    {
        var store = await OpenAsync(account, shards);
        await Parallel.ForAsync(0, Endpoints, Cancellation, async (number, token) =>
        {
            var id = $"e{number}";
            await store.PutEndpointAsync(new RegisteredEndpoint(Endpoint(id) with { Visibility = number % 3 == 0 ? Visibility.Public : Visibility.Private }, EndpointSource.Api), token);
            var after = State(1) with { DueAt = number % 5 == 0 ? Slot(2) : null };
            // So large that it is a blob beside its row.
            if (number == 1)
                after = after with { Maintenance = new AdHocMaintenance(Slot(1), Slot(2), "somebody", Noise(600_000)) };
            await store.CommitAsync(new()
            {
                EndpointId = id,
                Before = (await store.ReadStateAsync(id, token))!,
                After = after,
                Record = Record(1),
                Transitions = number % 4 == 0 ? [Transition(id, 1, 1)] : [],
            });
        });
        // The document of the last minute says nothing of the new shards.
        await store.ReadOverviewAsync(Cancellation);
        return await ReadAsync(store);
    }

    private static string Noise(int length) => string.Concat(Enumerable.Range(0, length / 8).Select(number => (number * 2654435761u % uint.MaxValue).ToString("x8", System.Globalization.CultureInfo.InvariantCulture)));

    private static async Task<string> ReadAsync(TableStore store)
    {
        var lines = new List<string>();
        foreach (var each in await store.ReadOverviewAsync(Cancellation))
        {
            var id = each.Registered.Endpoint.Id;
            var state = (await store.ReadStateAsync(id, Cancellation))!;
            lines.Add($"{id} {each.Registered.Generation} {each.Last?.Slot:O} {state.Pending.Count} {JsonSerializer.Serialize(state.State, EngineJson.Default.EndpointState)}");
        }

        lines.Add(string.Join(' ', (await store.ReadPublicOverviewAsync(Cancellation)).Select(each => each.Registered.Endpoint.Id)));
        lines.Add(string.Join(' ', (await store.ReadPendingAsync(100, new HashSet<string>(), Cancellation)).Transitions.Select(each => each.Id).Order(StringComparer.Ordinal)));
        lines.Add(string.Join(' ', (await store.ReadDueAsync(Slot(9), 100, new HashSet<string>(), Cancellation)).Order(StringComparer.Ordinal)));
        return string.Join('\n', lines);
    }

    private static async Task AssertNothingLeftAsync(StorageAccount account, TableStore store)
    {
        var clients = account.Connect();
        var (rows, blobs) = (0, 0);
        foreach (var name in new[] { Keys.Endpoints, Keys.State })
        {
            await foreach (var row in clients.Tables.GetTableClient(name).QueryAsync<TableEntity>(cancellationToken: Cancellation))
            {
                if (row.RowKey == Keys.ShardVersion)
                    continue;
                var id = name == Keys.State ? Keys.EndpointOfState(row.RowKey) : row.RowKey;
                Assert.Equal(Keys.Shard(store.ShardOf(id)), row.PartitionKey);
                rows++;
                // Or the clean-up would take it for nobody's.
                if (row.GetString("Overflow") is { } blob)
                {
                    Assert.StartsWith($"state/{row.PartitionKey}/", blob, StringComparison.Ordinal);
                    blobs++;
                }
            }
        }

        // A definition, the state, its location, its newest result; the pending ones.
        Assert.Equal((4 * Endpoints + Endpoints / 4, 1), (rows, blobs));
    }

    private sealed class DiesAfter(int requests) : HttpPipelinePolicy
    {
        private int _left = requests;

        public void Configure(ClientOptions options)
        {
            options.Retry.MaxRetries = 0;
            options.AddPolicy(this, HttpPipelinePosition.PerCall);
        }

        public override ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
            Interlocked.Decrement(ref _left) < 0 ? throw new IOException("died") : ProcessNextAsync(message, pipeline);

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }
}
