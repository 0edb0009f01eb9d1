using System.Net;
using System.Text.Json;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>The process itself is stopped while a probe is in flight, as a machine that is out of memory or asleep stops it.</summary>
public sealed class StandstillTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Stopped_WhileAProbeIsInFlight_IsNoOutageAndAServerThatHangsIs()
    {
        var asked = new SemaphoreSlim(0);
        await using var hanging = await StubServer.StartAsync(async context =>
        {
            asked.Release();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        await using var server = await ServerProcess.ListenAsync(new Dictionary<string, string>(), "--data", _temp.File("data"), "--control", "none");
        using var created = await server.SendAsync(HttpMethod.Put, "/api/endpoints/a",
            $$"""{"url":"{{hanging.Url}}/mcp","interval":"6s","timeout":"3s","failureThreshold":1}""");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);

        // In flight: it stands still for longer than its probe may take.
        Assert.True(await asked.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        await server.SignalAsync("STOP");
        await Task.Delay(TimeSpan.FromSeconds(4), TimeProvider.System, TestContext.Current.CancellationToken);
        await server.SignalAsync("CONT");
        await Eventually.TrueAsync(async () => (await ResultsAsync(server)).Length > 0, "a result of the probe that was stopped");

        var stopped = (await ResultsAsync(server))[^1];
        Assert.Equal("unknown", stopped.GetProperty("verdict").GetString());
        Assert.Equal("prober-overloaded", stopped.GetProperty("failure").GetProperty("kind").GetString());
        Assert.Contains("stood still for", stopped.GetProperty("failure").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.True(stopped.GetProperty("cold").GetBoolean());

        // The same server, and a process that runs: that is an outage.
        await Eventually.TrueAsync(
            async () => (await server.GetAsync("/api/endpoints/a/incidents")).GetProperty("incidents").GetArrayLength() == 1,
            "the outage of the server that hangs", TimeSpan.FromSeconds(60));
        Assert.All((await ResultsAsync(server))[..^1], result => Assert.Equal("timeout", result.GetProperty("failure").GetProperty("kind").GetString()));
        Assert.Empty(server.Errors);
    }

    // Newest first.
    private static async Task<JsonElement[]> ResultsAsync(ServerProcess server) =>
        [.. (await server.GetAsync("/api/endpoints/a/results")).GetProperty("results").EnumerateArray().Select(each => each.GetProperty("result"))];
}
