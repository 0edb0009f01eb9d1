using McpProbe.Monitoring;
using McpProbe.Server.Storage;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.Storage;

/// <summary>The contract of every store that is audited, and how long SQLite keeps the lines.</summary>
public sealed class SqliteAuditTests : AuditStoreContract, IDisposable
{
    private readonly ReopenedStore _reopened = new();

    private SqliteStore Store => _reopened.Store;

    protected override Task<IAuditStore> OpenAsync() => Task.FromResult<IAuditStore>(_reopened.Open());

    protected override Task CloseAsync() => _reopened.CloseAsync();

    public void Dispose() => _reopened.Dispose();

    [Theory]
    [InlineData(5, 100, 5)] // from before the fifth minute
    [InlineData(0, 3, 3)] // the oldest beyond three
    [InlineData(5, 3, 3)]
    [InlineData(0, 100, 9)]
    public async Task Remove_OldLinesAndThoseBeyondTheMost_LeavesTheNewest(int before, int most, int left)
    {
        for (var minute = 1; minute <= 9; minute++)
            await Store.AddAuditLineAsync(Line(minute, "a"), Cancellation);

        var from = Store.FirstOldAuditLine(Start.AddMinutes(before), most);
        while (await Store.RemoveAuditAsync(from, Cancellation) > 0)
        {
        }

        var kept = await Store.ReadAuditAsync(null, 100, Cancellation);
        Assert.Equal(Enumerable.Range(10 - left, left).Reverse().Select(minute => Start.AddMinutes(minute)), kept.Select(line => line.At));
    }
}
