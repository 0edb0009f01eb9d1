using Azure;
using McpProbe.Testing;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>The contract of every store, over HTTPS with a token and no key, as a managed identity reaches the service.</summary>
public sealed class TableStoreWithTokenTests(Emulators emulators) : MonitorStoreContract
{
    private StorageAccount? _account;

    [Fact]
    public async Task Open_WithATokenForAnotherService_IsRefused()
    {
        var clients = (await emulators.NewTokenAccountAsync()).Connect(credential: new TestCredential("https://vault.azure.net"));

        var refused = await Assert.ThrowsAsync<RequestFailedException>(
            () => Stores.OpenAsync(clients));

        Assert.InRange(refused.Status, 401, 403);
    }

    protected override async Task<StorePorts> OpenAsync()
    {
        _account ??= await emulators.NewTokenAccountAsync();
        return Stores.Ports(await Stores.OpenAsync(_account));
    }
}
