using McpProbe.Testing;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>The contract of every store, over HTTP with a key.</summary>
public sealed class TableStoreTests(Emulators emulators) : MonitorStoreContract
{
    private StorageAccount? _account;

    protected override async Task<StorePorts> OpenAsync()
    {
        _account ??= await emulators.NewAccountAsync();
        var store = await Stores.OpenAsync(_account);
        return new StorePorts(store, store, store, store);
    }

    protected override Task CloseAsync() => Task.CompletedTask;
}
