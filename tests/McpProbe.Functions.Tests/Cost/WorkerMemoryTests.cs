using System.Text;
using McpProbe.Endpoints;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Functions.Tests.Worker;
using McpProbe.Monitoring;
using McpProbe.Testing;

namespace McpProbe.Functions.Tests.Cost;

/// <summary>
/// What the worker process takes of an instance, at its fullest. The host beside it is not on this machine: what it took once is in
/// docs/cost.md.
/// </summary>
public class WorkerMemoryTests(Emulators emulators)
{
    private const int PerMessage = 64;
    private const int Rounds = 10;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The figures of docs/cost.md: by hand, <c>-explicit only -class '*WorkerMemoryTests' -showLiveOutput</c>.</summary>
    [Fact(Explicit = true)]
    public async Task Worker_WithAllItsPlacesTaken_FitsBesideTheHost()
    {
        var (now, full) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var answer = McpScript.Stateless("search", "fetch");
        await using var server = await StubServer.StartAsync(async context =>
        {
            // The first requests wait until all places are taken.
            if (Interlocked.Increment(ref now) >= ProbeWorker.MostAtOnce)
                full.TrySetResult();
            await full.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, context.RequestAborted);
            await answer(context);
        });
        var account = await emulators.NewAccountAsync();
        var settings = RunningWorker.Settings(account.ConnectionString);
        // As on an instance of 512 MB: the runtime gives its heap three quarters of a container's memory, and sees one processor.
        settings["DOTNET_GCHeapHardLimit"] = $"{512L * 3 / 4 << 20:X}";
        settings["DOTNET_PROCESSOR_COUNT"] = "1";
        await using var host = await FunctionsHost.StartAsync(settings);
        var store = await Stores.OpenAsync(account);
        Endpoint[] endpoints =
        [
            .. Enumerable.Range(0, ProbeWorker.MostAtOnce).Select(number => new Endpoint
            {
                Id = $"server-{number}", Url = new Uri($"{server.Url}/{number}/mcp"), Timeout = TimeSpan.FromSeconds(60),
            }),
        ];
        await Parallel.ForEachAsync(endpoints, Token, async (endpoint, token) =>
            await store.PutEndpointAsync(new RegisteredEndpoint(endpoint, EndpointSource.Api), token));
        var idle = host.Worker.Memory;

        // The first makes baselines, the second confirms them.
        await ProbeAllAsync(host, endpoints);
        var first = host.Worker.Peak;
        await ProbeAllAsync(host, endpoints);
        var before = host.Worker.Peak.Processor;
        for (var round = 0; round < Rounds; round++)
            await ProbeAllAsync(host, endpoints);

        var (memory, processor) = host.Worker.Peak;
        var perProbe = (processor - before).TotalMilliseconds / (Rounds * endpoints.Length);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"worker: {idle >> 20} MB idle, {first.Memory >> 20} MB with {endpoints.Length} probes in flight, {memory >> 20} MB after {Rounds + 2} rounds; {perProbe:F2} ms of processor a healthy, unchanged probe");
        Assert.True(now >= ProbeWorker.MostAtOnce);
        Assert.InRange(memory >> 20, 1, 512 - 282);
    }

    private static async Task ProbeAllAsync(FunctionsHost host, Endpoint[] endpoints)
    {
        var slot = TimeProvider.System.GetUtcNow();
        var answers = await Task.WhenAll(endpoints.Chunk(PerMessage).Select(some =>
        {
            var batch = Assert.Single(ProbeBatch.Pack(some.Select(endpoint => new ScheduledProbe(endpoint, slot)), HeadSettings.Home, PerMessage).Batches);
            return host.InvokeAsync("ProbeEndpoints", TriggerData.QueueMessage(Encoding.UTF8.GetString(batch.Body.Span)));
        }));
        Assert.All(answers, answer => Assert.Equal(StatusResult.Types.Status.Success, answer.Result.Status));
    }
}
