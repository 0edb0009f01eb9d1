using System.Diagnostics;
using McpProbe.Monitoring;
using McpProbe.Server.Storage;
using McpProbe.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Server.Tests.Storage;

/// <summary>What the writes that wait for a full disk take in memory, on a disk that is really full, and with more of them than are kept.</summary>
public sealed class FullDiskMemoryTests(ITestOutputHelper output)
{
    private const int Endpoints = 2_000;

    /// <summary>As docs/operations.md promises.</summary>
    private const long Most = 400L << 20;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // It takes a minute, and so much memory that other tests would be measured with it.
    [Theory(Explicit = true)]
    [InlineData(0)]
    [InlineData(10)]
    public async Task Commit_MoreThanIsKeptOnAFullDisk_TakesNoMoreThanIsPromised(int changesEvery)
    {
        using var disk = SmallDisk.InMemory("64m");
        using var directory = DataDirectory.Open(Path.Combine(disk.Path, "data"));
        await using var store = SqliteStore.Open(directory, TimeProvider.System);
        for (var number = 0; number < Endpoints; number++)
            await store.PutEndpointAsync(Registered($"endpoint-{number}"), Cancellation);
        disk.Fill();
        using var self = Process.GetCurrentProcess();
        var before = Resident();
        var most = before;
        var line = 0;

        for (var slot = 0; slot < 2 * WriteQueue.MostHeld / Endpoints; slot++)
        {
            await Task.WhenAll(Enumerable.Range(0, Endpoints).Select(number => CommitAsync($"endpoint-{number}", slot, changesEvery > 0 && (number + slot) % changesEvery == 0)));
            most = Math.Max(most, Resident());
            if (store.Failure is { } failure && slot % 5 == 4)
                output.WriteLine($"{++line}: {failure.Held:N0} held, {failure.Dropped:N0} dropped, {(Resident() - before) >> 20} MB more than before");
        }

        var kept = Assert.IsType<StoreFailure>(store.Failure);
        Assert.InRange(kept.Held, WriteQueue.MostHeld / 4, WriteQueue.MostHeld);
        Assert.True(kept.Dropped > 0, "nothing was dropped");
        output.WriteLine($"at most {(most - before) >> 20} MB more than before");
        Assert.True(most - before < Most, $"{(most - before) >> 20} MB");
        disk.Free();
        await Eventually.TrueAsync(() => store.Failure is null, "what is kept is written", TimeSpan.FromMinutes(2));

        async Task CommitAsync(string id, int slot, bool changes)
        {
            var read = (await store.ReadStateAsync(id, Cancellation))!;
            var outcome = await store.CommitAsync(
                new StateChange
                {
                    EndpointId = id,
                    Before = read,
                    Record = Record(slot, changes ? Down() : Healthy(slot)),
                    After = changes ? State(slot) : null,
                    Incidents = changes ? [Incident(id, slot)] : [],
                },
                Cancellation);
            Assert.Equal(CommitStatus.Committed, outcome.Status);
        }

        long Resident()
        {
            self.Refresh();
            return self.WorkingSet64;
        }
    }
}
