using System.Globalization;
using System.Text.Json.Nodes;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Functions.Uptime;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Tests.Probing;

/// <summary>What takes longer than a function may run is refused with its limit, and never lost as somebody else's fault.</summary>
public class TimeLimitTests(Emulators emulators)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Limits_FitIntoTheFunctionOfTheHost()
    {
        var host = JsonNode.Parse(await File.ReadAllTextAsync(Repository.PathOf("host.json"), Cancellation))!;
        var function = TimeSpan.Parse((string)host["functionTimeout"]!, CultureInfo.InvariantCulture);

        Assert.True(ProbeWorker.LongestBatch < function);
        // Each of a message's probes may wait for a place until another one's time is up.
        Assert.True(2 * (AzureLimits.Timeout + ProbeWorker.Slack) <= ProbeWorker.LongestBatch);
        // The platform's front end cuts an answer after 230 seconds.
        Assert.True(AzureLimits.Timeout <= TimeSpan.FromSeconds(230 - 20));
        // A round of cleaning up ends its step, and the function its last part.
        Assert.True(RollUp.Longest <= function - TimeSpan.FromMinutes(2));
        Assert.True(StoreOpening.Patience < function);
    }

    [Fact]
    public async Task Probe_OfAStoredDefinitionWithALongerTimeout_SaysSoInsteadOfBeingLost()
    {
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync());
        var endpoint = new Endpoint
        {
            Id = "patient",
            Url = new Uri("http://127.0.0.1:9/mcp"),
            Interval = TimeSpan.FromMinutes(30),
            Timeout = TimeSpan.FromMinutes(12),
        };
        var put = await head.Store.PutEndpointAsync(new RegisteredEndpoint(endpoint, EndpointSource.Api), Cancellation);
        var slot = Schedule.SlotAt(endpoint, TimeProvider.System.GetUtcNow());
        var batch = Assert.Single(ProbeBatch.Pack([new ScheduledProbe(endpoint, slot, put.Generation)], HeadSettings.Home, 50).Batches);

        await head.InvokeAsync<ProbeWorker>(worker =>
            worker.RunAsync(ProbeMessage.Read(batch.Body), repeat: false, outbox: null, Cancellation));

        var result = Assert.Single(await head.Store.ReadResultsAsync("patient", null, 10, Cancellation)).Result;
        Assert.Equal((Verdict.Unknown, FailureKind.Config), (result.Verdict, result.Failure!.Kind));
        Assert.Contains("longer than a probe may take on Azure (210s)", result.Failure.Message, StringComparison.Ordinal);
        // And the overview knows of it.
        Assert.Equal(slot, Assert.Single(await head.Store.ReadOverviewAsync(Cancellation)).Last!.Slot);
    }
}
