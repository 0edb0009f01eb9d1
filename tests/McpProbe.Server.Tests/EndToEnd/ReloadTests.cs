using System.Diagnostics;
using System.Net;
using System.Text.Json;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>The probes file of a running server changes, in all the ways in which files change.</summary>
public sealed class ReloadTests : IDisposable
{
    private static readonly Dictionary<string, string> NoEnvironment = [];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TempDirectory _temp = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Changed_File_IsAppliedWholeAndWhatLeftItComesBackWithItsHistory()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        await WriteAsync(Of("a", watched), Of("b", watched));
        await using var server = await ListenAsync();
        using var put = await server.SendAsync(HttpMethod.Put, "/api/endpoints/own", $$"""{"url":"{{watched.Url}}/mcp","interval":"1s"}""");
        Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        await Eventually.TrueAsync(async () => await CountAsync(server, "b") > 1, "results", Patience);

        await WriteAsync(Of("a", watched, "Renamed"), Of("c", watched));

        await Eventually.TrueAsync(async () => (await IdsAsync(server)).SequenceEqual(["a", "c", "own"]), "the file is applied", Patience);
        await server.SaysAsync("was applied: added c; changed a; archived b; no channel changed", Patience);
        Assert.Equal(["b"], await IdsAsync(server, "?archived=true"));
        Assert.Equal("archived", (await server.GetAsync("/api/endpoints/b")).GetProperty("source").GetString());
        await Eventually.TrueAsync(async () => await CountAsync(server, "c") > 0, "the new one is probed", Patience);
        var before = await CountAsync(server, "b");
        Assert.DoesNotContain("\"b\"", (await server.GetAsync("/api/status")).GetRawText(), StringComparison.Ordinal);
        using var page = await server.SendAsync(HttpMethod.Get, "/");
        Assert.Contains("no longer watched", await page.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        await WriteAsync(Of("a", watched), Of("b", watched));
        using var reloaded = await server.SendAsync(HttpMethod.Post, "/api/reload");

        var answer = await ReadAsync("reload", reloaded);
        Assert.Equal("""{"added":[],"changed":["a"],"restored":["b"],"archived":["c"],"channels":[],"warnings":[]}""", answer.GetRawText());
        await Eventually.TrueAsync(async () => await CountAsync(server, "b") > before, "it goes on with its history", Patience);
        using var deleted = await server.SendAsync(HttpMethod.Delete, "/api/endpoints/c");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Empty(await IdsAsync(server, "?archived=true"));
    }

    [Fact]
    public async Task StatusPages_OfAChangedFile_AreThereAtOnce()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        await WriteAsync(Of("a", watched, "Orders"));
        await using var server = await ListenAsync();
        using (var none = await server.SendAsync(HttpMethod.Get, "/status/outside"))
            Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);

        await WriteTextAsync($$"""{"endpoints":[{"id":"a","name":"Orders","url":"{{watched.Url}}/mcp","interval":"1s"}],"pages":[{"name":"outside","title":"Example","endpoints":["a"]}]}""");
        using var reloaded = await server.SendAsync(HttpMethod.Post, "/api/reload");

        Assert.Equal(HttpStatusCode.OK, reloaded.StatusCode);
        using var page = await server.SendAsync(HttpMethod.Get, "/status/outside");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("Orders", await page.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_File_LeavesTheOneBeforeInForceAndSaysSoEverywhere()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        await WriteAsync(Of("a", watched));
        await using var server = await ListenAsync();

        await File.WriteAllTextAsync(Probes, """{"channels":[{"name":"chat","type":"slack","url":"${env:TEST_NOT_SET}"}],"endpoints":[{"id":"a","url":"https://x/mcp","channels":["chat"]}]}""", Token);

        const string mistake = "channel 'chat' needs the environment variable TEST_NOT_SET, which is not set";
        await server.SaysAsync(mistake, Patience);
        await WriteTextAsync("""{"endpoints":[{"id":"a","url":"nonsense"},{"id":"b","urll":"https://x"}]}""");
        await server.SaysAsync("unknown key 'urll'", Patience);
        await server.SaysAsync("probes.json:1:");
        using var page = await server.SendAsync(HttpMethod.Get, "/");
        var text = await page.Content.ReadAsStringAsync(Token);
        Assert.Contains("The probes file could not be applied.", text, StringComparison.Ordinal);
        Assert.Contains("is not an absolute http or https URL", text, StringComparison.Ordinal);
        using var health = await server.SendAsync(HttpMethod.Get, "/api/health");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Contains("probes file not applied: ", (await ReadAsync("problem", health)).GetProperty("reasons").GetRawText(), StringComparison.Ordinal);
        using var asked = await server.SendAsync(HttpMethod.Post, "/api/reload");
        Assert.Equal(HttpStatusCode.BadRequest, asked.StatusCode);
        Assert.Equal(3, (await ReadAsync("problem", asked)).GetProperty("errors").GetArrayLength());
        Assert.Equal($"{watched.Url}/mcp", (await server.GetAsync("/api/endpoints/a")).GetProperty("endpoint").GetProperty("url").GetString());

        await WriteAsync(Of("a", watched));

        await Eventually.TrueAsync(async () =>
        {
            using var now = await server.SendAsync(HttpMethod.Get, "/");
            return !(await now.Content.ReadAsStringAsync(Token)).Contains("could not be applied", StringComparison.Ordinal);
        }, "the page says no more of it", Patience);
    }

    [Theory]
    [InlineData("")]
    [InlineData("endpoints:\n")]
    [InlineData("{}")]
    public async Task Emptied_File_IsRefusedUnlessAskedFor(string content)
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        await WriteAsync(Of("a", watched));
        await using (var server = await ListenAsync())
        {
            await WriteTextAsync(content);
            await server.SaysAsync(
                content.StartsWith("endpoints", StringComparison.Ordinal) ? "not applied" : "it has no endpoint, and would take away the one that it had", Patience);
            Assert.Equal(["a"], await IdsAsync(server));
            File.Delete(Probes);
            await server.SaysAsync("there is no such file", Patience);
            Assert.Equal(["a"], await IdsAsync(server));

            await WriteTextAsync("{}");
            using var refused = await server.SendAsync(HttpMethod.Post, "/api/reload");
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
            Assert.Contains("allowEmpty=true", (await ReadAsync("problem", refused)).GetProperty("detail").GetString(), StringComparison.Ordinal);
            Assert.Equal(["a"], await IdsAsync(server));
        }

        await using (var start = ServerProcess.Start(NoEnvironment, Arguments))
        {
            Assert.Equal(2, await start.ExitAsync());
            await Eventually.TrueAsync(() => start.Everything.Contains("--allow-empty", StringComparison.Ordinal), "it says how it is meant");
        }

        await using var meant = await ServerProcess.ListenAsync(NoEnvironment, [.. Arguments, "--allow-empty"]);
        Assert.Equal(["a"], await IdsAsync(meant, "?archived=true"));
        Assert.Empty(await IdsAsync(meant));
    }

    [Fact]
    public async Task Reload_EmptyAndAskedFor_ArchivesAll()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        await WriteAsync(Of("a", watched), Of("b", watched));
        await using var server = await ListenAsync();

        await WriteAsync(Of("x", watched), Of("y", watched));
        using var refused = await server.SendAsync(HttpMethod.Post, "/api/reload");
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("it may be another file", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        await WriteTextAsync("{}");
        using var applied = await server.SendAsync(HttpMethod.Post, "/api/reload?allowEmpty=true");

        Assert.Equal(["a", "b"], (await ReadAsync("reload", applied)).GetProperty("archived").EnumerateArray().Select(id => id.GetString()));
        Assert.Empty(await IdsAsync(server));
        using var wrong = await server.SendAsync(HttpMethod.Post, "/api/reload?allowEmpty=perhaps");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task Start_OnAFileThatChangedMeanwhile_ArchivesAndRestores()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        await WriteAsync(Of("a", watched), Of("b", watched));
        await using (var server = await ListenAsync())
            await Eventually.TrueAsync(async () => await CountAsync(server, "b") > 0, "a result", Patience);

        await WriteAsync(Of("a", watched));
        await using (var server = await ListenAsync())
            Assert.Equal(["b"], await IdsAsync(server, "?archived=true"));

        await WriteAsync(Of("a", watched), Of("b", watched));
        await using var again = await ListenAsync();
        Assert.Empty(await IdsAsync(again, "?archived=true"));
        Assert.True(await CountAsync(again, "b") > 0);
    }

    [Fact]
    public async Task HangUp_Signal_ReadsTheFileAgainAndDoesNotEndTheServer()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        await WriteAsync(Of("a", watched));
        await using var server = await ListenAsync();
        await using var without = await ServerProcess.ListenAsync(NoEnvironment, "--data", _temp.File("other"));

        await server.SignalAsync("HUP");
        await without.SignalAsync("HUP");

        await server.SaysAsync("was applied: no endpoint changed; no channel changed", Patience);
        await without.SaysAsync("there is no probes file to read again", Patience);
        Assert.False(server.HasExited || without.HasExited);
    }

    /// <summary>Whatever had the file read: who asks later what changed finds it in one place.</summary>
    [Fact]
    public async Task Audit_OfAFileThatIsRead_SaysWhatChangedAndWhy()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        await WriteAsync(Of("a", watched));
        await using var server = await ListenAsync();
        await WriteAsync(Of("a", watched), Of("b", watched));
        await LineAsync("changed", "done", "added b");
        await WriteTextAsync("""{"endpoints":[{"id":"a","urll":"https://x"},{"id":"SECRET"}]}""");
        await LineAsync("changed", "failed", "mistakes; the log says which");
        await server.SignalAsync("HUP");
        await LineAsync("SIGHUP", "failed", "mistakes; the log says which");
        await WriteTextAsync("{}");
        await LineAsync("changed", "failed", "not applied: it would take all endpoints away");
        await WriteTextAsync($$"""{"channels":[{"name":"ops","type":"webhook","url":"https://hooks.example.com/x"}],"endpoints":[{{Of("a", watched)}}]}""");
        await LineAsync("changed", "done", "archived b; channels ops");

        var all = await server.GetAsync("/api/audit");
        await PublishedSchemas.AssertFitsAsync("audit", all.GetRawText());
        var start = all.GetProperty("lines").EnumerateArray().Last();
        Assert.Equal(("start", "added a", Probes), (start.GetProperty("targets").GetProperty("why").GetString(), start.GetProperty("detail").GetString(), start.GetProperty("who").GetProperty("name").GetString()));
        Assert.DoesNotContain("SECRET", all.GetRawText(), StringComparison.Ordinal);

        Task LineAsync(string why, string outcome, string detail) => Eventually.TrueAsync(
            async () => (await server.GetAsync("/api/audit")).GetProperty("lines").EnumerateArray().Any(line =>
                line.GetProperty("who").GetProperty("kind").GetString() == "file" && line.GetProperty("targets").GetProperty("why").GetString() == why
                && line.GetProperty("outcome").GetString() == outcome && line.GetProperty("detail").GetString()!.EndsWith(detail, StringComparison.Ordinal)),
            $"a line: {why}, {outcome}, {detail}", Patience);
    }

    [Fact]
    public async Task SwappedLink_AsKubernetesMountsAConfigMap_IsSeen()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        foreach (var (version, id) in new[] { ("..1", "a"), ("..2", "b") })
        {
            Directory.CreateDirectory(_temp.File(version));
            await File.WriteAllTextAsync(Path.Combine(_temp.File(version), "probes.json"), Document(Of("kept", watched), Of(id, watched)), Token);
        }

        Directory.CreateSymbolicLink(_temp.File("..data"), "..1");
        File.CreateSymbolicLink(Probes, Path.Combine("..data", "probes.json"));
        await using var server = await ListenAsync();
        Assert.Equal(["a", "kept"], await IdsAsync(server));

        Directory.CreateSymbolicLink(_temp.File("..data_tmp"), "..2");
        // A rename, so that there is no moment without the link.
        using var move = Process.Start("mv", ["-T", _temp.File("..data_tmp"), _temp.File("..data")]);
        await move.WaitForExitAsync(Token);

        await Eventually.TrueAsync(async () => (await IdsAsync(server)).SequenceEqual(["b", "kept"]), "the new version is applied", Patience);
    }

    [Fact]
    public async Task RemovedChannel_WithAnOpenIncident_StillHearsOfItsEnd()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var other = await ScriptedMcpServer.StartAsync();
        var ops = $$"""{"name":"ops","type":"webhook","url":"{{receiver.Url}}","secret":"${env:TEST_WEBHOOK_SECRET}"}""";
        await WriteTextAsync($$"""{"channels":[{{ops}}],"endpoints":[{{Of("a", watched, channel: "ops")}},{{Of("b", other)}}]}""");
        await using var server = await ServerProcess.ListenAsync(
            new Dictionary<string, string> { ["TEST_WEBHOOK_SECRET"] = receiver.Secret }, Arguments);
        await watched.StopAsync();
        await Eventually.TrueAsync(() => receiver.Alerts.Any(alert => alert.Type == "incident.opened"), "the incident is told", Patience);

        await WriteAsync(Of("b", other));

        await Eventually.TrueAsync(() => receiver.Alerts.Any(alert => alert.Type == "incident.resolved"), "its end is told too", Patience);
        var end = receiver.Alerts.Single(alert => alert.Type == "incident.resolved");
        Assert.True(end.Signed);
        Assert.Equal("endpoint-archived", end.Body.GetProperty("data").GetProperty("incident").GetProperty("rule").GetString());
        Assert.Empty((await server.GetAsync("/api/channels")).GetProperty("channels").EnumerateArray());
        await server.SaysAsync("channels changed: ops");
    }

    private string Probes => _temp.File("probes.json");

    private string[] Arguments => ["--probes", Probes, "--data", _temp.File("data")];

    private Task<ServerProcess> ListenAsync() => ServerProcess.ListenAsync(NoEnvironment, Arguments);

    private static string Of(string id, ScriptedMcpServer server, string? name = null, string? channel = null) =>
        $$"""{"id":"{{id}}","name":"{{name ?? id}}","url":"{{server.Url}}/mcp","interval":"1s","channels":[{{(channel is null ? "" : $"\"{channel}\"")}}]}""";

    private static string Document(params string[] endpoints) => $$"""{"endpoints":[{{string.Join(',', endpoints)}}]}""";

    private Task WriteAsync(params string[] endpoints) => WriteTextAsync(Document(endpoints));

    private Task WriteTextAsync(string text) => File.WriteAllTextAsync(Probes, text, Token);

    private static async Task<IReadOnlyList<string>> IdsAsync(ServerProcess server, string query = "") =>
        [.. (await server.GetAsync("/api/endpoints" + query)).GetProperty("endpoints").EnumerateArray().Select(one => one.GetProperty("endpoint").GetProperty("id").GetString()!)];

    private static async Task<int> CountAsync(ServerProcess server, string id) =>
        (await server.GetAsync($"/api/endpoints/{id}/results")).GetProperty("results").GetArrayLength();

    private static async Task<JsonElement> ReadAsync(string schema, HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(Token);
        await PublishedSchemas.AssertFitsAsync(schema, text);
        return JsonDocument.Parse(text).RootElement;
    }
}
