[assembly: AssemblyFixture(typeof(McpProbe.Functions.Tests.Storage.Emulators))]

namespace McpProbe.Functions.Tests.Storage;

/// <summary>The emulators that all tests of this assembly share; each is started when the first test asks for it.</summary>
public sealed class Emulators : IAsyncDisposable
{
    private readonly Lazy<Task<Azurite>> _http = new(() => Azurite.StartAsync());
    private readonly Lazy<Task<Azurite>> _oauth = new(() => Azurite.StartAsync(oauth: true));

    /// <summary>An empty account, reached with a key over HTTP.</summary>
    public async Task<StorageAccount> NewAccountAsync() => (await _http.Value).NewAccount();

    /// <summary>An empty account, reached with a token over HTTPS.</summary>
    public async Task<StorageAccount> NewTokenAccountAsync() => (await _oauth.Value).NewAccount();

    public async ValueTask DisposeAsync()
    {
        foreach (var started in new[] { _http, _oauth }.Where(each => each.IsValueCreated))
            await (await started.Value).DisposeAsync();
    }
}
