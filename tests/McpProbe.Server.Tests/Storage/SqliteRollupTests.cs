using McpProbe.Monitoring;
using McpProbe.Server.Storage;
using McpProbe.Testing;
using McpProbe.Uptime;

namespace McpProbe.Server.Tests.Storage;

/// <summary>The contract of every store that is rolled up, and what is SQLite's own.</summary>
public sealed class SqliteRollupTests : RollupStoreContract, IDisposable
{
    private readonly TempDirectory _temp = new();
    private DataDirectory? _directory;
    private SqliteStore? _store;

    protected override Task<RollupPorts> OpenAsync()
    {
        _directory = DataDirectory.Open(_temp.File("data"));
        _store = SqliteStore.Open(_directory, TimeProvider.System);
        return Task.FromResult(new RollupPorts(_store, _store, _store));
    }

    protected override async Task CloseAsync()
    {
        if (_store is not null)
            await _store.DisposeAsync();
        _directory?.Dispose();
        (_store, _directory) = (null, null);
    }

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Delete_TakesTheRollupsAlongAndLaterOnesAreNotWritten()
    {
        await AddAsync("a");
        await _store!.WriteRollupsAsync("a", [OfHour(Midnight, 5, 1)], Cancellation);
        await _store.CommitAsync(
            new StateChange { EndpointId = "a", Before = (await _store.ReadStateAsync("a", Cancellation))!, DeleteEndpoint = true }, Cancellation);

        await _store.WriteRollupsAsync("a", [OfHour(Midnight.AddHours(1), 5, 1)], Cancellation);

        Assert.Empty(await _store.ReadRollupsAsync("a", RollupPeriod.Hour, Midnight, Midnight.AddDays(1), Cancellation));
    }
}
