using System.Globalization;
using McpProbe.Monitoring;
using McpProbe.Server.Storage;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Server.Tests.Storage;

/// <summary>The process that <see cref="SqliteStoreTests"/> starts and kills.</summary>
public sealed class CommitUntilKilled
{
    public const string Data = "MCPPROBE_TEST_DATA";
    public const string Report = "MCPPROBE_TEST_REPORT";

    [Fact(Explicit = true)]
    public async Task Commit_OnAndOn_ReportsEachSlot()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var directory = DataDirectory.Open(Environment.GetEnvironmentVariable(Data)!);
        await using var store = SqliteStore.Open(directory, TimeProvider.System);
        await using var report = new FileStream(
            Environment.GetEnvironmentVariable(Report)!, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        await store.PutEndpointAsync(Registered("a"), cancellation);
        for (var slot = 1; slot < 1_000_000; slot++)
        {
            var outcome = await store.CommitAsync(
                new StateChange
                {
                    EndpointId = "a",
                    Before = (await store.ReadStateAsync("a", cancellation))!,
                    After = State(slot),
                    Record = Record(slot),
                    Transitions = [Transition("a", slot)],
                },
                cancellation);
            Assert.Equal(CommitStatus.Committed, outcome.Status);
            report.Write(System.Text.Encoding.ASCII.GetBytes(slot.ToString(CultureInfo.InvariantCulture) + "\n"));
        }
    }
}
