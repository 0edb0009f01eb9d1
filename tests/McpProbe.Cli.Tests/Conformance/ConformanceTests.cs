using System.Text.Json.Nodes;
using McpProbe.Testing;

namespace McpProbe.Cli.Tests.Conformance;

/// <summary>
/// The client scenarios of the protocol's own conformance suites that apply to a prober, with mcpprobe as the client
/// (docs/conformance.md). The suites are pinned, so that the number of checks is too: one that is silently skipped is missed.
/// </summary>
public class ConformanceTests
{
    private const string Handshake = "2025-11-25";
    private const string Stateless = "2026-07-28";

    [Theory]
    [InlineData(Suite.Stable, "initialize", null, 1)]
    [InlineData(Suite.Stable, "tools_call", null, 1)]
    [InlineData(Suite.Stable, "sse-retry", null, 3)]
    [InlineData(Suite.Next, "tools_call", Handshake, 2)]
    [InlineData(Suite.Next, "tools_call", Stateless, 2)]
    [InlineData(Suite.Next, "request-metadata", Stateless, 5)]
    [InlineData(Suite.Next, "http-standard-headers", Stateless, 3)]
    [InlineData(Suite.Next, "http-custom-headers", Stateless, 18)]
    [InlineData(Suite.Next, "http-invalid-tool-headers", Stateless, 12)]
    [InlineData(Suite.Next, "json-schema-ref-no-deref", Stateless, 1)]
    [InlineData(Suite.Next, "json-schema-2020-12-preservation", Stateless, 9)]
    [InlineData(Suite.Next, "auth/client-credentials-basic", null, 9)]
    public async Task Scenario_WithMcpProbeAsTheClient_PassesEveryCheck(string suite, string scenario, string? version, int checks)
    {
        // It measures when the stream is resumed, to 200 ms: on a busy machine that may take more than one try.
        var tries = scenario == "sse-retry" ? 3 : 1;
        Outcome outcome;
        do
        {
            outcome = await RunAsync(suite, scenario, version);
        }
        while (!outcome.Passes(checks) && --tries > 0);

        Assert.True(outcome.Passes(checks), $"{outcome}");
    }

    [Theory]
    [InlineData(Suite.Stable)]
    [InlineData(Suite.Next)]
    public async Task Documentation_OfConformance_NamesEveryScenario(string suite)
    {
        var page = await File.ReadAllTextAsync(
            Path.GetFullPath(Path.Combine(Suite.Modules, "..", "..", "..", "docs", "conformance.md")), TestContext.Current.CancellationToken);

        var (exitCode, output) = await Suite.RunAsync(suite, ["list", "--client"]);

        var scenarios = output.Split('\n')
            .Where(line => line.StartsWith("  - ", StringComparison.Ordinal))
            .Select(line => line[4..line.IndexOf(" [", StringComparison.Ordinal)])
            .ToList();
        Assert.Equal(0, exitCode);
        Assert.InRange(scenarios.Count, 20, 100);
        Assert.All(scenarios, scenario => Assert.Contains($"`{scenario}`", page, StringComparison.Ordinal));
    }

    private static async Task<Outcome> RunAsync(string suite, string scenario, string? version)
    {
        using var results = new TempDirectory();
        var (exitCode, output) = await Suite.RunAsync(suite,
        [
            "client", "--scenario", scenario, "--command", $"sh {Path.Combine(AppContext.BaseDirectory, "Conformance", "client.sh")}",
            "--output-dir", results.Path, "--timeout", "120000", .. version is null ? Array.Empty<string>() : ["--spec-version", version],
        ]);

        var files = Directory.GetFiles(results.Path, "*", SearchOption.AllDirectories).ToDictionary(file => Path.GetFileName(file), File.ReadAllText);
        var checks = files.Remove("checks.json", out var json) ? JsonNode.Parse(json)!.AsArray() : [];
        return new Outcome(
            exitCode,
            [.. checks.Select(check => ((string)check!["status"]!, $"{check["id"]} {check["name"]}: {check["errorMessage"]}"))],
            $"{output}\n{string.Join('\n', files)}");
    }

    private sealed record Outcome(int ExitCode, IReadOnlyList<(string Status, string Check)> Checks, string Output)
    {
        public bool Passes(int checks) =>
            ExitCode == 0
            && Checks.Count(check => check.Status == "SUCCESS") == checks
            && Checks.All(check => check.Status is "SUCCESS" or "INFO" or "SKIPPED");

        public override string ToString() => $"exit {ExitCode}\n{string.Join('\n', Checks)}\n{Output}";
    }
}
