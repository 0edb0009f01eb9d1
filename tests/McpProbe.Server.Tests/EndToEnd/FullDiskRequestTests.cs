using System.Net;
using System.Text.Json;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>
/// What people ask of the built server while its disk is full: it is done, held and marked, or refused as a whole with 503; and after the
/// disk is free, and after a kill, everything is as it was answered.
/// </summary>
public sealed class FullDiskRequestTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Asked_OnAFullDisk_DoesItOrHoldsItOrRefusesItAsAWhole()
    {
        using var disk = SmallDisk.InMemory("4m");
        await using var watched = await ScriptedMcpServer.StartAsync();
        var probes = _temp.File("probes.json");
        await WriteProbesAsync(probes, watched.Url, "c");
        string[] arguments = ["--probes", probes, "--data", Path.Combine(disk.Path, "data")];
        await using var server = await ServerProcess.ListenAsync(new Dictionary<string, string>(), arguments);
        Assert.Equal(HttpStatusCode.Created, (await server.SendAsync(HttpMethod.Put, "/api/endpoints/b", Definition(watched.Url))).StatusCode);
        await Eventually.TrueAsync(async () => (await server.GetAsync("/api/endpoints/b/results")).GetProperty("results").GetArrayLength() >= 2, "results", Long);
        await watched.StopAsync();
        string? incident = null;
        await Eventually.TrueAsync(
            async () => (incident = (await server.GetAsync("/api/endpoints/b/incidents")).GetProperty("incidents").EnumerateArray()
                .Select(one => one.GetProperty("incident").GetProperty("id").GetString()).FirstOrDefault()) is not null,
            "an outage is open", Long);

        disk.Fill();
        await Eventually.TrueAsync(
            async () => (await server.SendAsync(HttpMethod.Get, "/api/health")).StatusCode == HttpStatusCode.ServiceUnavailable, "the health tells it", Long);

        // What needs no disk is done.
        using (var check = await server.SendAsync(HttpMethod.Post, "/api/check", """{"id":"b"}"""))
            Assert.Equal(HttpStatusCode.OK, check.StatusCode);
        // What somebody needs at three in the morning is held, and says so.
        await AssertHeldAsync(server, HttpStatusCode.OK, $"/api/incidents/{incident}/acknowledge", """{"by":"Ann","duration":"2h"}""");
        await AssertHeldAsync(server, HttpStatusCode.Created, $"/api/incidents/{incident}/notes", """{"by":"Ann","text":"The disk is full."}""");
        // What is to last is refused as a whole.
        await AssertRefusedAsync(server, HttpMethod.Put, "/api/endpoints/b", Definition("http://127.0.0.1:1"));
        await AssertRefusedAsync(server, HttpMethod.Put, "/api/endpoints/new", Definition(watched.Url));
        await AssertRefusedAsync(server, HttpMethod.Delete, "/api/endpoints/b");
        await AssertRefusedAsync(server, HttpMethod.Post, "/api/endpoints/c/maintenance", """{"by":"Ann","duration":"1h"}""");
        await AssertRefusedAsync(server, HttpMethod.Post, "/api/endpoints/b/baseline", """{"by":"Ann"}""");
        await WriteProbesAsync(probes, watched.Url, "d");
        await AssertRefusedAsync(server, HttpMethod.Post, "/api/reload");
        await AssertNothingWasRefusedByHalfAsync(server, watched.Url);
        // The audit says of each what its caller was told.
        var lines = (await server.GetAsync("/api/audit")).GetProperty("lines").EnumerateArray()
            .Select(line => line.GetProperty("status").GetInt32()).CountBy(status => status).ToDictionary();
        Assert.Equal(6, lines[503]);
        Assert.DoesNotContain(500, lines.Keys);

        disk.Free();
        await Eventually.TrueAsync(
            async () => (await server.SendAsync(HttpMethod.Get, "/api/health")).StatusCode == HttpStatusCode.OK, "it works again by itself", Long);
        await server.KillAsync();
        await WriteProbesAsync(probes, watched.Url, "c");
        await using var again = await ServerProcess.ListenAsync(new Dictionary<string, string>(), arguments);

        await AssertNothingWasRefusedByHalfAsync(again, watched.Url);
        var kept = await again.GetAsync($"/api/incidents/{incident}");
        Assert.Equal("Ann", kept.GetProperty("acknowledgement").GetProperty("by").GetString());
        Assert.Equal("The disk is full.", Assert.Single(kept.GetProperty("incident").GetProperty("notes").EnumerateArray()).GetProperty("text").GetString());
        Assert.False(kept.GetProperty("incident").TryGetProperty("notRecorded", out _));
    }

    private static async Task AssertHeldAsync(ServerProcess server, HttpStatusCode status, string path, string body)
    {
        using var answer = await server.SendAsync(HttpMethod.Post, path, body);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode == status, $"{path}: {(int)answer.StatusCode} {text}");
        using var document = JsonDocument.Parse(text);
        Assert.True(document.RootElement.GetProperty("incident").TryGetProperty("notRecorded", out var mark) && mark.GetBoolean(), $"{path}: {text}");
    }

    private static async Task AssertRefusedAsync(ServerProcess server, HttpMethod method, string path, string? body = null)
    {
        using var answer = await server.SendAsync(method, path, body);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode == HttpStatusCode.ServiceUnavailable, $"{method} {path}: {(int)answer.StatusCode} {text}");
        await PublishedSchemas.AssertFitsAsync("problem", text);
        Assert.Contains("takes no writes now", text, StringComparison.Ordinal);
    }

    private static async Task AssertNothingWasRefusedByHalfAsync(ServerProcess server, string url)
    {
        Assert.Equal(
            ["b", "c"],
            (await server.GetAsync("/api/endpoints")).GetProperty("endpoints").EnumerateArray().Select(each => each.GetProperty("endpoint").GetProperty("id").GetString()));
        Assert.Equal($"{url}/mcp", (await server.GetAsync("/api/endpoints/b")).GetProperty("endpoint").GetProperty("url").GetString());
        Assert.False((await server.GetAsync("/api/endpoints/c")).TryGetProperty("maintenance", out var maintenance) && maintenance.ValueKind is JsonValueKind.Object);
    }

    private static string Definition(string url) => $$"""{"url":"{{url}}/mcp","interval":"1s","timeout":"1s"}""";

    private static Task WriteProbesAsync(string file, string url, string id) => File.WriteAllTextAsync(
        file, $$"""{"endpoints":[{"id":"{{id}}","url":"{{url}}/mcp","interval":"1s","timeout":"1s"}]}""", TestContext.Current.CancellationToken);
}
