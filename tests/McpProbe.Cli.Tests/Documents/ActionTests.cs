using System.Diagnostics;
using System.Text.Json.Nodes;
using McpProbe.Testing;
using YamlDotNet.RepresentationModel;

namespace McpProbe.Cli.Tests.Documents;

/// <summary>The composite action's steps as a runner starts them: the script, the inputs in the environment, mcpprobe on the path.</summary>
public sealed class ActionTests : IDisposable
{
    private const int InstallStep = 0;
    private const int RunStep = 1;

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

    [Theory]
    [InlineData("", "/releases/latest/download/VERSION")]
    [InlineData("9.8.7", "/releases/download/v9.8.7/SHA256SUMS")]
    public async Task Install_OfTheRelease_IsVerifiedAndOnThePathOnce(string version, string first)
    {
        await PublishAsync(wrongSum: false);

        var run = await RunStepAsync(InstallStep, "check http://a/", version);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.StartsWith("mcpprobe 9.8.7 is installed in ", run.Output, StringComparison.Ordinal);
        Assert.Equal(_directory.File("mcpprobe") + "\n", await ReadAsync(_directory.File("path")));
        var asked = await ReadAsync(_directory.File("asked"));
        Assert.StartsWith("https://github.example/someone/their-mcpprobe" + first, asked, StringComparison.Ordinal);
        // The second use in a job finds it.
        Assert.Equal(new CliRun(0, "", ""), await RunStepAsync(InstallStep, "check http://a/", version));
        Assert.Equal(asked, await ReadAsync(_directory.File("asked")));
    }

    [Fact]
    public async Task Install_OfSomethingElse_FailsTheStep()
    {
        await PublishAsync(wrongSum: true);

        var run = await RunStepAsync(InstallStep, "check http://a/");

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("is not what was released", run.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_directory.File("path")));
    }

    [Fact]
    public async Task Install_OwnMcpProbeOnThePath_FetchesNothing()
    {
        await WriteAsync("curl", "#!/bin/sh\nexit 1\n");
        Directory.CreateDirectory(_directory.File("mcpprobe"));
        await WriteAsync("mcpprobe/mcpprobe", "#!/bin/sh\n");

        Assert.Equal(new CliRun(0, "", ""), await RunStepAsync(InstallStep, "verify http://a/ --client sdk"));
        Assert.False(File.Exists(_directory.File("path")));
    }

    /// <summary>A release as curl would fetch it.</summary>
    private async Task PublishAsync(bool wrongSum)
    {
        Directory.CreateDirectory(_directory.File("release"));
        await WriteAsync("release/mcpprobe", "#!/bin/sh\necho 9.8.7\n");
        await WriteAsync("curl", $$"""
            #!/bin/sh
            while [ $# -gt 1 ]; do
              case $1 in -o) out=$2; shift ;; esac
              shift
            done
            echo "$1" >> '{{_directory.Path}}/asked'
            cd '{{_directory.Path}}/release'
            case $1 in
              */VERSION) echo 9.8.7 > "$out" ;;
              */SHA256SUMS) for rid in linux-x64 linux-arm64; do tar -c mcpprobe | gzip -n > a; echo "$({{(wrongSum ? "echo x" : "cat a")}} | sha256sum | cut -d ' ' -f 1)  mcpprobe-9.8.7-$rid.tar.gz"; done > "$out" ;;
              *) tar -c mcpprobe | gzip -n > "$out" ;;
            esac
            """);
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
        return await RunStepAsync(RunStep, arguments);
    }

    private async Task<CliRun> RunStepAsync(int step, string arguments, string version = "")
    {
        var script = _directory.File("step.sh");
        await WriteAsync("step.sh", Steps()[step].Children["run"].ToString());

        // What 'shell: bash' stands for on a runner.
        var start = new ProcessStartInfo("bash", ["--noprofile", "--norc", "-eo", "pipefail", script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                // A runner puts what GITHUB_PATH names before the path of the next step.
                ["PATH"] = string.Join(':', _directory.File("mcpprobe"), _directory.Path, Environment.GetEnvironmentVariable("PATH")),
                ["MCPPROBE_ARGS"] = arguments,
                ["MCPPROBE_VERSION"] = version,
                ["MCPPROBE_SERVER"] = "https://github.example",
                ["MCPPROBE_REPOSITORY"] = "someone/their-mcpprobe",
                ["GITHUB_STEP_SUMMARY"] = Summary,
                ["GITHUB_PATH"] = _directory.File("path"),
                ["GITHUB_ACTION_PATH"] = Repository.Root,
                ["RUNNER_TEMP"] = _directory.Path,
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

    private async Task WriteAsync(string name, string text)
    {
        await File.WriteAllTextAsync(_directory.File(name), text, TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_directory.File(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static Task<string> ReadAsync(string file) => File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
}
