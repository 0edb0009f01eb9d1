using System.Diagnostics;
using System.Text.Json.Nodes;
using McpProbe.Testing;
using YamlDotNet.RepresentationModel;

namespace McpProbe.Cli.Tests.Documents;

/// <summary>The composite action's last step as a runner starts it: its script, the inputs in the environment, mcpprobe on the path.</summary>
public sealed class ActionTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Summary => _directory.File("summary.md");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("verify {url} --baseline {baseline} --samples 1")]
    [InlineData("verify {url} --baseline {baseline} --samples 1\n")]
    [InlineData("verify {url} \\\n  --baseline '{baseline}' \\\n  --samples 1")]
    [InlineData("verify {url} --baseline {baseline} --samples 1 --header 'X-Note=say --output json'")]
    [InlineData("verify {url} --baseline {baseline} --samples 1 --output github")]
    public async Task Run_Drift_IsAnnotatedSummarisedAndFails(string arguments)
    {
        await using var server = await StubServer.StartAsync(McpScript.Handshake("echo"));

        var run = await RunAsync(await FillAsync(arguments, server));

        Assert.Equal((6, ""), (run.ExitCode, run.Errors));
        Assert.Contains("\n::error ", run.Output, StringComparison.Ordinal);
        Assert.Contains("tool-removed", await ReadAsync(Summary), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WhatFollowsInTheShell_DoesNotLoseTheOutput()
    {
        await using var server = await StubServer.StartAsync(McpScript.Handshake("echo"));

        var run = await RunAsync(await FillAsync("verify {url} --baseline {baseline} --samples 1 || echo \"it was $?\"", server));

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Contains("\n::error ", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("it was 6\n", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--output json > {out}")]
    [InlineData("--output=json >{out}")]
    [InlineData("> {out} --output json")]
    public async Task Run_OtherOutput_IsLeftAsItIs(string ending)
    {
        await using var server = await StubServer.StartAsync(McpScript.Handshake("echo"));

        var run = await RunAsync(await FillAsync("verify {url} --baseline {baseline} --samples 1 " + ending, server));

        Assert.Equal(new CliRun(6, "", ""), run);
        Assert.False(JsonNode.Parse(await ReadAsync(_directory.File("out.txt")))!["passed"]!.GetValue<bool>());
        Assert.False(File.Exists(Summary));
    }

    [Fact]
    public async Task Run_CommandWithoutOutputs_GetsNone()
    {
        await using var server = await StubServer.StartAsync(McpScript.Handshake("echo"));

        var run = await RunAsync(await FillAsync("snapshot {url} --samples 1 -o {out}", server));

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("\"echo\"", await ReadAsync(_directory.File("out.txt")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_QuotedWords_StayTogether()
    {
        string? note = null;
        var script = McpScript.Handshake("echo");
        await using var server = await StubServer.StartAsync(context =>
        {
            note = context.Request.Headers["X-Note"];
            return script(context);
        });

        var run = await RunAsync(await FillAsync("check {url} --header \"X-Note=it's; echo injected\" --require-tool 'echo'", server));

        Assert.Equal((0, "it's; echo injected"), (run.ExitCode, note));
        Assert.DoesNotContain("\ninjected", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WrongUsage_PassesTheCodeOn() => Assert.Equal(2, (await RunAsync("check --no-such-option")).ExitCode);

    /// <summary>An expression in a script is pasted into it before the shell sees it; the environment is not.</summary>
    [Fact]
    public void Scripts_OfTheAction_HoldNoExpressions() =>
        Assert.All(Steps().Select(step => step.Children).Where(keys => keys.ContainsKey("run")), keys => Assert.DoesNotContain("${{", $"{keys["run"]}", StringComparison.Ordinal));

    private async Task<string> FillAsync(string arguments, StubServer server)
    {
        await using var before = await StubServer.StartAsync(McpScript.Handshake("echo", "add"));
        var baseline = await Baselines.TakeAsync(before.Url + "/mcp", _directory.File("base line.json"));
        return arguments
            .Replace("{url}", server.Url + "/mcp", StringComparison.Ordinal)
            .Replace("'{baseline}'", $"'{baseline}'", StringComparison.Ordinal)
            .Replace("{baseline}", baseline.Replace(" ", "\\ ", StringComparison.Ordinal), StringComparison.Ordinal)
            .Replace("{out}", _directory.File("out.txt"), StringComparison.Ordinal);
    }

    private async Task<CliRun> RunAsync(string arguments)
    {
        var program = Environment.GetEnvironmentVariable("MCPPROBE_UNDER_TEST") is { Length: > 0 } executable
            ? $"'{executable}'"
            : $"dotnet '{Path.Combine(AppContext.BaseDirectory, "McpProbe.Cli.dll")}'";
        await WriteAsync("mcpprobe", $"#!/bin/sh\nexec {program} \"$@\"\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_directory.File("mcpprobe"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await WriteAsync("step.sh", Steps()[^1].Children["run"].ToString());

        // What 'shell: bash' stands for on a runner.
        var start = new ProcessStartInfo("bash", ["--noprofile", "--norc", "-eo", "pipefail", _directory.File("step.sh")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["PATH"] = $"{_directory.Path}:{Environment.GetEnvironmentVariable("PATH")}",
                ["MCPPROBE_ARGS"] = arguments,
                ["GITHUB_STEP_SUMMARY"] = Summary,
            },
        };
        using var process = Process.Start(start)!;
        var cancelled = TestContext.Current.CancellationToken;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancelled), process.StandardError.ReadToEndAsync(cancelled));
        await process.WaitForExitAsync(cancelled);
        return new CliRun(process.ExitCode, await output, await errors);
    }

    private static List<YamlMappingNode> Steps()
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Repository.Read("action.yml")));
        return [.. ((YamlSequenceNode)stream.Documents[0].RootNode["runs"]["steps"]).Cast<YamlMappingNode>()];
    }

    private Task WriteAsync(string name, string text) => File.WriteAllTextAsync(_directory.File(name), text, TestContext.Current.CancellationToken);

    private static Task<string> ReadAsync(string file) => File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
}
