using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>Somebody takes an incident on in McpProbe: whoever hears of the incident is told, whatever becomes of the process meanwhile.</summary>
public sealed class AcknowledgedTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Acknowledged_AndKilledBeforeItArrived_IsToldAfterTheRestartInOrder()
    {
        var events = new ConcurrentQueue<JsonElement>();
        var answers = true;
        await using var pager = await StubServer.StartAsync(async context =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            events.Enqueue(body.RootElement.Clone());
            if (!Volatile.Read(ref answers))
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
            context.Response.StatusCode = 202;
        });
        await using var watched = await ScriptedMcpServer.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        var file = _temp.File("probes.json");
        await File.WriteAllTextAsync(
            file,
            $$"""
            {"channels":[{"name":"pager","type":"pagerduty","url":"{{pager.Url}}/v2/enqueue","secret":"${env:TEST_ROUTING_KEY}"},
                         {"name":"ops","type":"webhook","url":"{{receiver.Url}}","secret":"${env:TEST_WEBHOOK_SECRET}"}],
             "endpoints":[{"id":"a","url":"{{watched.Url}}/mcp","interval":"1s","failureThreshold":1,"successThreshold":1,"channels":["pager","ops"]}]}
            """,
            TestContext.Current.CancellationToken);
        var environment = new Dictionary<string, string> { ["TEST_WEBHOOK_SECRET"] = receiver.Secret, ["TEST_ROUTING_KEY"] = "0123456789abcdef0123456789abcdef" };
        string incident;

        await using (var server = await ServerProcess.ListenAsync(environment, "--probes", file, "--data", _temp.File("data")))
        {
            await Eventually.TrueAsync(async () => (await server.GetAsync("/api/endpoints/a")).GetProperty("state").GetProperty("verdict").GetString() == "healthy", "a healthy probe", Patience);
            await watched.StopAsync();
            await Eventually.TrueAsync(() => Actions().Contains("trigger") && receiver.Alerts.Any(alert => alert.Type == "incident.opened"), "the outage is told", Patience);
            incident = events.First().GetProperty("dedup_key").GetString()!;

            Volatile.Write(ref answers, false);
            using var taken = await server.SendAsync(HttpMethod.Post, $"/api/incidents/{incident}/acknowledge", """{"by":"Ann","duration":"2h"}""");
            Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
            await Eventually.TrueAsync(() => Actions().Contains("acknowledge"), "it is being sent", Patience);
            await server.KillAsync();
        }

        Volatile.Write(ref answers, true);
        await using (var again = await ServerProcess.ListenAsync(environment, "--probes", file, "--data", _temp.File("data")))
        {
            await Eventually.TrueAsync(() => Actions().Count(action => action == "acknowledge") == 2, "it is sent again", Patience);
            await Eventually.TrueAsync(() => receiver.Alerts.Any(alert => alert.Type == "incident.acknowledged"), "the webhook is told", Patience);

            using var back = await again.SendAsync(HttpMethod.Delete, $"/api/incidents/{incident}/acknowledge");
            Assert.Equal(HttpStatusCode.NoContent, back.StatusCode);
            await Eventually.TrueAsync(() => receiver.Alerts.Any(alert => alert.Type == "incident.unacknowledged"), "that it was given back is told", Patience);
            // Paused rather than mended: its end goes the same way.
            await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Replace("\"interval\":\"1s\"", "\"paused\":true", StringComparison.Ordinal), TestContext.Current.CancellationToken);
            using var reload = await again.SendAsync(HttpMethod.Post, "/api/reload");
            Assert.Equal(HttpStatusCode.OK, reload.StatusCode);
            await Eventually.TrueAsync(() => Actions().Contains("resolve") && receiver.Alerts.Any(alert => alert.Type == "incident.resolved"), "the end is told", Patience);

            var left = (await again.GetAsync($"/api/incidents/{incident}")).GetProperty("deliveries").EnumerateArray()
                .Single(each => each.GetProperty("type").GetString() == "unacknowledged" && each.GetProperty("channel").GetString() == "pager");
            Assert.Equal(("left-out", 0), (left.GetProperty("status").GetString(), left.GetProperty("attempts").GetInt32()));
        }

        Assert.Equal(["trigger", "acknowledge", "acknowledge", "resolve"], Actions());
        Assert.All(events, each => Assert.Equal(incident, each.GetProperty("dedup_key").GetString()));
        Assert.Equal(
            ["incident.opened", "incident.acknowledged", "incident.unacknowledged", "incident.resolved"],
            receiver.Alerts.DistinctBy(alert => alert.Id).Select(alert => alert.Type));
        Assert.All(receiver.Alerts, alert => Assert.True(alert.Signed));
        foreach (var alert in receiver.Alerts)
            await PublishedSchemas.AssertFitsAsync("webhook", alert.Body.GetRawText());
        Assert.Equal(
            [null, "Ann", null, null],
            receiver.Alerts.DistinctBy(alert => alert.Id).Select(alert => alert.Body.GetProperty("data").GetProperty("acknowledgement") is { ValueKind: JsonValueKind.Object } by ? by.GetProperty("by").GetString() : null));

        List<string> Actions() => [.. events.Select(each => each.GetProperty("event_action").GetString()!)];
    }
}
