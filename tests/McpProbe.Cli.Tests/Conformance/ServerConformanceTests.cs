using System.Text.Json.Nodes;
using McpProbe.Testing;

namespace McpProbe.Cli.Tests.Conformance;

/// <summary>
/// The server scenarios of the suite against McpProbe's own <c>/mcp</c>: those that need no fixture (a tool, a prompt or a resource of a
/// given name), in both eras (docs/conformance.md). A scenario that is skipped, or checks less than it did, fails.
/// </summary>
public sealed class ServerConformanceTests : IDisposable
{
    /// <summary>Scenarios, each with how many checks pass.</summary>
    private static readonly Dictionary<string, (string Scenario, int Checks)[]> Passing = new()
    {
        ["2025-11-25"] =
        [
            ("server-initialize", 2), ("ping", 2), ("logging-set-level", 2), ("tools-list", 3), ("resources-list", 2),
            ("resources-subscribe", 2), ("resources-unsubscribe", 2), ("dns-rebinding-protection", 2),
        ],
        ["2026-07-28"] =
        [
            ("server-stateless", 24), ("tools-list", 4), ("resources-list", 2), ("sep-2164-resource-not-found", 4), ("caching", 7),
            ("http-header-validation", 14), ("dns-rebinding-protection", 2), ("server-sse-multiple-streams", 2),
            ("input-required-result-unsupported-methods", 2),
        ],
    };

    /// <summary>Checks within these scenarios that ask for a fixture, and fail for the want of it.</summary>
    private static readonly string[] WantAFixture =
    [
        // test_missing_capability, test_streaming_elicitation, test_logging_tool.
        "sep-2575-server-rejects-undeclared-capability", "sep-2575-missing-capability-http-400",
        "sep-2575-http-server-no-independent-requests-on-stream", "sep-2575-server-no-log-without-loglevel",
        // A prompt: McpProbe has none.
        "sep-2549-prompts-list-caching-hints",
    ];

    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("2025-11-25")]
    [InlineData("2026-07-28")]
    public async Task OwnServer_ScenariosWithoutFixtures_PassEveryCheck(string version)
    {
        await using var head = await HeadProcess.StartAsync(_temp.File("data"), key: null);
        var results = _temp.File("results");
        // All that the revision requires: the suite says itself which scenarios those are.
        var (_, output) = await Suite.RunAsync(Suite.Next, ["server", "--url", head.Url + "/mcp", "--requirements", version, "--output-dir", results]);

        var checks = Directory.GetDirectories(results).ToDictionary(
            ScenarioOf, directory => JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "checks.json")))!.AsArray());
        var wrong = new List<string>();
        foreach (var (scenario, count) in Passing[version])
        {
            if (!checks.TryGetValue(scenario, out var found))
            {
                wrong.Add($"{scenario} was not run");
                continue;
            }

            var passed = found.Count(check => (string)check!["status"]! == "SUCCESS");
            if (passed != count)
                wrong.Add($"{scenario}: {passed} checks passed instead of {count}");
            wrong.AddRange(found.Where(check => (string)check!["status"]! is not ("SUCCESS" or "INFO" or "SKIPPED") && !WantAFixture.Contains((string)check["id"]!))
                .Select(check => $"{scenario}: {check!["id"]}: {check["errorMessage"]}"));
        }

        Assert.True(wrong.Count == 0, $"{string.Join('\n', wrong)}\n{output}");
    }

    [Theory]
    [InlineData(Suite.Stable)]
    [InlineData(Suite.Next)]
    public async Task Documentation_NamesEveryServerScenario(string suite)
    {
        var page = await SourceTree.ReadAsync("docs/conformance.md");
        var (exitCode, output) = await Suite.RunAsync(suite, ["list", "--server"]);
        var scenarios = output.Split('\n').Where(line => line.StartsWith("  - ", StringComparison.Ordinal))
            .Select(line => line[4..line.IndexOf(" [", StringComparison.Ordinal)]).ToList();
        Assert.Equal(0, exitCode);
        Assert.InRange(scenarios.Count, 20, 100);
        Assert.All(scenarios, scenario => Assert.Contains($"`{scenario}`", page, StringComparison.Ordinal));
        Assert.All(Passing.Values.SelectMany(each => each), each => Assert.Contains($"`{each.Scenario}`", page, StringComparison.Ordinal));
    }

    /// <summary><c>server-{scenario}-{instant}</c>.</summary>
    private static string ScenarioOf(string directory)
    {
        var name = Path.GetFileName(directory);
        return name["server-".Length..(name.LastIndexOf('T') - "-yyyy-MM-dd".Length)];
    }
}
