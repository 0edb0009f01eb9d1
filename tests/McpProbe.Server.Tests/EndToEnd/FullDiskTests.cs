using System.Net;
using System.Text.Json;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>The built server on a disk that really fills, that becomes read-only, and that is full when it starts.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    /// <summary>Where the log is a file on a disk that is full, the greeting has no room either.</summary>
    [Fact]
    public async Task LogOnAFullDisk_AtTheStart_EndsNothing()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "This system has no /dev/full.");
        await using var watched = await ScriptedMcpServer.StartAsync();
        var file = _temp.File("probes.json");
        await File.WriteAllTextAsync(file, $$"""{"endpoints":[{"id":"a","url":"{{watched.Url}}/mcp","interval":"1s"}]}""", TestContext.Current.CancellationToken);
        int port;
        using (var free = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        var page = new Uri($"http://127.0.0.1:{port}");
        var start = new System.Diagnostics.ProcessStartInfo(
            "sh", ["-c", "exec dotnet \"$@\" > /dev/full", "sh", typeof(McpProbe.Server.Storage.SqliteStore).Assembly.Location, "--probes", file, "--data", _temp.File("data"), "--urls", page.OriginalString]);
        using var process = System.Diagnostics.Process.Start(start)!;
        try
        {
            using var http = new HttpClient { BaseAddress = page };
            await Eventually.TrueAsync(
                async () => !process.HasExited && await VerdictAsync(http) == "healthy" || (process.HasExited ? throw new InvalidOperationException($"It ended with {process.ExitCode}.") : false),
                "it watches", Long);
        }
        finally
        {
            process.Kill();
        }

        static async Task<string?> VerdictAsync(HttpClient http)
        {
            try
            {
                using var status = JsonDocument.Parse(await http.GetStringAsync("/api/status", TestContext.Current.CancellationToken));
                return status.RootElement.GetProperty("verdict").GetString();
            }
            catch (HttpRequestException)
            {
                return null;
            }
        }
    }

    /// <summary>A file that is open goes on taking writes when it is deleted, and nobody ever finds them.</summary>
    [Fact]
    public async Task DataDirectoryTakenAway_WhileItRuns_IsToldAndNotCalledWell()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        using var directory = new TempDirectory();
        var file = directory.File("probes.json");
        await File.WriteAllTextAsync(
            file,
            $$"""
            {"channels":[{"name":"ops","type":"webhook","url":"{{receiver.Url}}","secret":"${env:TEST_WEBHOOK_SECRET}"}],
             "endpoints":[{"id":"a","url":"{{watched.Url}}/mcp","interval":"1s","channels":["ops"]}]}
            """,
            TestContext.Current.CancellationToken);
        await using var server = await ServerProcess.ListenAsync(
            new Dictionary<string, string> { ["TEST_WEBHOOK_SECRET"] = receiver.Secret }, "--probes", file, "--data", directory.File("data"));
        await Eventually.TrueAsync(async () => (await ResultsAsync(server)).Length >= 2, "results");
        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync(HttpMethod.Get, "/api/health")).StatusCode);

        Directory.Delete(directory.File("data"), recursive: true);

        await Eventually.TrueAsync(async () => await CausesAsync(server) is [{ } only] && only.Code == "store-gone", "the health tells it", Long);
        await server.SaysAsync("The store records in vain", Long);
        await Eventually.TrueAsync(() => !receiver.Alerts.IsEmpty, "the channel is told", Long);
        Assert.Equal(("incident.opened", "unwatched", "store-gone"), KindOf(receiver.Alerts.First()));
        Assert.Contains("restart McpProbe", receiver.Alerts.First().Body.GetProperty("data").GetProperty("advice").GetString(), StringComparison.Ordinal);
        // It stays so: a file that is put there is another one than that which is open.
        Directory.CreateDirectory(directory.File("data"));
        await File.WriteAllTextAsync(Path.Combine(directory.File("data"), "mcpprobe.db"), "", TestContext.Current.CancellationToken);
        Assert.Equal("store-gone", Assert.Single(await CausesAsync(server)).Code);
    }

    [Fact]
    public async Task DiskFillsAndIsFreedAgain_ProbesAndAlertsGoOnAndAllIsWrittenOnce()
    {
        using var disk = SmallDisk.InMemory("4m");
        await using var watched = await ScriptedMcpServer.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var server = await ServerProcess.ListenAsync(
            new Dictionary<string, string> { ["TEST_WEBHOOK_SECRET"] = receiver.Secret }, await ArgumentsAsync(disk, watched.Url, receiver.Url));
        await Eventually.TrueAsync(async () => (await ResultsAsync(server)).Length >= 3, "three results");
        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync(HttpMethod.Get, "/api/health")).StatusCode);

        disk.Fill();
        await Eventually.TrueAsync(async () => await CausesAsync(server) is [{ } only] && only.Code == "store-refuses-writes", "the health tells it", Long);
        // The first alert says that the store is failing.
        await Eventually.TrueAsync(() => receiver.Alerts.Count == 1, "the channel is told", Long);
        var first = receiver.Alerts.ToArray()[0];
        Assert.Equal(("incident.opened", "unwatched", "store-failing"), KindOf(first));
        Assert.Contains("the disk is full: free space on it", first.Body.GetRawText(), StringComparison.Ordinal);

        // An outage is seen, told once, and resolved, all from memory.
        await watched.StopAsync();
        await Eventually.TrueAsync(() => receiver.Alerts.Count == 2, "the outage arrives", Long);
        await Eventually.TrueAsync(async () => (await ResultsAsync(server)).Count(IsUnrecorded) >= 12, "many probes later", Long);
        Assert.Equal(2, receiver.Alerts.Count);
        await watched.StartAgainAsync();
        await Eventually.TrueAsync(() => receiver.Alerts.Count == 3, "and its end", Long);
        Assert.Equal(
            [("incident.opened", "outage", "failures-in-a-row"), ("incident.resolved", "outage", "successes-in-a-row")],
            receiver.Alerts.Skip(1).Select(KindOf));
        var page = await (await server.SendAsync(HttpMethod.Get, "/endpoints/a")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("McpProbe itself: store refuses writes", page, StringComparison.Ordinal);
        Assert.Contains("not yet recorded", page, StringComparison.Ordinal);
        // Nobody is promised what cannot be kept.
        using (var put = await server.SendAsync(HttpMethod.Put, "/api/endpoints/b", """{"url":"https://example.com/mcp"}"""))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, put.StatusCode);

        disk.Free();
        await Eventually.TrueAsync(
            async () => (await server.SendAsync(HttpMethod.Get, "/api/health")).StatusCode == HttpStatusCode.OK, "it works again by itself", Long);
        await Eventually.TrueAsync(
            () => server.Output.Any(line => line.Contains("The store takes what is written again", StringComparison.Ordinal)), "and the log says so");
        var before = await ResultsAsync(server);
        Assert.DoesNotContain(before, IsUnrecorded);
        await server.KillAsync();

        // What waited is on the disk, once and in its order: no slot is missing, and the incident is the one that was told.
        await using var again = await ServerProcess.ListenAsync(
            new Dictionary<string, string> { ["TEST_WEBHOOK_SECRET"] = receiver.Secret }, await ArgumentsAsync(disk, watched.Url, receiver.Url));
        var slots = (await ResultsAsync(again)).Select(result => result.GetProperty("slot").GetDateTimeOffset()).Reverse().ToList();
        Assert.Superset(before.Select(result => result.GetProperty("slot").GetDateTimeOffset()).ToHashSet(), slots.ToHashSet());
        Assert.True(slots.Zip(slots.Skip(1), (one, next) => next - one).Max() <= TimeSpan.FromSeconds(3), string.Join(' ', slots));
        var incident = Assert.Single((await again.GetAsync("/api/endpoints/a/incidents")).GetProperty("incidents").EnumerateArray());
        Assert.Equal(
            receiver.Alerts.Skip(1).Take(2).Select(alert => alert.Id),
            incident.GetProperty("deliveries").EnumerateArray().Select(delivery => delivery.GetProperty("transitionId").GetString()));
        Assert.All(
            incident.GetProperty("deliveries").EnumerateArray(), delivery => Assert.Equal("delivered", delivery.GetProperty("status").GetString()));
        // The end of the store's trouble, which the killed process could not tell.
        await Eventually.TrueAsync(() => receiver.Alerts.Count == 4, "and the end of the trouble", Long);
        Assert.Equal(("incident.resolved", "unwatched", "store-works"), KindOf(receiver.Alerts.ToArray()[3]));
        Assert.Equal(4, receiver.Alerts.Select(alert => alert.Id).Distinct().Count());

        // One line a minute, not one a probe.
        await server.SaysAsync("The store takes what is written again");
        Assert.InRange(server.Output.Count(line => line.Contains("The store refuses what is written", StringComparison.Ordinal)), 1, 3);
        Assert.Single(server.Output, line => line.Contains("The store takes what is written again", StringComparison.Ordinal));
        Assert.InRange(server.Output.Count(line => line.Contains(" fail: ", StringComparison.Ordinal)), 0, 6);
    }

    [Fact]
    public async Task DiskBecomesReadOnly_ProbesAndAlertsGoOnFromMemory()
    {
        using var disk = SmallDisk.InAFile(16 << 20);
        await using var watched = await ScriptedMcpServer.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var server = await ServerProcess.ListenAsync(
            new Dictionary<string, string> { ["TEST_WEBHOOK_SECRET"] = receiver.Secret }, await ArgumentsAsync(disk, watched.Url, receiver.Url));
        await Eventually.TrueAsync(async () => (await ResultsAsync(server)).Length >= 3, "three results");

        disk.BecomeReadOnly();
        await watched.StopAsync();

        await Eventually.TrueAsync(() => receiver.Alerts.Count >= 2, "both alerts arrive", Long);
        Assert.Equal(["outage", "unwatched"], receiver.Alerts.Select(alert => KindOf(alert).Kind).Order());
        Assert.Equal("store-refuses-writes", Assert.Single(await CausesAsync(server)).Code);
        await watched.StartAgainAsync();
        await Eventually.TrueAsync(() => receiver.Alerts.Count == 3, "and the end of the outage", Long);
        await server.TerminateAsync();
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task Start_OnAFullDisk_SaysWhyInOneSentenceAndExitsWithTwo()
    {
        using var disk = SmallDisk.InMemory("1m");
        disk.Fill();

        await using var server = ServerProcess.Start(new Dictionary<string, string>(), "--data", Path.Combine(disk.Path, "data"), "--urls", "http://127.0.0.1:0");

        Assert.Equal(2, await server.ExitAsync());
        var sentence = Assert.Single(server.Errors);
        Assert.Contains("free space", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("backup", sentence, StringComparison.Ordinal);
    }

    // Killed on a full disk, as by the kernel or by systemd's restart: it finds its own files, and goes on from memory.
    [Fact]
    public async Task Start_AgainOnADiskThatFilled_GoesOnOrSaysWhy()
    {
        using var disk = SmallDisk.InMemory("4m");
        await using var watched = await ScriptedMcpServer.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        var environment = new Dictionary<string, string> { ["TEST_WEBHOOK_SECRET"] = receiver.Secret };
        var arguments = await ArgumentsAsync(disk, watched.Url, receiver.Url);
        await using (var first = await ServerProcess.ListenAsync(environment, arguments))
        {
            await Eventually.TrueAsync(async () => (await ResultsAsync(first)).Length >= 3, "three results");
            disk.Fill();
            await first.KillAsync();
        }

        await using var second = await ServerProcess.ListenAsync(environment, arguments);

        await Eventually.TrueAsync(async () => (await ResultsAsync(second)).Any(IsUnrecorded), "it goes on from memory", Long);
        await watched.StopAsync();
        await Eventually.TrueAsync(() => receiver.Alerts.Any(alert => KindOf(alert).Kind == "outage"), "and alerts", Long);
        disk.Free();
        await Eventually.TrueAsync(
            async () => (await second.SendAsync(HttpMethod.Get, "/api/health")).StatusCode == HttpStatusCode.OK, "and records when it can", Long);
    }

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private async Task<string[]> ArgumentsAsync(SmallDisk disk, string url, string webhook)
    {
        var file = _temp.File("probes.json");
        await File.WriteAllTextAsync(
            file,
            $$"""
            {"channels":[{"name":"ops","type":"webhook","url":"{{webhook}}","secret":"${env:TEST_WEBHOOK_SECRET}"}],
             "endpoints":[{"id":"a","url":"{{url}}/mcp","interval":"1s","timeout":"1s","channels":["ops"]}]}
            """,
            TestContext.Current.CancellationToken);
        return ["--probes", file, "--data", Path.Combine(disk.Path, "data")];
    }

    private static async Task<JsonElement[]> ResultsAsync(ServerProcess server) =>
        [.. (await server.GetAsync("/api/endpoints/a/results?limit=500")).GetProperty("results").EnumerateArray()];

    private static bool IsUnrecorded(JsonElement result) => result.TryGetProperty("notRecorded", out var mark) && mark.GetBoolean();

    private static async Task<IReadOnlyList<(string Code, string Message)>> CausesAsync(ServerProcess server)
    {
        using var answer = await server.SendAsync(HttpMethod.Get, "/api/health");
        if (answer.StatusCode == HttpStatusCode.OK)
            return [];
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        await PublishedSchemas.AssertFitsAsync("problem", text);
        return
        [
            .. JsonDocument.Parse(text).RootElement.GetProperty("causes").EnumerateArray()
                .Select(cause => (cause.GetProperty("code").GetString()!, cause.GetProperty("message").GetString()!)),
        ];
    }

    private static (string Type, string Kind, string Rule) KindOf(Alert alert)
    {
        var incident = alert.Body.GetProperty("data").GetProperty("incident");
        return (alert.Type, incident.GetProperty("kind").GetString()!, incident.GetProperty("rule").GetString()!);
    }
}
