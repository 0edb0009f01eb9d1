using System.Net;
using System.Text.Json;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>What a user does with the API while probes are in flight: another URL, pausing, deleting and making anew.</summary>
public sealed class DefinitionTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task AnotherUrlWhileTheOldServerIsAsked_ClosesWhatWasOpenAndTakesNothingFromIt()
    {
        var (asked, released) = (new SemaphoreSlim(0), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var old = McpScript.Handshake("old-tool");
        var hang = false;
        await using var before = await StubServer.StartAsync(async context =>
        {
            if (Volatile.Read(ref hang))
            {
                asked.Release();
                await released.Task;
                await old(context);
                return;
            }

            context.Response.StatusCode = 503;
        });
        await using var after = await StubServer.StartAsync(McpScript.Handshake("new-tool"));
        await using var server = await ServerProcess.ListenAsync(new Dictionary<string, string>(), "--data", _temp.File("data"), "--control", "none");
        await PutAsync(server, HttpStatusCode.Created, $"{before.Url}/mcp");
        await Eventually.TrueAsync(async () => (await IncidentsAsync(server)).Length == 1, "the outage of the old server");
        Assert.Equal("failures-in-a-row", Rule((await IncidentsAsync(server))[0]));

        // A probe of the old definition is in flight while the new one is put; then the old server answers, healthy.
        Volatile.Write(ref hang, true);
        Assert.True(await asked.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        await PutAsync(server, HttpStatusCode.OK, $"{after.Url}/mcp");
        released.SetResult();

        await Eventually.TrueAsync(async () => (await ResultsAsync(server))[0].GetProperty("target").GetString() == $"{after.Url}/mcp", "a result of the new server");
        var incident = Assert.Single(await IncidentsAsync(server));
        Assert.Equal("target-changed", Rule(incident));
        Assert.NotEqual(JsonValueKind.Null, incident.GetProperty("resolvedAt").ValueKind);
        Assert.DoesNotContain(await ResultsAsync(server), result => result.GetProperty("verdict").GetString() == "healthy" && result.GetProperty("target").GetString() == $"{before.Url}/mcp");
        var catalog = await server.GetAsync("/api/endpoints/a/catalog");
        Assert.Contains("new-tool", catalog.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("old-tool", catalog.GetRawText(), StringComparison.Ordinal);
        Assert.Empty(server.Errors);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PausedOrDeletedWhileItIsAsked_OpensNothing(bool deleted)
    {
        var (asked, released) = (new SemaphoreSlim(0), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var failing = await StubServer.StartAsync(async context =>
        {
            asked.Release();
            await released.Task;
            context.Response.StatusCode = 503;
        });
        await using var server = await ServerProcess.ListenAsync(new Dictionary<string, string>(), "--data", _temp.File("data"), "--control", "none");
        await PutAsync(server, HttpStatusCode.Created, $"{failing.Url}/mcp");
        Assert.True(await asked.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));

        if (deleted)
        {
            using var gone = await server.SendAsync(HttpMethod.Delete, "/api/endpoints/a");
            Assert.True(gone.IsSuccessStatusCode);
            // Made anew at once, paused, so that nothing but the old probe could open anything.
            await PutAsync(server, HttpStatusCode.Created, $"{failing.Url}/mcp", paused: true);
        }
        else
        {
            await PutAsync(server, HttpStatusCode.OK, $"{failing.Url}/mcp", paused: true);
        }

        released.SetResult();
        // A probe of something else shows that the one before has ended.
        await PutAsync(server, HttpStatusCode.Created, $"{failing.Url}/mcp", id: "b");
        await Eventually.TrueAsync(async () => (await server.GetAsync("/api/endpoints/b/incidents")).GetProperty("incidents").GetArrayLength() == 1, "an outage of the other one");
        Assert.Empty(await IncidentsAsync(server));
        Assert.Empty(await ResultsAsync(server));
    }

    private static async Task PutAsync(ServerProcess server, HttpStatusCode expected, string url, bool paused = false, string id = "a")
    {
        using var put = await server.SendAsync(HttpMethod.Put, $"/api/endpoints/{id}",
            $$"""{"url":"{{url}}","interval":"2s","timeout":"2s","failureThreshold":1,"paused":{{(paused ? "true" : "false")}}}""");
        Assert.Equal(expected, put.StatusCode);
    }

    private static string? Rule(JsonElement incident) => incident.GetProperty("rule").GetString();

    private static async Task<JsonElement[]> IncidentsAsync(ServerProcess server) =>
        [.. (await server.GetAsync("/api/endpoints/a/incidents")).GetProperty("incidents").EnumerateArray().Select(each => each.GetProperty("incident"))];

    // Newest first.
    private static async Task<JsonElement[]> ResultsAsync(ServerProcess server) =>
        [.. (await server.GetAsync("/api/endpoints/a/results")).GetProperty("results").EnumerateArray().Select(each => each.GetProperty("result"))];
}
