using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;

namespace McpProbe.Tests.Probing;

/// <summary>Servers that this project did not write.</summary>
public class RealServerTests
{
    private static readonly McpProber Prober = new(new ProberOptions(), TimeProvider.System);

    // A server's start on a busy machine is no matter of these tests.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("everything", TransportKind.StreamableHttp, Era.Handshake, "2025-11-25", 13)]
    [InlineData("everything-sse", TransportKind.HttpSse, Era.Handshake, "2025-11-25", 13)]
    [InlineData("map", TransportKind.StreamableHttp, Era.Handshake, "2025-11-25", 2)]
    [InlineData("context7", TransportKind.StreamableHttp, Era.Stateless, "2026-07-28", 2)]
    [InlineData("mcp-proxy", TransportKind.StreamableHttp, Era.Stateless, "2026-07-28", 13)]
    [InlineData("playwright", TransportKind.StreamableHttp, Era.Handshake, "2025-11-25", 25)]
    public async Task ProbeAsync_RealServer_IsHealthyAndKnown(string name, TransportKind transport, Era era, string version, int tools)
    {
        await using var server = await RealServers.StartAsync(name);

        var result = await Prober.ProbeAsync(
            new Endpoint { Id = name, Url = server.Url, Timeout = Patience }, TestContext.Current.CancellationToken);

        AssertHealthy(result, transport, era, version, tools, server.Output);
        Assert.NotNull(result.Timings.ConnectMs);
        Assert.Null(result.Timings.TlsMs);
    }

    [Fact]
    public async Task ProbeAsync_StdioServer_IsHealthyAndGoneAfterwards()
    {
        // The marker names this test's child among all processes.
        var marker = "--marker=" + Guid.NewGuid().ToString("N");

        var result = await Prober.ProbeAsync(
            new Endpoint { Id = "stdio", Command = [.. RealServers.EverythingStdio, marker], Timeout = Patience },
            TestContext.Current.CancellationToken);

        AssertHealthy(result, TransportKind.Stdio, Era.Handshake, "2025-11-25", 13, "");
        Assert.Null(result.Timings.ConnectMs);
        Assert.DoesNotContain(Process.GetProcesses(), process => CommandLine(process).Contains(marker, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("everything")]
    [InlineData("playwright")]
    public async Task ProbeAsync_StatefulServer_LeavesNoSessionBehind(string name)
    {
        await using var server = await RealServers.StartAsync(name);
        await using var proxy = await RecordingProxy.StartAsync(server.Url);

        var result = await Prober.ProbeAsync(
            new Endpoint { Id = name, Url = server.Url, ConnectTo = proxy.Authority, Timeout = Patience },
            TestContext.Current.CancellationToken);

        Assert.True(result.Verdict is Verdict.Healthy, Explain(result, server.Output));
        var session = Assert.Single(proxy.Exchanges.Select(exchange => exchange.MintedSession).OfType<string>().Distinct());
        var last = proxy.Exchanges.Last();
        Assert.Equal(("DELETE", session, 200), (last.Method, last.Session, last.Status));

        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Url)
        {
            Content = new StringContent("""{"jsonrpc":"2.0","id":9,"method":"tools/list","params":{}}""", new MediaTypeHeaderValue("application/json")),
            Headers = { Accept = { new("application/json"), new("text/event-stream") } },
        };
        request.Headers.Add("Mcp-Session-Id", session);
        request.Headers.Add("MCP-Protocol-Version", "2025-11-25");
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound, $"the session still answers: {answer.StatusCode}");
    }

    [Theory]
    [InlineData("2025-11-25", Era.Handshake)]
    [InlineData("2026-07-28", Era.Stateless)]
    public async Task ProbeAsync_PinnedOnAServerOfBothEras_SpeaksThatVersion(string version, Era era)
    {
        await using var server = await RealServers.StartAsync("context7");

        var result = await Prober.ProbeAsync(
            new Endpoint { Id = "pinned", Url = server.Url, Protocol = version, Timeout = Patience }, TestContext.Current.CancellationToken);

        AssertHealthy(result, TransportKind.StreamableHttp, era, version, 2, server.Output);
    }

    [Theory]
    [InlineData("everything", "2025-11-25")]
    [InlineData("everything-sse", "2025-11-25")]
    [InlineData("mcp-proxy", "2025-11-25")]
    [InlineData("mcp-proxy", "2026-07-28")]
    [InlineData("stdio", "2025-11-25")]
    public async Task ProbeAsync_SmokeCallOfARealTool_IsJudgedByItsAnswer(string name, string version)
    {
        await using var server = name == "stdio" ? null : await RealServers.StartAsync(name);
        var endpoint = new Endpoint
        {
            Id = name,
            Url = server?.Url,
            Command = server is null ? RealServers.EverythingStdio : null,
            Protocol = version,
            Timeout = Patience,
            Conditions = new Conditions { RequireLists = [OtherList.Resources, OtherList.Prompts] },
        };

        // The answers are the servers' own; only the last is not the expected one.
        (SmokeCall Call, string? Message)[] calls =
        [
            (new() { Tool = "echo", Arguments = """{"message":"grüße"}""", ExpectText = "Echo: grüße" }, null),
            (new() { Tool = "get-sum", Arguments = """{"a":2,"b":3}""", ExpectText = "5" }, null),
            (new()
            {
                Tool = "get-structured-content",
                Arguments = """{"location":"Chicago"}""",
                ExpectContent = new Dictionary<string, string> { ["/temperature"] = "36.0", ["/conditions"] = "\"Light rain / drizzle\"" },
            }, null),
            (new() { Tool = "echo", ExpectText = "Echo" }, "'echo'"),
        ];
        foreach (var (call, message) in calls)
        {
            var result = await Prober.ProbeAsync(endpoint with { Smoke = call }, TestContext.Current.CancellationToken);

            Assert.True(result.Failure?.Kind == (message is null ? null : FailureKind.SmokeFailed), Explain(result, server?.Output ?? ""));
            Assert.Contains(message ?? "", result.Failure?.Message ?? "", StringComparison.Ordinal);
            Assert.Equal(["resources-list", "prompts-list", "smoke"], result.Conditions.Select(condition => condition.Name).Skip(2));
            Assert.NotNull(result.Timings.SmokeMs);
        }
    }

    [Fact]
    public async Task ProbeAsync_SameServerTwice_GivesTheSameHash()
    {
        await using var server = await RealServers.StartAsync("everything");
        var endpoint = new Endpoint { Id = "twice", Url = server.Url, Timeout = Patience };

        var first = await Prober.ProbeAsync(endpoint, TestContext.Current.CancellationToken);
        var second = await Prober.ProbeAsync(endpoint, TestContext.Current.CancellationToken);

        Assert.NotNull(first.Catalog);
        Assert.Equal(first.Catalog, second.Catalog);
    }

    private static void AssertHealthy(ProbeResult result, TransportKind transport, Era era, string version, int tools, string output)
    {
        Assert.True(result.Verdict is Verdict.Healthy, Explain(result, output));
        Assert.Equal((transport, era, version, tools), (result.Transport, result.Era, result.ProtocolVersion, result.Catalog?.Tools));
        Assert.Contains(version, result.SupportedVersions);
        Assert.DoesNotContain(result.Findings, finding => finding.Level == FindingLevel.Hard);
        Assert.False(string.IsNullOrEmpty(result.Server?.Name));
        Assert.InRange(result.Timings.HandshakeMs!.Value + result.Timings.CatalogMs!.Value, 0.01, result.Timings.TotalMs);
    }

    private static string Explain(ProbeResult result, string output) =>
        $"{result.Failure}\n{string.Join('\n', result.Log)}\n--- the server:\n{output}";

    private static string CommandLine(Process process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
