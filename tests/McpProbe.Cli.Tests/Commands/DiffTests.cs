using System.Text.Json.Nodes;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Cli.Tests.Commands;

public sealed class DiffTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("echo add", "add echo", "", 0, null)]
    [InlineData("echo add", "echo", "", 6, "breaking")]
    [InlineData("echo", "echo add", "", 0, "info")]
    [InlineData("echo", "echo add", "--fail-on=info", 6, "info")]
    [InlineData("echo", "", "", 1, "breaking")]
    [InlineData("echo", "", "--allow-empty", 6, "breaking")]
    public async Task Diff_BlueAgainstGreen_ExitsByTheWorstChange(string blue, string green, string option, int exitCode, string? maximum)
    {
        await using var before = await StubServer.StartAsync(McpScript.Handshake(blue.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        await using var after = await StubServer.StartAsync(McpScript.Handshake(green.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

        var run = await CliProcess.RunAsync(["diff", $"{before.Url}/mcp", $"{after.Url}/mcp", "--output", "json", .. option.Length == 0 ? Array.Empty<string>() : [option]]);

        Assert.Equal((exitCode, ""), (run.ExitCode, run.Errors));
        await PublishedSchemas.AssertFitsAsync("diff", run.Output);
        var comparison = JsonNode.Parse(run.Output)!;
        Assert.Equal((true, maximum), ((bool)comparison["comparable"]!, (string?)comparison["maximum"]));
    }

    [Fact]
    public async Task Diff_FileAgainstServer_ShowsWhatChangedByTool()
    {
        await using var before = await StubServer.StartAsync(McpScript.Handshake("""{"name":"echo","description":"Echoes."}""", "gone"));
        await using var after = await StubServer.StartAsync(McpScript.Handshake("""{"name":"echo","description":"Echoes loudly."}"""));
        var file = await Baselines.TakeAsync($"{before.Url}/mcp", _directory.File("blue.json"));

        var run = await CliProcess.RunAsync("diff", file, $"{after.Url}/mcp");

        Assert.Equal((6, ""), (run.ExitCode, run.Errors));
        Assert.EndsWith(
            """
              gone
                ✘ breaking  tool-removed
                            The tool 'gone' is gone; calls of it will fail.

              echo
                ▲ warning   description-changed  /description
                            A description changed; models choose tools and fill in arguments by it.
                            "Echoes." → "Echoes loudly."

              2 changes: 1 breaking, 1 warning in 2 tools

            """, run.Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.All(run.Output.Split('\n')[2..], line => Assert.InRange(line.Length, 0, 100));
    }

    [Fact]
    public async Task Diff_SidesWithCredentialsOfTheirOwn_SendsEachItsOwnOnly()
    {
        await using var before = await StubServer.StartAsync(Behind("blue", "Bearer token-a"));
        await using var after = await StubServer.StartAsync(Behind("green", "Bearer token-b"));

        using var process = CliProcess.Start(
            new Dictionary<string, string> { ["TOKEN_A"] = "token-a", ["TOKEN_B"] = "token-b" },
            "diff", $"{before.Url}/mcp", $"{after.Url}/mcp", "--a-header", "X-Side=blue", "--a-bearer-env", "TOKEN_A",
            "--b-header", "X-Side=green", "--b-bearer-env", "TOKEN_B", "--header", "X-Team=search", "--timeout", "30s", "--debug");
        var run = await process.EndAsync();

        Assert.True(run.ExitCode == 0, run.Output);
        Assert.NotEmpty(run.Errors); // The probes' logs.
        Assert.DoesNotContain("token-", run.Output + run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_AnotherProtocolVersion_WarnsAndComparesTheRest()
    {
        await using var proxy = await RealServers.StartAsync("mcp-proxy");
        await using var everything = await RealServers.StartAsync("everything");

        var run = await CliProcess.RunAsync("diff", proxy.Url.AbsoluteUri, everything.Url.AbsoluteUri, "--timeout", "30s", "--output", "json");

        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
        var change = Assert.Single(JsonNode.Parse(run.Output)!["changes"]!.AsArray())!;
        Assert.Equal(("protocol-version-changed", "warning", "2026-07-28", "2025-11-25"),
            ((string?)change["rule"], (string?)change["class"], (string?)change["before"], (string?)change["after"]));
    }

    [Fact]
    public async Task Diff_RealServerOverHttpAndStdio_IsTheSame()
    {
        await using var everything = await RealServers.StartAsync("everything");

        var run = await CliProcess.RunAsync("diff", everything.Url.AbsoluteUri, $"stdio:{string.Join(' ', RealServers.EverythingStdio)}", "--timeout", "30s", "--output", "json");

        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
        Assert.Null(JsonNode.Parse(run.Output)!["maximum"]);
    }

    [Theory]
    [InlineData("401", "ok", 3)]
    [InlineData("ok", "503", 4)]
    [InlineData("401", "503", 4)]
    public async Task Diff_SideThatGivesNoCatalogue_SaysWhich(string blue, string green, int exitCode)
    {
        await using var before = await StubServer.StartAsync(AnswersOf(blue));
        await using var after = await StubServer.StartAsync(AnswersOf(green));

        var run = await CliProcess.RunAsync("diff", $"{before.Url}/mcp", $"{after.Url}/mcp", "--output", "json");

        Assert.Equal(exitCode, run.ExitCode);
        Assert.False((bool)JsonNode.Parse(run.Output)!["comparable"]!);
        string[] failed = [.. blue == "ok" ? Array.Empty<string>() : [before.Url], .. green == "ok" ? Array.Empty<string>() : [after.Url]];
        var lines = run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(failed.Length, lines.Length);
        Assert.All(failed.Zip(lines), pair => Assert.StartsWith($"mcpprobe diff: {pair.First}/mcp: ", pair.Second, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Diff_SnapshotOfAnotherFormula_IsNotComparable()
    {
        await using var stub = await StubServer.StartAsync(McpScript.Handshake("echo"));
        var file = await Baselines.TakeAsync($"{stub.Url}/mcp", _directory.File("blue.json"));
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(file, text.Replace("\"formula\": 1", "\"formula\": 7", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var run = await CliProcess.RunAsync("diff", file, $"{stub.Url}/mcp");

        Assert.Equal(8, run.ExitCode);
        Assert.Contains("formula 7, and this version reads formula 1; take a new one with 'mcpprobe snapshot'", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("A B: there is none; give two, each a snapshot file, a URL, or stdio:CMD.")]
    [InlineData("A B: there are 1 (one); give two, each a snapshot file, a URL, or stdio:CMD.", "one")]
    [InlineData("A B: there are 3 (one, two, three); give two", "one", "two", "three")]
    [InlineData("one: there is no such file|two: there is no such file", "one", "two")]
    [InlineData("--tmeout: there is no such option; did you mean '--timeout'?", "http://127.0.0.1:1/mcp", "--tmeout", "http://127.0.0.1:2/mcp")]
    [InlineData("--timeout: 'soon' is not a duration", "http://127.0.0.1:1/mcp", "http://127.0.0.1:2/mcp", "--timeout", "soon")]
    [InlineData("B: --header: there is no name and '='", "http://127.0.0.1:1/mcp", "http://127.0.0.1:2/mcp", "--b-header", "x")]
    [InlineData("A: --bearer-env: it needs the environment variable MCPPROBE_TEST_UNSET", "http://127.0.0.1:1/mcp", "http://127.0.0.1:2/mcp", "--a-bearer-env", "MCPPROBE_TEST_UNSET")]
    [InlineData("no-such-file: there is no such file; write a server as http://", "no-such-file", "stdio:true")]
    public async Task Diff_Mistakes_AreNamed(string mistakes, params string[] arguments)
    {
        var run = await CliProcess.RunAsync(["diff", .. arguments]);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        var lines = run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)[..^1];
        Assert.Equal(mistakes.Split('|').Length, lines.Length);
        Assert.All(mistakes.Split('|').Zip(lines), pair => Assert.StartsWith("mcpprobe diff: " + pair.First, pair.Second, StringComparison.Ordinal));
    }

    private static RequestDelegate AnswersOf(string server) => server == "ok" ? McpScript.Handshake("echo") : context =>
    {
        context.Response.StatusCode = int.Parse(server, System.Globalization.CultureInfo.InvariantCulture);
        return Task.CompletedTask;
    };

    private static RequestDelegate Behind(string side, string authorization) => context =>
    {
        var headers = context.Request.Headers;
        if (headers.Authorization == authorization && headers["X-Side"] == side && headers["X-Team"] == "search")
            return McpScript.Handshake("echo")(context);
        context.Response.StatusCode = 403;
        return Task.CompletedTask;
    };
}
