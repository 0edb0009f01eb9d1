using McpProbe.Functions.Storage;
using McpProbe.Monitoring;
using McpProbe.Testing;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>The contract of every store that is audited, and how long the table keeps the lines.</summary>
public class AuditTests(Emulators emulators) : AuditStoreContract
{
    private StorageAccount? _account;

    protected override async Task<IAuditStore> OpenAsync() => await Stores.OpenAsync(_account ??= await emulators.NewAccountAsync());

    [Fact]
    public async Task Remove_OldLines_LeavesTheNewest()
    {
        var store = (TableStore)Ports;
        for (var i = 0; i < 250; i++)
            await store.AddAuditLineAsync(Line(i, "a"), Cancellation);

        Assert.Equal(247, await store.RemoveAuditAsync(Start.AddMinutes(247), Cancellation));
        Assert.Equal(0, await store.RemoveAuditAsync(Start.AddMinutes(247), Cancellation));

        Assert.Equal([249, 248, 247], (await store.ReadAuditAsync(null, 10, Cancellation)).Select(line => (line.At - Start).TotalMinutes));
    }
}
