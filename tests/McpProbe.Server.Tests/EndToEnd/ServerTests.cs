using System.Net;
using System.Text.Json;
using McpProbe.Model;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>The built server against a server it watches, from the outside.</summary>
public sealed class ServerTests : IDisposable
{
    private static readonly Dictionary<string, string> NoEnvironment = [];
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Killed_InTheMiddle_ShowsTheSameHistoryAfterARestart()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        var arguments = await ArgumentsAsync(Endpoint("a", watched.Url));
        JsonElement[] before;
        await using (var first = await ServerProcess.ListenAsync(NoEnvironment, arguments))
        {
            await Eventually.TrueAsync(async () => (await ResultsAsync(first, "a")).Length >= 4, "four results");
            // The next probe is on its way when the process dies.
            var lists = watched.Lists;
            watched.Hold();
            await Eventually.TrueAsync(() => watched.Lists > lists, "a probe in flight");
            before = await ResultsAsync(first, "a");
            await first.KillAsync();
        }
        watched.Release();

        await using var second = await ServerProcess.ListenAsync(NoEnvironment, arguments);

        var after = await ResultsAsync(second, "a");
        Assert.Equal(
            before.Select(result => result.GetRawText()),
            after.SkipWhile(result => result.GetProperty("slot").GetString() != before[0].GetProperty("slot").GetString())
                .Select(result => result.GetRawText()));
        await Eventually.TrueAsync(async () => (await ResultsAsync(second, "a")).Length > after.Length, "it goes on");
    }

    [Fact]
    public async Task WatchedServer_StopsAndStartsAgain_OpensOneIncidentAndResolvesIt()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        var arguments = await ArgumentsAsync(Endpoint("a", watched.Url, "\"ops\""), receiver.Url);
        await using var server = await ServerProcess.ListenAsync(
            new Dictionary<string, string> { ["TEST_WEBHOOK_SECRET"] = receiver.Secret, ["MCPPROBE_API_KEY"] = "a-key-of-the-test-9" },
            [.. arguments, "--public-url", "https://status.example.com"]);
        await Eventually.TrueAsync(async () => await VerdictAsync(server, "a") == "healthy", "the endpoint is healthy");

        await watched.StopAsync();
        await Eventually.TrueAsync(() => !receiver.Alerts.IsEmpty, "the incident's webhook arrives");
        await Eventually.TrueAsync(async () => await DeliveredAsync(server, "a") == 1, "and is recorded as delivered");
        await watched.StartAgainAsync();
        await Eventually.TrueAsync(() => receiver.Alerts.Count >= 2, "the resolve's webhook arrives");
        await Eventually.TrueAsync(async () => await DeliveredAsync(server, "a") == 2, "and is recorded as delivered");

        var alerts = receiver.Alerts.ToArray();
        Assert.Equal(["incident.opened", "incident.resolved"], alerts.Select(alert => alert.Type));
        Assert.All(alerts, alert => Assert.True(alert.Signed));
        Assert.All(alerts, alert => Assert.Equal(
            "https://status.example.com/endpoints/a", alert.Body.GetProperty("data").GetProperty("links").GetProperty("endpoint").GetString()));
        Assert.Equal(2, alerts.Select(alert => alert.Id).Distinct().Count());
        var incident = Assert.Single((await server.GetAsync("/api/endpoints/a/incidents")).GetProperty("incidents").EnumerateArray());
        Assert.Equal("outage", incident.GetProperty("incident").GetProperty("kind").GetString());
        Assert.NotEqual(JsonValueKind.Null, incident.GetProperty("incident").GetProperty("resolvedAt").ValueKind);
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task Terminated_DuringAProbe_LetsItEndRecordsItAndExitsWithZero()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        // One probe a minute: the one that is held is the only one.
        var arguments = await ArgumentsAsync(Endpoint("a", watched.Url).Replace("\"1s\"", "\"60s\"", StringComparison.Ordinal));
        watched.Hold();
        await using (var server = await ServerProcess.ListenAsync(NoEnvironment, arguments))
        {
            await Eventually.TrueAsync(() => watched.Lists > 0, "a probe in flight");
            await server.TerminateAsync();
            await Eventually.TrueAsync(async () => await IsClosedAsync(server), "it listens no more");
            Assert.False(server.HasExited);
            watched.Release();

            Assert.Equal(0, await server.ExitAsync());
            Assert.Empty(server.Errors);
        }

        using var directory = Server.Storage.DataDirectory.Open(_temp.File("data"));
        await using var store = Server.Storage.SqliteStore.Open(directory, TimeProvider.System);
        var result = Assert.Single(await store.ReadResultsAsync("a", null, 10, TestContext.Current.CancellationToken));
        Assert.Equal(Verdict.Healthy, result.Result.Verdict);
    }

    [Fact]
    public async Task Start_WithAWrongFile_PrintsEveryMistakeAndExitsWithTwo()
    {
        var file = _temp.File("probes.yaml");
        await File.WriteAllTextAsync(
            file,
            """
            endpoints:
              - id: a
                url: not a url
              - id: a
                url: https://example.com/mcp
                intervall: 5s
            """,
            TestContext.Current.CancellationToken);
        await using var server = ServerProcess.Start(NoEnvironment, "--probes", file, "--data", _temp.File("data"));

        Assert.Equal(2, await server.ExitAsync());

        await Eventually.TrueAsync(() => server.Errors.Count >= 3, "three mistakes");
        Assert.All(server.Errors, line => Assert.StartsWith(file + ":", line, StringComparison.Ordinal));
        Assert.Contains(server.Errors, line => line.StartsWith($"{file}:3:10: endpoints[0].url: ", StringComparison.Ordinal));
        Assert.Contains(server.Errors, line => line.Contains(":6:", StringComparison.Ordinal));
        Assert.False(Directory.Exists(_temp.File("data")));
    }

    [Fact]
    public async Task Start_WithoutTheSecretsOfItsChannels_NamesEachAndExitsWithTwo()
    {
        var file = _temp.File("probes.yaml");
        await File.WriteAllTextAsync(
            file,
            """
            channels:
              - { name: ops, type: webhook, url: https://example.com/x, secret: "${env:TEST_SECRET_IN_A_FILE}" }
              - { name: chat, type: slack, url: "${env:TEST_SECRET_NOT_SET}" }
              - { name: wrong, type: webhook, url: https://example.com/x, secret: "${env:TEST_SECRET_THAT_IS_NONE}" }
              - { name: oncall, type: pagerduty, secret: "${env:TEST_SECRET_OF_A_LOST_FILE}" }
              - { name: spare, type: slack, url: "${env:TEST_SECRET_OF_NOBODY}" }
            endpoints:
              - id: a
                url: https://example.com/mcp
                channels: [ops, chat]
                alerts: { escalate: [{ after: 1h, channels: [wrong, oncall] }] }
            """,
            TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_temp.File("secret"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", TestContext.Current.CancellationToken);
        await using var server = ServerProcess.Start(
            new Dictionary<string, string>
            {
                ["TEST_SECRET_IN_A_FILE_FILE"] = _temp.File("secret"),
                ["TEST_SECRET_THAT_IS_NONE"] = "hunter2",
                ["TEST_SECRET_OF_A_LOST_FILE_FILE"] = _temp.File("no-such-file"),
            },
            "--probes", file, "--data", _temp.File("data"));

        Assert.Equal(2, await server.ExitAsync());

        await Eventually.TrueAsync(() => server.Errors.Count >= 3, "three mistakes");
        Assert.Equal(
            [
                $"{file}: channel 'chat' needs the environment variable TEST_SECRET_NOT_SET, which is not set; set it for the prober, or TEST_SECRET_NOT_SET_FILE to the path of a file that holds it",
                $"{file}: channel 'wrong': secret, made of TEST_SECRET_THAT_IS_NONE: a webhook secret is 'whsec_' and the base64 of 24 to 64 random bytes",
                $"{file}: channel 'oncall' needs the file that the environment variable TEST_SECRET_OF_A_LOST_FILE_FILE names, which does not exist; put the secret there, for the prober to read",
            ],
            server.Errors);
        Assert.False(Directory.Exists(_temp.File("data")));
    }

    [Theory]
    [InlineData("--urls http://0.0.0.0:0", "MCPPROBE_API_KEY")]
    [InlineData("--urls http://*:0", "MCPPROBE_API_KEY")]
    [InlineData("--urls ftp://127.0.0.1:1", "http://")]
    [InlineData("--urls nonsense", "not an address")]
    [InlineData("--public-url status.example.com", "--public-url status.example.com: must be http://")]
    [InlineData("--public-url https://status.example.com", "Set MCPPROBE_API_KEY")]
    [InlineData("--concurrency 0", "--concurrency")]
    [InlineData("--control dns.google", "host:port")]
    [InlineData("--probez x", "--probez")]
    [InlineData("--test-alert ops", "--probes")]
    public async Task Start_WithAWrongOption_SaysWhatAndExitsWithTwo(string arguments, string says)
    {
        await using var server = ServerProcess.Start(NoEnvironment, [.. arguments.Split(' '), "--data", _temp.File("data")]);

        Assert.Equal(2, await server.ExitAsync());

        await Eventually.TrueAsync(() => server.Errors.Any(line => line.Contains(says, StringComparison.Ordinal)), $"'{says}' in: {server.Everything}");
        Assert.False(Directory.Exists(_temp.File("data")));
    }

    [Theory]
    [InlineData("MCPPROBE_API_KEY=short", "MCPPROBE_API_KEY is a key of 5 characters, and a key has at least 16")]
    [InlineData("MCPPROBE_READ_KEY=one-that-is-long-enough", "MCPPROBE_READ_KEY is set without MCPPROBE_API_KEY")]
    [InlineData("MCPPROBE_API_KEY=one-that-is-long-enough MCPPROBE_READ_KEY=one-that-is-long-enough", "MCPPROBE_READ_KEY is the same key")]
    [InlineData("MCPPROBE_TRUSTED_PROXIES=everybody", "MCPPROBE_TRUSTED_PROXIES has 'everybody'")]
    [InlineData("MCPPROBE_OIDC_AUTHORITY=https://login.example.com", "MCPPROBE_OIDC_CLIENT_ID is missing")]
    public async Task Start_WithAWrongEnvironment_SaysWhatAndExitsWithTwo(string environment, string says)
    {
        await using var server = ServerProcess.Start(
            environment.Split(' ').Select(each => each.Split('=')).ToDictionary(each => each[0], each => each[1]), "--data", _temp.File("data"));

        Assert.Equal(2, await server.ExitAsync());

        await Eventually.TrueAsync(() => server.Errors.Any(line => line.Contains(says, StringComparison.Ordinal)), $"'{says}' in: {server.Everything}");
        Assert.DoesNotContain("one-that-is", server.Everything, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp.File("data")));
    }

    [Fact]
    public async Task Start_OnADirectoryOrAPortInUse_SaysWhichAndExitsWithTwo()
    {
        await using var first = await ServerProcess.ListenAsync(NoEnvironment, "--data", _temp.File("data"));
        await using var sameData = ServerProcess.Start(NoEnvironment, "--data", _temp.File("data"), "--urls", "http://127.0.0.1:0");
        await using var samePort = ServerProcess.Start(NoEnvironment, "--data", _temp.File("other"), "--urls", first.Page.GetLeftPart(UriPartial.Authority));

        Assert.Equal(2, await sameData.ExitAsync());
        Assert.Equal(2, await samePort.ExitAsync());

        await Eventually.TrueAsync(() => !sameData.Errors.IsEmpty && !samePort.Errors.IsEmpty, "both say why");
        Assert.Contains("in use by another McpProbe", Assert.Single(sameData.Errors), StringComparison.Ordinal);
        Assert.Contains($":{first.Page.Port}", Assert.Single(samePort.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithoutTheFileOfItsEndpoints_RefusesAndKeepsThem()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        var arguments = await ArgumentsAsync(Endpoint("a", watched.Url));
        await using (var first = await ServerProcess.ListenAsync(NoEnvironment, arguments))
        {
            await Eventually.TrueAsync(async () => (await ResultsAsync(first, "a")).Length > 0, "a result");
            await first.TerminateAsync();
            Assert.Equal(0, await first.ExitAsync());
        }

        await using var without = ServerProcess.Start(NoEnvironment, "--data", _temp.File("data"));

        Assert.Equal(2, await without.ExitAsync());
        await Eventually.TrueAsync(() => without.Errors.Any(line => line.Contains("--probes", StringComparison.Ordinal)), "it asks for the file");
        await using var again = await ServerProcess.ListenAsync(NoEnvironment, arguments);
        Assert.NotEmpty(await ResultsAsync(again, "a"));
    }

    [Fact]
    public async Task Api_PutAndDelete_StartAndEndWatching()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        await using var server = await ServerProcess.ListenAsync(NoEnvironment, "--data", _temp.File("data"));
        await server.SaysAsync("Nothing to watch yet");

        using var created = await server.SendAsync(HttpMethod.Put, "/api/endpoints/b", $$"""{"url":"{{watched.Url}}/mcp","interval":"1h"}""");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        await Eventually.TrueAsync(async () => await VerdictAsync(server, "b") == "healthy", "it is probed at once, not in an hour");

        using var deleted = await server.SendAsync(HttpMethod.Delete, "/api/endpoints/b");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Empty((await server.GetAsync("/api/status")).GetProperty("endpoints").EnumerateArray());
    }

    [Fact]
    public async Task TestAlert_WhileTheServerRuns_SendsASampleOnceAndSaysWhatCameOfIt()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        var environment = new Dictionary<string, string> { ["TEST_WEBHOOK_SECRET"] = receiver.Secret };
        var arguments = await ArgumentsAsync(Endpoint("a", watched.Url), receiver.Url);
        await using var server = await ServerProcess.ListenAsync(environment, arguments);

        var delivered = await TestAlertAsync("ops", environment, arguments);
        var unknown = await TestAlertAsync("opps", environment, arguments);
        var unset = await TestAlertAsync("ops", NoEnvironment, arguments);

        var alert = Assert.Single(receiver.Alerts);
        Assert.True(alert.Signed);
        Assert.Contains("nothing is wrong", alert.Body.GetProperty("data").GetProperty("incident").GetProperty("summary").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, delivered.Code);
        Assert.StartsWith("The test alert was delivered to channel 'ops'.", delivered.Says, StringComparison.Ordinal);
        Assert.Equal((2, "No channel is named 'opps'. There are: ops."), unknown);
        // Found out before anything is sent, as at every start.
        Assert.Equal(2, unset.Code);
        Assert.Contains("TEST_WEBHOOK_SECRET", unset.Says, StringComparison.Ordinal);
        Assert.Empty(server.Errors);
    }

    private static async Task<(int Code, string Says)> TestAlertAsync(
        string channel, Dictionary<string, string> environment, string[] arguments)
    {
        await using var process = ServerProcess.Start(environment, [.. arguments, "--test-alert", channel]);
        var code = await process.ExitAsync();
        await Eventually.TrueAsync(() => process.Everything.Length > 0, "it says what came of it");
        return (code, process.Everything);
    }

    [Fact]
    public async Task Demo_WithinItsTimetable_ShowsAnOutageADriftAndBothResolved()
    {
        await using var server = await ServerProcess.ListenAsync(NoEnvironment, "--demo", "--demo-speed", "5");

        await Eventually.TrueAsync(
            () => Said(server, "webhook incident.resolved: demo-failing, outage") && Said(server, "webhook incident.resolved: demo-drifting, drift"),
            "the outage and the drift open and resolve", TimeSpan.FromSeconds(60));

        Assert.True(Said(server, "webhook incident.opened: demo-failing, outage"));
        Assert.True(Said(server, "webhook incident.opened: demo-drifting, drift"));
        Assert.Equal("gated", await VerdictAsync(server, "demo-gated"));
        var drift = (await server.GetAsync("/api/endpoints/demo-drifting/drift")).GetProperty("drift").EnumerateArray().ToArray();
        Assert.Contains(
            drift.SelectMany(record => record.GetProperty("changes").EnumerateArray()),
            change => change.GetProperty("class").GetString() == "breaking" && change.GetProperty("message").GetString()!.Contains("tenant", StringComparison.Ordinal));
        Assert.Empty((await server.GetAsync("/api/endpoints/demo-steady/incidents")).GetProperty("incidents").EnumerateArray());
        await server.TerminateAsync();
        Assert.Equal(0, await server.ExitAsync());
        Assert.Empty(server.Errors);
    }

    private static bool Said(ServerProcess server, string text) =>
        server.Output.Any(line => line.StartsWith(text, StringComparison.Ordinal));

    private static string Endpoint(string id, string url, string channels = "") =>
        $$"""{"id":"{{id}}","url":"{{url}}/mcp","interval":"1s","timeout":"1s","channels":[{{channels}}]}""";

    private async Task<string[]> ArgumentsAsync(string endpoint, string? webhook = null)
    {
        var channels = webhook is null
            ? ""
            : $$"""{"name":"ops","type":"webhook","url":"{{webhook}}","secret":"${env:TEST_WEBHOOK_SECRET}"}""";
        var file = _temp.File("probes.json");
        await File.WriteAllTextAsync(
            file, $$"""{"channels":[{{channels}}],"endpoints":[{{endpoint}}]}""", TestContext.Current.CancellationToken);
        return ["--probes", file, "--data", _temp.File("data")];
    }

    private static async Task<JsonElement[]> ResultsAsync(ServerProcess server, string id) =>
        [.. (await server.GetAsync($"/api/endpoints/{id}/results")).GetProperty("results").EnumerateArray()];

    private static async Task<string?> VerdictAsync(ServerProcess server, string id) =>
        (await server.GetAsync("/api/status")).GetProperty("endpoints").EnumerateArray()
            .First(endpoint => endpoint.GetProperty("id").GetString() == id).GetProperty("verdict").GetString();

    private static async Task<int> DeliveredAsync(ServerProcess server, string id) =>
        (await server.GetAsync($"/api/endpoints/{id}/incidents")).GetProperty("incidents").EnumerateArray()
            .SelectMany(incident => incident.GetProperty("deliveries").EnumerateArray())
            .Count(delivery => delivery.GetProperty("status").GetString() == "delivered");

    private static async Task<bool> IsClosedAsync(ServerProcess server)
    {
        try
        {
            using var answer = await server.SendAsync(HttpMethod.Get, "/api/health");
            return false;
        }
        catch (HttpRequestException)
        {
            return true;
        }
    }
}
