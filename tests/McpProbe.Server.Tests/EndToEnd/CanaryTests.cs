using System.Net;
using System.Text.Json;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>The canary in a running server: from a real server that is restarted to the alert, the page, the API and the metrics.</summary>
public sealed class CanaryTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    /// <summary>server-everything keeps its sessions in memory, and answers 400 for those that it does not know.</summary>
    [Fact]
    public async Task RealServer_ThatIsRestartedTwice_IsAnIncidentThatResolvesOnceASessionLives()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var watched = await RealServers.StartAsync("everything");
        try
        {
            var file = await WriteAsync(
                $$"""
                channels: [{ name: ops, type: webhook, url: "{{receiver.Url}}", secret: "${env:TEST_WEBHOOK_SECRET}" }]
                defaults: { interval: 2s, timeout: 2s, failureThreshold: 1000, channels: [ops] }
                endpoints: [{ id: a, url: "{{watched.Url}}", canary: true }]
                """);
            JsonElement held;
            await using (var first = await StartAsync(file, receiver))
            {
                held = await HeldAsync(first, "a");
                Assert.Equal("session", held.GetProperty("kind").GetString());
                await LooksAsync(first, "a", "survived", 3);
                await first.KillAsync();
            }

            // The session is the store's, not the process's.
            await using var head = await StartAsync(file, receiver);
            await LooksAsync(head, "a", "survived", 2);
            Assert.Equal(held.GetProperty("since").GetString(), (await HeldAsync(head, "a")).GetProperty("since").GetString());
            Assert.Equal(1, await ValueAsync(head, "mcpprobe_session_held{", "a"));

            for (var cut = 1; cut <= 2; cut++)
            {
                await HeldAsync(head, "a");
                var port = watched.Port;
                await watched.DisposeAsync();
                watched = await RealServers.StartAsync("everything", port);
                var ended = await EndedAsync(head, "a", cut);
                Assert.Equal("wrong-error", ended.GetProperty("end").GetString());
                Assert.StartsWith("HTTP 400", ended.GetProperty("detail").GetString(), StringComparison.Ordinal);
                Assert.Equal(cut == 2, await OpensAsync(head, "a"));
            }

            await Eventually.TrueAsync(() => !receiver.Alerts.IsEmpty, "the alert arrives", Patience);
            var opened = Assert.Single(receiver.Alerts);
            var incident = opened.Body.GetProperty("data").GetProperty("incident");
            Assert.Equal((true, "incident.opened", "session", "sessions-cut-in-a-row"),
                (opened.Signed, opened.Type, incident.GetProperty("kind").GetString(), incident.GetProperty("rule").GetString()));
            Assert.Matches(
                "^The server cut 2 sessions in a row, the last one after [0-9sm ]+: the server answered its requests with HTTP 400.* Clients are not told that such a session is over, and do not begin anew; ",
                opened.Body.GetProperty("data").GetProperty("summary").GetString());
            Assert.Equal(2, await ValueAsync(head, "mcpprobe_session_cut_in_a_row", "a"));

            // It lives on twice as long as those that were cut.
            await Eventually.TrueAsync(() => receiver.Alerts.Count > 1, "the end is told", Patience);
            Assert.Equal(["incident.opened", "incident.resolved"], receiver.Alerts.Select(alert => alert.Type));
            Assert.Equal("sessions-survive", receiver.Alerts.Last().Body.GetProperty("data").GetProperty("incident").GetProperty("rule").GetString());

            var sessions = await head.GetAsync("/api/endpoints/a/sessions");
            Assert.Equal((3, 2, 0.3333), (sessions.GetProperty("sessions").GetInt32(), sessions.GetProperty("cut").GetInt32(), sessions.GetProperty("survivalRate").GetDouble()));
            Assert.Empty(await PublishedSchemas.MistakesAsync("sessions", sessions.GetRawText()));
            var page = await PageAsync(head, "a");
            Assert.Contains("1 of 3 sessions (33.33 %) go on or ended as they should; 2 were cut.", page, StringComparison.Ordinal);
            Assert.Contains("wrong error", page, StringComparison.Ordinal);
            Assert.DoesNotContain(held.GetProperty("since").GetString()!, sessions.GetProperty("held").GetRawText(), StringComparison.Ordinal);
            var metrics = await MetricsAsync(head);
            Assert.Equal(2, Sum(metrics, "mcpprobe_session_looks_total", "a", "outcome=\"wrong-error\""));
            Assert.Equal(2, Sum(metrics, "mcpprobe_session_life_seconds_count", "a"));
            Assert.Equal(1 / 3.0, Sum(metrics, "mcpprobe_session_survival_ratio", "a"), 4);
        }
        finally
        {
            await watched.DisposeAsync();
        }
    }

    [Fact]
    public async Task Deployment_OfServersThatEndSessionsInEveryWay_IsNamedByItsEnd()
    {
        var servers = new Dictionary<string, SessionServer>
        {
            ["proper"] = new(),
            ["error-400"] = new() { Unknown = 400 },
            ["error-200"] = new() { Unknown = 200 },
            ["silent"] = new() { Unknown = 0 },
            ["ended-stream"] = new() { Stateless = true },
            ["dropped-stream"] = new() { Stateless = true },
        };
        var stubs = new Dictionary<string, StubServer>();
        await using var sse = await RealServers.StartAsync("everything-sse");
        var proxy = await RealServers.StartAsync("mcp-proxy");
        await using var receiver = await WebhookReceiver.StartAsync();
        try
        {
            foreach (var (id, server) in servers)
                stubs[id] = await StubServer.StartAsync(server.AnswerAsync);
            var file = await WriteAsync(
                $$"""
                channels: [{ name: ops, type: webhook, url: "{{receiver.Url}}", secret: "${env:TEST_WEBHOOK_SECRET}" }]
                defaults: { interval: 2s, timeout: 2s, failureThreshold: 1000, canary: true, channels: [ops], alerts: { sessionsCut: 1, drift: never } }
                endpoints:
                {{string.Concat(servers.Keys.Select(id => $"  - {{ id: {id}, url: \"{stubs[id].Url}/mcp\" }}\n"))}}
                  - { id: sse, url: "{{sse.Url}}" }
                  - { id: proxy, url: "{{proxy.Url}}" }
                """);
            await using var sent = await OtlpReceiver.StartAsync();
            await using var head = await StartAsync(file, receiver, sent);
            foreach (var id in servers.Keys.Append("proxy"))
                await LooksAsync(head, id, "survived", 1);
            Assert.Equal("stream", (await HeldAsync(head, "proxy")).GetProperty("kind").GetString());

            foreach (var (id, server) in servers)
            {
                server.Version = "1.1";
                server.Forget(reply: id != "dropped-stream");
            }

            var port = proxy.Port;
            await proxy.DisposeAsync();
            proxy = await RealServers.StartAsync("mcp-proxy", port);

            foreach (var (id, end) in new[]
            {
                ("proper", "proper"), ("error-400", "wrong-error"), ("error-200", "wrong-error"), ("silent", "hang"), ("ended-stream", "proper"), ("dropped-stream", "dropped"),
            })
            {
                var ended = await EndedAsync(head, id, 1);
                Assert.Equal((id, end, "deployment"), (id, ended.GetProperty("end").GetString(), ended.GetProperty("cause").GetString()));
                Assert.EndsWith("; changed about then: version", ended.GetProperty("detail").GetString(), StringComparison.Ordinal);
                await HeldAsync(head, id);
            }

            Assert.Equal("dropped", (await EndedAsync(head, "proxy", 1)).GetProperty("end").GetString());
            await Eventually.TrueAsync(() => receiver.Alerts.Count >= 5, "an alert of each that was cut", Patience);
            Assert.Equal(
                ["dropped-stream", "error-200", "error-400", "proxy", "silent"],
                receiver.Alerts.Where(alert => alert.Type == "incident.opened").Select(alert => alert.Body.GetProperty("data").GetProperty("endpoint").GetProperty("id").GetString()).Order());

            // The same goes by OTLP.
            foreach (var (metric, id, outcome) in new[] { ("mcpprobe.session.looks", "silent", "hang"), ("mcpprobe.session.looks", "proper", "proper"), ("mcpprobe.session.held", "proper", null), ("mcpprobe.session.life", "proper", null) })
            {
                await Eventually.TrueAsync(() => (sent.Metrics.LastOrDefault() ?? []).Any(each => each.Name == metric
                    && each.Points.Any(point => point.GetValueOrDefault("endpoint") == id && point.GetValueOrDefault("outcome") == outcome)), $"{metric} of {id} arrives", Patience);
            }

            // Of HTTP+SSE nothing is held: the API and the page say so, and no metric counts it as missing.
            const string Why = "The server speaks HTTP+SSE of 2024-11-05, whose session is its stream: no canary is held there.";
            await Eventually.TrueAsync(
                async () => (await head.GetAsync("/api/endpoints/sse/sessions")).GetProperty("without").GetString() == Why || await LaterAsync(), "why nothing is held", Patience);
            Assert.Contains(Why, await PageAsync(head, "sse"), StringComparison.Ordinal);
            Assert.DoesNotContain("endpoint=\"sse\"", string.Join('\n', Lines(await MetricsAsync(head), "mcpprobe_session_held")), StringComparison.Ordinal);
        }
        finally
        {
            await proxy.DisposeAsync();
            foreach (var stub in stubs.Values)
                await stub.DisposeAsync();
        }
    }

    private async Task<string> WriteAsync(string yaml)
    {
        var file = _temp.File("probes.yaml");
        await File.WriteAllTextAsync(file, yaml, TestContext.Current.CancellationToken);
        return file;
    }

    private Task<ServerProcess> StartAsync(string file, WebhookReceiver receiver, OtlpReceiver? sent = null)
    {
        var environment = new Dictionary<string, string> { ["TEST_WEBHOOK_SECRET"] = receiver.Secret };
        if (sent is not null)
        {
            environment["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = $"{sent.Url}/v1/metrics";
            environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
            environment["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
        }

        return ServerProcess.ListenAsync(environment, "--probes", file, "--data", _temp.File("data"));
    }

    /// <summary>The session that it holds, now or soon.</summary>
    private static async Task<JsonElement> HeldAsync(ServerProcess head, string id)
    {
        var held = default(JsonElement);
        await Eventually.TrueAsync(async () =>
        {
            var all = (await head.GetAsync($"/api/endpoints/{id}/sessions")).GetProperty("held");
            if (all.GetArrayLength() == 0)
                return await LaterAsync();
            held = all[0];
            return true;
        }, $"{id} holds a session", Patience);
        return held;
    }

    /// <summary>The newest session of so many that ended.</summary>
    private static async Task<JsonElement> EndedAsync(ServerProcess head, string id, int count)
    {
        var ended = default(JsonElement);
        await Eventually.TrueAsync(async () =>
        {
            ended = (await head.GetAsync($"/api/endpoints/{id}/sessions")).GetProperty("ended");
            return ended.GetArrayLength() >= count || await LaterAsync();
        }, $"{count} sessions of {id} ended", Patience);
        Assert.Equal(count, ended.GetArrayLength());
        return ended[0];
    }

    private static Task LooksAsync(ServerProcess head, string id, string outcome, int count) => Eventually.TrueAsync(
        async () => Sum(await MetricsAsync(head), "mcpprobe_session_looks_total", id, $"outcome=\"{outcome}\"") >= count || await LaterAsync(),
        $"{id}: {count} × {outcome}", Patience);

    /// <summary>A head that is asked all the time has none left for its probes.</summary>
    private static async Task<bool> LaterAsync()
    {
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, TestContext.Current.CancellationToken);
        return false;
    }

    private static async Task<bool> OpensAsync(ServerProcess head, string id) =>
        (await head.GetAsync($"/api/endpoints/{id}/incidents")).GetProperty("incidents").EnumerateArray()
            .Any(each => each.GetProperty("incident").GetProperty("kind").GetString() == "session");

    private static async Task<double> ValueAsync(ServerProcess head, string metric, string id) => Sum(await MetricsAsync(head), metric, id);

    private static async Task<string> MetricsAsync(ServerProcess head) => await TextAsync(head, "/metrics");

    private static async Task<string> PageAsync(ServerProcess head, string id) => WebUtility.HtmlDecode(await TextAsync(head, $"/endpoints/{id}"));

    private static async Task<string> TextAsync(ServerProcess head, string path)
    {
        using var response = await head.SendAsync(HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static IEnumerable<string> Lines(string metrics, string name) => metrics.Split('\n').Where(line => line.StartsWith(name, StringComparison.Ordinal));

    private static double Sum(string metrics, string name, string id, string label = "") => Lines(metrics, name)
        .Where(line => line.Contains($"endpoint=\"{id}\"", StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
        .Sum(line => double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));
}
