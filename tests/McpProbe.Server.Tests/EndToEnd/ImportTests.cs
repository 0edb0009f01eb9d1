using System.Net;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>A running server reads a registry that its probes file names.</summary>
public sealed class ImportTests : IDisposable
{
    private static readonly Dictionary<string, string> NoEnvironment = [];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TempDirectory _temp = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Import_OfTheProbesFile_WatchesWhatIsListedAndArchivesWhatIsNot()
    {
        await using var one = await ScriptedMcpServer.StartAsync();
        await using var two = await ScriptedMcpServer.StartAsync();
        var asked = 0;
        var listed = Page(Entry("com.example/one", one.Url), Entry("com.example/two", two.Url), Entry("com.example/old", "https://old.example.com", "deprecated"));
        await using var registry = await StubServer.StartAsync(context =>
        {
            Interlocked.Increment(ref asked);
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(listed);
        });
        await WriteAsync(registry.Url, "true");
        await using (var server = await ListenAsync())
        {
            await server.SaysAsync("added com.example.old, com.example.one, com.example.two", Patience);
            await Eventually.TrueAsync(async () => await VerdictAsync(server, "com.example.one") == "healthy", "it is probed", Patience);
            var document = await server.GetAsync("/api/endpoints/com.example.old");
            Assert.Equal(("import", true), (document.GetProperty("source").GetString(), document.GetProperty("endpoint").GetProperty("paused").GetBoolean()));
            Assert.Equal("deprecated", document.GetProperty("endpoint").GetProperty("imported").GetProperty("status").GetString());
            await PublishedSchemas.AssertFitsAsync("endpoint", document.GetRawText());
            using var page = await server.SendAsync(HttpMethod.Get, "/endpoints/com.example.one/definition");
            Assert.Contains("Brought by the import", await page.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

            // The file is applied again, and archives nothing of the import.
            using var reload = await server.SendAsync(HttpMethod.Post, "/api/reload");
            Assert.Equal(HttpStatusCode.OK, reload.StatusCode);
            Assert.Equal(["com.example.old", "com.example.one", "com.example.two"], await IdsAsync(server));
            Assert.Equal(1, asked);

            // Somebody makes one their own.
            using var put = await server.SendAsync(HttpMethod.Put, "/api/endpoints/com.example.two", $$"""{"url":"{{two.Url}}/mcp","name":"Mine"}""");
            Assert.Equal(HttpStatusCode.OK, put.StatusCode);
            listed = Page(Entry("com.example/other", "https://other.example.com"), Entry("com.example/old", "https://old.example.com"));
            await WriteAsync(registry.Url, "true", group: "again");
            await server.SaysAsync("gone com.example.one; changed com.example.old", Patience);
            Assert.Equal(["com.example.old", "com.example.other", "com.example.two"], await IdsAsync(server));
            Assert.Equal(["com.example.one"], await IdsAsync(server, "?archived=true"));
            Assert.Equal("api", (await server.GetAsync("/api/endpoints/com.example.two")).GetProperty("source").GetString());

            // It answers nonsense: everything stays as it is, and is told in the log.
            listed = "<html>";
            await WriteAsync(registry.Url, "true", group: "third");
            await server.SaysAsync("Import reg failed, and nothing is changed; it is tried again at its next time: " + registry.Url, Patience);
            Assert.Equal(["com.example.old", "com.example.other", "com.example.two"], await IdsAsync(server));
            using var health = await server.SendAsync(HttpMethod.Get, "/api/health");
            Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        }

        // A restart does not ask again before its time.
        var before = asked;
        listed = Page(Entry("com.example/one", one.Url));
        await using (var again = await ListenAsync())
        {
            await Eventually.TrueAsync(async () => (await IdsAsync(again)).Contains("com.example.other"), "it is there", Patience);
            Assert.Equal(before, asked);

            // A file that has lost everything is not believed; one that has lost its import alone is.
            await File.WriteAllTextAsync(Probes, "{}", Token);
            using var refused = await again.SendAsync(HttpMethod.Post, "/api/reload");
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
            await File.WriteAllTextAsync(Probes, $$"""{"endpoints":[{"id":"own","url":"{{one.Url}}/mcp"}]}""", Token);
            await again.SaysAsync("2 endpoints of imports that are not in the probes file any more were archived", Patience);
            Assert.Equal(["com.example.two", "own"], await IdsAsync(again));
        }
    }

    [Fact]
    public async Task Import_Strangers_AreNotProbedOnPrivateAddressesWhateverTheNameResolvesTo()
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        await File.WriteAllTextAsync(
            Probes,
            $$$"""{"endpoints":[{"id":"trap","url":"{{{watched.Url}}}/mcp","interval":"1s","imported":{"from":"official","name":"com.example/trap"}},{"id":"own","url":"{{{watched.Url}}}/mcp","interval":"1s"}]}""",
            Token);
        await using var server = await ListenAsync();

        await Eventually.TrueAsync(async () => await VerdictAsync(server, "own") == "healthy" && await VerdictAsync(server, "trap") == "down", "both are probed", Patience);

        var results = await server.GetAsync("/api/endpoints/trap/results");
        Assert.Equal("blocked-address", results.GetProperty("results")[0].GetProperty("result").GetProperty("failure").GetProperty("kind").GetString());
    }

    /// <summary>The sample as it is written, against a registry of one's own: what its README asks for comes out.</summary>
    [Fact]
    public async Task Sample_DashboardOfARegistry_ShowsTheRegistrysWordBesideTheVerdict()
    {
        await using var works = await ScriptedMcpServer.StartAsync();
        var listed = Page(
            Entry("com.example/works", works.Url), Entry("com.example/dead", "http://127.0.0.1:9"),
            Entry("com.example/old", "https://old.example.com", "deprecated"), Entry("com.example/gone", "https://gone.example.com", "deleted"));
        await using var registry = await StubServer.StartAsync(context =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(listed);
        });
        var sample = await SourceTree.ReadAsync("samples/registry/probes.yaml");
        // As the README says, and with another registry than the public one.
        foreach (var (before, after) in new[]
        {
            ("activate: false", "activate: true"), ("# contact: ops@example.com", "contact: ops@example.com"),
            ("name: registry\n", $"name: registry\n    url: {registry.Url}\n    allowPrivate: true\n"),
        })
        {
            Assert.Contains(before, sample, StringComparison.Ordinal);
            sample = sample.Replace(before, after, StringComparison.Ordinal);
        }

        var file = _temp.File("sample.yaml");
        await File.WriteAllTextAsync(file, sample, Token);
        await using var server = await ServerProcess.ListenAsync(NoEnvironment, "--probes", file, "--data", _temp.File("sample"));
        await server.SaysAsync("added com.example.dead, com.example.old, com.example.works", Patience);
        await Eventually.TrueAsync(async () => await VerdictAsync(server, "com.example.works") == "healthy" && await VerdictAsync(server, "com.example.dead") == "down", "both are probed", Patience);

        var endpoints = (await server.GetAsync("/api/endpoints?limit=1000")).GetProperty("endpoints").EnumerateArray().ToList();
        Assert.Equal(
            ["active down", "active healthy", "deprecated unknown"],
            endpoints.Select(each => $"{each.GetProperty("endpoint").GetProperty("imported").GetProperty("status").GetString()} {each.GetProperty("state").GetProperty("verdict").GetString()}").Order(StringComparer.Ordinal));
        Assert.All(endpoints, each => Assert.Equal(("public", "registry"), (each.GetProperty("endpoint").GetProperty("visibility").GetString(), each.GetProperty("endpoint").GetProperty("group").GetString())));
        using var page = await server.SendAsync(HttpMethod.Get, "/");
        Assert.Contains("com.example/works", await page.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        var audit = (await server.GetAsync("/api/audit")).GetProperty("lines")[0];
        Assert.Equal("added com.example.dead, com.example.old, com.example.works", audit.GetProperty("detail").GetString());
        await PublishedSchemas.AssertFitsAsync("audit", (await server.GetAsync("/api/audit")).GetRawText());
    }

    private string Probes => _temp.File("probes.json");

    private Task<ServerProcess> ListenAsync() => ServerProcess.ListenAsync(NoEnvironment, "--probes", Probes, "--data", _temp.File("data"));

    private async Task WriteAsync(string registry, string activate, string group = "registry")
    {
        var text = $$"""{"imports":[{"source":"official","name":"reg","url":"{{registry}}","group":"{{group}}","activate":{{activate}},"contact":"ops@example.com","probeEvery":"1m","allowPrivate":true}]}""";
        await File.WriteAllTextAsync(Probes + ".new", text, Token);
        File.Move(Probes + ".new", Probes, overwrite: true);
    }

    private static string Entry(string name, string url, string status = "active") => $$$$"""
        {"server":{"name":"{{{{name}}}}","version":"1.0.0","remotes":[{"type":"streamable-http","url":"{{{{url}}}}/mcp"}]},"_meta":{"io.modelcontextprotocol.registry/official":{"status":"{{{{status}}}}","isLatest":true}}}
        """;

    private static string Page(params string[] entries) => $$$"""{"servers":[{{{string.Join(',', entries)}}}],"metadata":{"count":1}}""";

    private static async Task<string?> VerdictAsync(ServerProcess server, string id) =>
        (await server.GetAsync($"/api/endpoints/{id}")).GetProperty("state").GetProperty("verdict").GetString();

    private static async Task<IReadOnlyList<string>> IdsAsync(ServerProcess server, string query = "") =>
        [.. (await server.GetAsync($"/api/endpoints{query}")).GetProperty("endpoints").EnumerateArray().Select(each => each.GetProperty("endpoint").GetProperty("id").GetString()!)];
}
