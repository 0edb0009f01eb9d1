namespace McpProbe.Testing;

/// <summary>A contract that every store keeps: opened for each test, and closed after it.</summary>
/// <typeparam name="TPorts">The ports that the contract is about.</typeparam>
public abstract class StoreContract<TPorts> : IAsyncLifetime
    where TPorts : class
{
    private TPorts? _ports;

    protected TPorts Ports => _ports ?? throw new InvalidOperationException("The store is not open yet.");

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Opens the store of this test: empty at first; the second time, with what was written, as after a restart.</summary>
    protected abstract Task<TPorts> OpenAsync();

    /// <summary>Closes it; for a store that is not opened or locked, nothing.</summary>
    protected virtual Task CloseAsync() => Task.CompletedTask;

    protected async Task ReopenAsync()
    {
        await CloseAsync();
        _ports = await OpenAsync();
    }

    public async ValueTask InitializeAsync() => _ports = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }
}
