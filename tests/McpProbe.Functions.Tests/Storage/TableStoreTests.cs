using McpProbe.Functions.Storage;
using McpProbe.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>The contract of every store, over HTTP with a key.</summary>
public sealed class TableStoreTests(Emulators emulators) : MonitorStoreContract
{
    private StorageAccount? _account;

    protected override async Task<StorePorts> OpenAsync()
    {
        _account ??= await emulators.NewAccountAsync();
        var store = await TableStore.OpenAsync(_account.Connect(), 4, NullLogger<TableStore>.Instance, Cancellation);
        return new StorePorts(store, store, store, store);
    }

    protected override Task CloseAsync() => Task.CompletedTask;
}
