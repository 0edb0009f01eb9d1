using McpProbe.Monitoring;
using McpProbe.Server.Storage;
using McpProbe.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Server.Tests.Storage;

/// <summary>Measures, does not judge: run it by hand with <c>-explicit only</c>.</summary>
public sealed class CommitRate(ITestOutputHelper output)
{
    /// <summary>The write path of a probe as 64 cycles at once have it: read the state, commit the result, now and then a state.</summary>
    [Theory(Explicit = true)]
    [InlineData(64, 1000)]
    [InlineData(64, 20)]
    [InlineData(1, 1000)]
    public async Task Commit_ManyAtOnce_CommitsASecond(int concurrency, int stateEvery)
    {
        const int Endpoints = 20_000;
        const int Commits = 20_000;
        using var temp = new TempDirectory();
        using var directory = DataDirectory.Open(temp.File("data"));
        await using var store = SqliteStore.Open(directory, TimeProvider.System);
        var cancellation = TestContext.Current.CancellationToken;
        await Task.WhenAll(Enumerable.Range(0, Endpoints).Select(i => store.PutEndpointAsync(Registered($"e{i}"), cancellation)));

        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        var count = concurrency == 1 ? Commits / 10 : Commits;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = cancellation },
            async (i, token) =>
            {
                var id = $"e{i % Endpoints}";
                var outcome = await store.CommitAsync(
                    new StateChange
                    {
                        EndpointId = id,
                        Before = (await store.ReadStateAsync(id, token))!,
                        After = i % stateEvery == 0 ? State(i) : null,
                        Record = Record(i / Endpoints),
                    },
                    token);
                Assert.Equal(CommitStatus.Committed, outcome.Status);
            });
        var seconds = time.GetElapsedTime(start).TotalSeconds;
        output.WriteLine(
            $"{concurrency} at once, a state every {stateEvery}: {count / seconds:F0} commits/s; {GC.GetTotalMemory(true) >> 20} MiB managed, {Environment.WorkingSet >> 20} MiB resident");
    }
}
