using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using McpProbe.Functions.Scheduling;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;

namespace McpProbe.Functions.Tests.Worker;

/// <summary>The published app, driven as the Functions host drives it.</summary>
public class WorkerTests(RunningWorker running) : IClassFixture<RunningWorker>
{
    private const string Success = nameof(StatusResult.Types.Status.Success);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private FunctionsHost Host => running.Host;

    [Fact]
    public void Functions_Indexed_AreTheNineWithTheirBindings()
    {
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"started, indexed and loaded in {Host.StartTime.TotalSeconds:F1} s; {Host.Worker.Memory >> 20} MB");

        Assert.Equal(
            [
                "CheckNow: httpTrigger request authLevel=Anonymous methods=post route=api/check, http $return",
                "Deliver: activityTrigger request",
                "DeliverTransition: orchestrationTrigger context",
                "ProbeEndpoints: queueTrigger message connection=Store queueName=%ProbeQueue%, durableClient durable",
                "ProbePoison: queueTrigger message connection=Store queueName=%ProbePoisonQueue%",
                "RollUp: timerTrigger timer schedule=%RollUpSchedule%, durableClient durable",
                "ScheduleProbes: timerTrigger timer schedule=%ProbeSchedule%",
                "SweepAlerts: timerTrigger timer schedule=%SweepSchedule%, durableClient durable",
                "Web: httpTrigger request authLevel=Anonymous methods=get,head,post,put,delete,options route={*path}, durableClient durable, http $return",
            ],
            Host.Functions.Values.Select(Describe).Order(StringComparer.Ordinal));
    }

    // The host reads the file before there is a worker to ask.
    [Fact]
    public void Functions_Indexed_AreThoseOfThePackagesMetadata()
    {
        var written = JsonNode.Parse(File.ReadAllText(Path.Combine(PublishedApp.Directory, "functions.metadata")))!.AsArray();

        Assert.Equal(
            written.Select(function => (string?)function!["name"]).Order(StringComparer.Ordinal),
            Host.Functions.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Timer_ScheduleProbes_SendsWhatIsDue()
    {
        await PutAsync("scheduled", """{"url":"http://127.0.0.1:9/mcp","interval":"30s"}""");

        var answer = await Host.InvokeAsync(nameof(ScheduleProbes), TriggerData.Timer(pastDue: true));

        Assert.Equal(Success, Outcome(answer));
        var properties = await running.Clients.Queues.GetQueueClient("probes-home").GetPropertiesAsync(Cancellation);
        Assert.InRange(properties.Value.ApproximateMessagesCount, 1, 10);
    }

    [Fact]
    public async Task Queue_MessageOfARealServer_IsProbedAndItsResultStored()
    {
        await using var server = await RealServers.StartAsync("everything");
        var endpoint = await PutAsync("everything", $$"""{"url":"{{server.Url}}"}""");

        var answer = await ProbeAsync(endpoint);

        Assert.Equal(Success, Outcome(answer));
        var result = Assert.Single(await running.Store.ReadResultsAsync("everything", null, 10, Cancellation)).Result;
        Assert.Equal((Verdict.Healthy, TransportKind.StreamableHttp), (result.Verdict, result.Transport));
        Assert.True(result.Catalog!.Tools > 5);
        var shown = await Host.SendAsync("GET", "/api/endpoints/everything/results");
        Assert.Contains("\"healthy\"", shown.Body, StringComparison.Ordinal);
    }

    // Through all of it: the worker judges, the durable engine carries, the worker delivers.
    [Fact]
    public async Task Queue_MessageOfAServerThatIsDown_OpensAnIncidentThatIsTold()
    {
        var endpoint = await PutAsync("down", $$"""{"url":"http://127.0.0.1:{{RealServer.FreePort()}}/mcp","failureThreshold":1,"channels":["ops"]}""");

        Assert.Equal(Success, Outcome(await ProbeAsync(endpoint)));

        await Eventually.TrueAsync(() => running.Alerts.Count > 0, "the alert", TimeSpan.FromSeconds(60));
        var alert = JsonNode.Parse(Assert.Single(running.Alerts))!;
        Assert.Equal(("incident.opened", "down"), ((string?)alert["type"], (string?)alert["data"]!["endpoint"]!["id"]));
        var incident = Assert.Single(await running.Store.ReadIncidentsAsync("down", null, 10, Cancellation));
        await Eventually.TrueAsync(
            async () => (await running.Store.ReadDeliveriesAsync(incident.Id, Cancellation)).All(row => row.IsFinal), "the row of its delivery");
        Assert.Equal(Success, Outcome(await Host.InvokeAsync("SweepAlerts", TriggerData.Timer())));
        Assert.Single(running.Alerts);
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("{}", "not one of probes")]
    [InlineData("""{"location":"home","probes":[{}]}""", "not one of probes")]
    public async Task Queue_MessageThatIsNone_FailsSoThatItComesAgain(string text, string why)
    {
        var answer = await Host.InvokeAsync("ProbeEndpoints", TriggerData.QueueMessage(text));

        Assert.Equal(StatusResult.Types.Status.Failure, answer.Result.Status);
        Assert.Contains(why, answer.Result.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(Success, Outcome(await Host.InvokeAsync("ProbePoison", TriggerData.QueueMessage(text, dequeueCount: 5))));
    }

    [Fact]
    public async Task Http_PagesAndApi_AnswerThroughTheCatchAll()
    {
        var page = await Host.SendAsync("GET", "/", key: null);
        var closed = await Host.SendAsync("GET", "/api/endpoints/x", key: null);
        var unknown = await Host.SendAsync("GET", "/api/endpoints/nobody");
        var head = await Host.SendAsync("HEAD", "/api/status", key: null);

        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.Status, page.Type));
        Assert.Contains("<html", page.Body, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.NotFound, HttpStatusCode.OK), (closed.Status, unknown.Status, head.Status));
        Assert.Equal("application/problem+json", unknown.Type);
    }

    [Fact]
    public async Task Http_CheckNow_ProbesAtOnce()
    {
        await using var server = await StubServer.StartAsync(McpScript.Stateless("echo"));

        var answer = await Host.SendAsync("POST", "/api/check", $$"""{"url":"{{server.Url}}/mcp"}""", function: "CheckNow");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("healthy", (string?)JsonNode.Parse(answer.Body)!["verdict"]);
    }

    private async Task<RegisteredEndpoint> PutAsync(string id, string definition)
    {
        var put = await Host.SendAsync("PUT", $"/api/endpoints/{id}", definition);
        Assert.True(put.Status is HttpStatusCode.Created, put.Body);
        return (await running.Store.ListEndpointsAsync(Cancellation)).Single(each => each.Endpoint.Id == id);
    }

    private Task<InvocationResponse> ProbeAsync(RegisteredEndpoint registered)
    {
        var batch = Assert.Single(ProbeBatch.Pack([new ScheduledProbe(registered.Endpoint, TimeProvider.System.GetUtcNow(), registered.Generation)], "home", 50).Batches);
        return Host.InvokeAsync("ProbeEndpoints", TriggerData.QueueMessage(Encoding.UTF8.GetString(batch.Body.Span)));
    }

    private string Outcome(InvocationResponse answer)
    {
        // For whoever reads why a test failed.
        if (answer.Result.Exception is { } failure)
            TestContext.Current.TestOutputHelper!.WriteLine($"{failure.Message}\n{string.Join('\n', Host.Log.TakeLast(20))}");
        return answer.Result.Status.ToString();
    }

    private static string Describe(FunctionMetadata function) =>
        $"{function.Name}: {string.Join(", ", function.RawBindings.Select(binding => Describe(JsonNode.Parse(binding)!.AsObject())))}";

    // Its own properties, in the order of their names; the rest says the same of every binding.
    private static string Describe(JsonObject binding) => string.Join(' ',
    [
        (string)binding["type"]!, (string)binding["name"]!,
        .. binding.Where(property => property.Key is not ("name" or "type" or "direction" or "properties" or "dataType" or "cardinality"))
            .OrderBy(property => property.Key, StringComparer.Ordinal)
            .Select(property => $"{property.Key}={(property.Value is JsonArray many ? string.Join(',', many.Select(each => (string?)each)) : (string?)property.Value)}"),
    ]);
}
