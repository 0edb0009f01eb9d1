using McpProbe.Monitoring;
using McpProbe.Server.Storage;
using McpProbe.Testing;
using McpProbe.Uptime;

namespace McpProbe.Server.Tests.Storage;

/// <summary>The contract of every store that is rolled up, and what is SQLite's own.</summary>
public sealed class SqliteRollupTests : RollupStoreContract, IDisposable
{
    private readonly ReopenedStore _reopened = new();

    private SqliteStore Store => _reopened.Store;

    protected override Task<RollupPorts> OpenAsync()
    {
        var store = _reopened.Open();
        return Task.FromResult(new RollupPorts(store, store, store));
    }

    protected override Task CloseAsync() => _reopened.CloseAsync();

    public void Dispose() => _reopened.Dispose();

    [Fact]
    public async Task Delete_TakesTheRollupsAlongAndLaterOnesAreNotWritten()
    {
        await AddAsync("a");
        await Store.WriteRollupsAsync("a", [OfHour(Midnight, 5, 1)], Cancellation);
        await Store.CommitAsync(
            new StateChange { EndpointId = "a", Before = (await Store.ReadStateAsync("a", Cancellation))!, DeleteEndpoint = true }, Cancellation);

        await Store.WriteRollupsAsync("a", [OfHour(Midnight.AddHours(1), 5, 1)], Cancellation);

        Assert.Empty(await Store.ReadRollupsAsync("a", RollupPeriod.Hour, Midnight, Midnight.AddDays(1), Cancellation));
    }

    [Fact]
    public async Task Read_ARowOfTheFormerVersion_IsTheSame()
    {
        await AddAsync("a");
        await Store.WriteRollupsAsync("a", [OfHour(Midnight.AddHours(1), 5, 1)], Cancellation);
        var database = _reopened.Directory!.Database;
        await CloseAsync();
        using (var session = SqliteSession.Open(database, readOnly: false))
        {
            session.Execute(
                "INSERT INTO rollups (endpoint_id, period, start, location, rollup) VALUES ('a', 'hour', $start, 'local', $rollup)",
                ("$start", Midnight.UtcTicks), ("$rollup", RollupSamples.Former));
        }

        await ReopenAsync();
        var hours = await Store.ReadRollupsAsync("a", RollupPeriod.Hour, Midnight, Midnight.AddHours(2), Cancellation);

        Assert.Equal([Midnight, Midnight.AddHours(1)], hours.Select(record => record.Start));
        RollupSamples.AssertFormer(hours[0].Rollup);
    }
}
