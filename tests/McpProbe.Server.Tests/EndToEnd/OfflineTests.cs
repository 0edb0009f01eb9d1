using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>Servers that cannot be found, and control addresses that can, or cannot: the network as it looks from a prober that has lost it.</summary>
public sealed class OfflineTests : IDisposable
{
    private static readonly string[] Ids = ["a", "b", "c", "d", "e"];
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task ManyServersSilentAtOnce_OpenIncidentsOnlyWhereAControlAddressAnswers()
    {
        using var control = Listen();
        await using var server = await ServerProcess.ListenAsync(
            new Dictionary<string, string>(), "--data", _temp.File("data"), "--control", $"{control.LocalEndpoint}");
        // One server that is gone is down, and it makes the prober learn that the control answers.
        await PutAsync(server, "first", failureThreshold: 1000);
        await Eventually.TrueAsync(async () => (await ResultsAsync(server, "first")).Length > 0, "a result");
        Assert.Equal("down", (await ResultsAsync(server, "first"))[^1].GetProperty("verdict").GetString());

        control.Stop();
        foreach (var id in Ids)
            await PutAsync(server, id, failureThreshold: 2);
        await Eventually.TrueAsync(
            async () => (await Task.WhenAll(Ids.Select(id => ResultsAsync(server, id)))).All(results => results.Length >= 4),
            "four results of each", TimeSpan.FromSeconds(60));
        foreach (var id in Ids)
        {
            Assert.All(await ResultsAsync(server, id), result =>
            {
                Assert.Equal("unknown", result.GetProperty("verdict").GetString());
                Assert.Equal("prober-offline", result.GetProperty("failure").GetProperty("kind").GetString());
                Assert.Contains($"{control.LocalEndpoint}", result.GetProperty("failure").GetProperty("message").GetString(), StringComparison.Ordinal);
            });
            Assert.Equal(0, await IncidentsAsync(server, id));
        }

        control.Start();
        await Eventually.TrueAsync(
            async () => (await Task.WhenAll(Ids.Select(id => IncidentsAsync(server, id)))).All(count => count == 1),
            "an incident of each, once the control answers", TimeSpan.FromSeconds(60));
        Assert.Empty(server.Errors);
    }

    private static async Task PutAsync(ServerProcess server, string id, int failureThreshold)
    {
        // RFC 6761, 6.4: no such name resolves.
        using var created = await server.SendAsync(HttpMethod.Put, $"/api/endpoints/{id}",
            $$"""{"url":"http://{{id}}.invalid/mcp","interval":"1s","timeout":"1s","failureThreshold":{{failureThreshold}}}""");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
    }

    private static async Task<JsonElement[]> ResultsAsync(ServerProcess server, string id) =>
        [.. (await server.GetAsync($"/api/endpoints/{id}/results")).GetProperty("results").EnumerateArray().Select(each => each.GetProperty("result"))];

    private static async Task<int> IncidentsAsync(ServerProcess server, string id) =>
        (await server.GetAsync($"/api/endpoints/{id}/incidents")).GetProperty("incidents").GetArrayLength();

    private static TcpListener Listen()
    {
        var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var address = (IPEndPoint)free.LocalEndpoint;
        free.Dispose();
        // Of a known port, so that it is the same one when it is closed and opened again.
        var listener = new TcpListener(address);
        listener.Start();
        return listener;
    }
}
