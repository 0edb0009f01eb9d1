using System.Collections.Concurrent;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>The sign of life that the built server gives, and what keeps it back.</summary>
public sealed class HeartbeatTests : IDisposable
{
    private readonly TempDirectory _temp = new();
    private readonly ConcurrentQueue<string> _asked = [];

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Well_AsksTheAddressAndLogsNothingOfIt()
    {
        await using var service = await StubServer.StartAsync(AnswerAsync);
        await using var server = await ServerProcess.ListenAsync(
            Environment(service.Url, "/ping/s3cret?status=up"), "--data", _temp.File("data"));

        await Eventually.TrueAsync(() => _asked.Contains("GET /ping/s3cret?status=up"), "the heartbeat");

        Assert.DoesNotContain("s3cret", server.Everything, StringComparison.Ordinal);
    }

    // Fails closed: a store that takes no writes keeps it back, and the other address is asked.
    [Fact]
    public async Task NotWell_IsKeptBackAndTheOtherAddressAsked()
    {
        using var disk = SmallDisk.InMemory("4m");
        await using var service = await StubServer.StartAsync(AnswerAsync);
        await using var watched = await ScriptedMcpServer.StartAsync();
        var file = _temp.File("probes.json");
        await File.WriteAllTextAsync(
            file, $$"""{"endpoints":[{"id":"a","url":"{{watched.Url}}/mcp","interval":"1s"}]}""", TestContext.Current.CancellationToken);
        string[] arguments = ["--probes", file, "--data", Path.Combine(disk.Path, "data")];
        await using (var first = await ServerProcess.ListenAsync(Environment(service.Url, "/well"), arguments))
        {
            await Eventually.TrueAsync(() => watched.Lists > 1, "some probes");
            disk.Fill();
            await first.KillAsync();
        }
        Assert.Equal(["GET /well"], _asked);

        // Its first heartbeat is due before it knows of the disk, the next one a minute later.
        await using var second = await ServerProcess.ListenAsync(
            new Dictionary<string, string>(Environment(service.Url, "/well")) { ["MCPPROBE_HEARTBEAT_FAIL_URL"] = $"{service.Url}/failing" }, arguments);
        await Eventually.TrueAsync(() => _asked.Contains("GET /failing"), "the other address is asked", TimeSpan.FromSeconds(90));

        await second.SaysAsync("The heartbeat is withheld, since McpProbe is not well: store refuses writes");
    }

    [Theory]
    [InlineData("MCPPROBE_HEARTBEAT_URL", "not a url", "MCPPROBE_HEARTBEAT_URL: a URL holds no white space")]
    [InlineData("MCPPROBE_HEARTBEAT_URL", "ftp://s3cret.example", "MCPPROBE_HEARTBEAT_URL: is not an absolute http or https URL")]
    [InlineData("MCPPROBE_HEARTBEAT_FAIL_URL", "https://s3cret.example/x", "MCPPROBE_HEARTBEAT_FAIL_URL is set, but not MCPPROBE_HEARTBEAT_URL")]
    public async Task Start_WithAWrongAddress_SaysSoAndEnds(string name, string value, string mistake)
    {
        await using var server = ServerProcess.Start(new Dictionary<string, string> { [name] = value }, "--data", _temp.File("data"));

        Assert.Equal(2, await server.ExitAsync());
        Assert.StartsWith(mistake, Assert.Single(server.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", server.Everything, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Environment(string service, string path) => new() { ["MCPPROBE_HEARTBEAT_URL"] = service + path };

    private Task AnswerAsync(HttpContext context)
    {
        _asked.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
        return Task.CompletedTask;
    }
}
