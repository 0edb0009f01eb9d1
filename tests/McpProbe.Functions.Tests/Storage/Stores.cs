using Azure.Core;
using McpProbe.Functions.Storage;
using McpProbe.Monitoring;
using McpProbe.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>What the tests of this store share.</summary>
internal static class Stores
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal static Task<TableStore> OpenAsync(StorageAccount account, int shards = 4, Action<ClientOptions>? configure = null) =>
        OpenAsync(account.Connect(configure), shards);

    internal static async Task<TableStore> OpenAsync(StoreClients clients, int shards = 4)
    {
        var store = new TableStore(clients, shards, [HeadSettings.Home], NullLogger<TableStore>.Instance);
        await store.OpenAsync(Cancellation);
        return store;
    }

    internal static async Task<TableStore> NewAsync(this Emulators emulators, int shards = 4, Action<ClientOptions>? configure = null) =>
        await OpenAsync(await emulators.NewAccountAsync(), shards, configure);

    internal static StorePorts Ports(TableStore store) => new(store, store, store, store);

    internal static async Task<StoredState> AddAsync(this TableStore store, string id)
    {
        await store.PutEndpointAsync(StoreSamples.Registered(id), Cancellation);
        return (await store.ReadStateAsync(id, Cancellation))!;
    }

    internal static async Task CommitAsync(this IMonitorStore store, StateChange change) =>
        Assert.Equal(CommitStatus.Committed, (await store.CommitAsync(change, Cancellation)).Status);
}
