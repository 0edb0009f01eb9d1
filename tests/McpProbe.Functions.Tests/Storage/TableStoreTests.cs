using McpProbe.Testing;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>The contract of every store, over HTTP with a key.</summary>
public sealed class TableStoreTests(Emulators emulators) : MonitorStoreContract
{
    private StorageAccount? _account;

    // Each step is some requests.
    protected override int Stories => 8;

    protected override async Task<StorePorts> OpenAsync()
    {
        _account ??= await emulators.NewAccountAsync();
        return Stores.Ports(await Stores.OpenAsync(_account));
    }
}
