using System.Net.Http.Json;
using System.Text.Json.Nodes;
using McpProbe.Testing;

namespace McpProbe.Cli.Tests.Commands;

/// <summary>mcpprobe against McpProbe's own <c>/mcp</c>, each a process of its own, as docs/agents.md has it.</summary>
public sealed class OwnServerTests : IDisposable
{
    private const string Key = "k-0b7c52e1-own-server";

    // As a person would set it: no variable that begins with MCPPROBE_ is ever sent.
    private static readonly Dictionary<string, string> Environment = new() { ["WATCH_KEY"] = Key };

    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task CheckSnapshotVerify_OfItself_FindNothing()
    {
        await using var head = await HeadProcess.StartAsync(_temp.File("data"), Key);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        using var put = await http.PutAsJsonAsync($"{head.Url}/api/endpoints/weather-service", new { url = "http://127.0.0.1:9/mcp", interval = "1h" }, TestContext.Current.CancellationToken);
        Assert.True(put.IsSuccessStatusCode);
        var mcp = head.Url + "/mcp";
        string[] credentials = ["--bearer-env", "WATCH_KEY"], smoke = ["--smoke-tool", "list_endpoints", "--smoke-expect", "weather-service"];

        foreach (var (options, version) in new (string[], string)[] { ([], "2026-07-28"), (["--protocol", "2025-11-25"], "2025-11-25"), (["--protocol", "2026-07-28"], "2026-07-28") })
        {
            var check = await RunAsync(["check", mcp, .. credentials, .. smoke, "--output", "json", "--strict", .. options]);
            Assert.True((check.ExitCode, check.Errors) == (0, ""), $"{check.ExitCode}: {check.Errors}\n{check.Output}");
            await PublishedSchemas.AssertFitsAsync("result", check.Output);
            var result = JsonNode.Parse(check.Output)!;
            Assert.Equal(("healthy", version, 7), ((string)result["verdict"]!, (string)result["protocolVersion"]!, (int)result["catalog"]!["tools"]!));
            Assert.Empty(result["findings"]!.AsArray());

            var baseline = _temp.File($"baseline-{version}.json");
            var snapshot = await RunAsync(["snapshot", mcp, .. credentials, "-o", baseline, "--samples", "3", .. options]);
            Assert.True(snapshot.ExitCode == 0, snapshot.Errors);
            var verify = await RunAsync(["verify", mcp, .. credentials, .. smoke, "--baseline", baseline, "--samples", "3", "--output", "json", .. options]);
            // The latency is the machine's, not McpProbe's.
            Assert.True(verify.ExitCode is 0 or 7, $"{verify.ExitCode}: {verify.Errors}\n{verify.Output}");
            Assert.All(
                JsonNode.Parse(verify.Output)!["checks"]!.AsArray().Where(check => (string)check!["name"]! != "latency"),
                check => Assert.True((string)check!["status"]! is "passed" or "skipped", check.ToJsonString()));
        }

        // Both eras list the same tools, in the same words.
        Assert.Single((await Task.WhenAll(((string[])["2025-11-25", "2026-07-28"]).Select(async version =>
        {
            var hashes = JsonNode.Parse(await File.ReadAllTextAsync(_temp.File($"baseline-{version}.json"), TestContext.Current.CancellationToken))!["hashes"]!;
            return $"{hashes["contract"]} {hashes["text"]} {hashes["annotations"]}";
        }))).Distinct());

        var keyless = await RunAsync("check", mcp);
        Assert.Equal(3, keyless.ExitCode);
        var wrong = await RunAsync(["check", mcp, .. credentials, "--smoke-tool", "get_endpoint", "--smoke-args", """{"id":"nobody"}"""]);
        Assert.Equal(5, wrong.ExitCode);
    }

    private static async Task<CliRun> RunAsync(params string[] arguments)
    {
        using var process = CliProcess.Start(Environment, arguments);
        return await process.EndAsync();
    }
}
