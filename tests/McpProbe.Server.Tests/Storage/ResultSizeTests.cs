using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Server.Storage;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Server.Tests.Storage;

/// <summary>The budget of docs/performance.md: what a healthy result that changes nothing takes on disk, index included.</summary>
public sealed class ResultSizeTests(ITestOutputHelper output)
{
    private const int Endpoints = 50;
    private const int Slots = 400;

    [Fact]
    public async Task Commit_HealthyAndUnchanged_TakesFewBytes()
    {
        using var temp = new TempDirectory();
        using var directory = DataDirectory.Open(temp.File("data"));
        await using var store = SqliteStore.Open(directory, new FakeTimeProvider(Start));
        var cancellation = TestContext.Current.CancellationToken;
        var ids = Enumerable.Range(0, Endpoints).Select(number => $"an-endpoint-with-a-name-{number}").ToList();
        foreach (var id in ids)
            await store.PutEndpointAsync(Registered(id), cancellation);

        var before = Bytes(directory);
        // As they come: each slot of all endpoints, then the next.
        for (var slot = 0; slot < Slots; slot++)
        {
            await Task.WhenAll(ids.Select(async (id, number) =>
            {
                var state = (await store.ReadStateAsync(id, cancellation))!;
                var at = Start.AddMinutes(slot).AddMilliseconds(number * 17);
                await store.CommitAsync(
                    new StateChange { EndpointId = id, Before = state, Record = new ProbeRecord(at, "local", Result(id, at, slot)) }, cancellation);
            }));
        }
        var each = (Bytes(directory) - before) / (double)(Endpoints * Slots);

        output.WriteLine($"{each:F1} bytes a result on disk, over {Endpoints * Slots} results of {Endpoints} endpoints");
        Assert.Equal(Slots, (await store.ReadResultsAsync(ids[7], null, Slots + 1, cancellation)).Count);
        Assert.InRange(each, 1, 120);
    }

    // A probe of a real server over the Internet: every phase has its time.
    private static ProbeResult Result(string id, DateTimeOffset slot, int number) => Healthy() with
    {
        Target = $"https://{id}.example.com/mcp",
        Attempts = 1,
        Cold = false,
        Conditions = [new ConditionResult("tools-non-empty", true), new ConditionResult("require-tool", true)],
        Timings = new Timings(12.34 + number, 45.67, 78.9 + number, 123.45, 234.56 + number, 345.67, 840.59 + number),
        StartedAt = slot.AddTicks(31_234 + number),
    };

    private static long Bytes(DataDirectory directory)
    {
        using var session = SqliteSession.Open(directory.Database, readOnly: true);
        long Pragma(string name) => session.QueryFirst($"PRAGMA {name}", row => row.GetInt64(0));
        return (Pragma("page_count") - Pragma("freelist_count")) * Pragma("page_size");
    }
}
