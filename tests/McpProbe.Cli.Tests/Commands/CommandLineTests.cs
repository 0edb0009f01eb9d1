namespace McpProbe.Cli.Tests.Commands;

public class CommandLineTests
{
    [Fact]
    public async Task Version_IsPrintedAlone() => Assert.Equal(new CliRun(0, "0.1.0\n", ""), await CliProcess.RunAsync("--version"));

    [Fact]
    public async Task Help_ListsCommandsExamplesAndExitCodes()
    {
        var run = await CliProcess.RunAsync("--help");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        string[] commands = ["check", "snapshot", "validate"];
        Assert.All(commands, command => Assert.Contains($"\n  {command} ", run.Output, StringComparison.Ordinal));
        Assert.Contains("\nExamples:\n  mcpprobe check https://", run.Output, StringComparison.Ordinal);
        Assert.Contains("\nExit codes:\n  0 ", run.Output, StringComparison.Ordinal);
        Assert.All(run.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 100));
    }

    [Fact]
    public async Task Check_ManyMistakes_NamesAllOfThemAtOnce()
    {
        var run = await CliProcess.RunAsync(
            "check", "ftp://user:pw@example.com/#x", "--timeout", "soon", "--transport", "pigeon", "--protocol", "1999-01-01",
            "--expect-protocol", "never", "--header", "Novalue", "--bearer-env", "MCPPROBE_UNSET_VARIABLE", "--connect-to", "no where", "--output", "xml");

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        var lines = run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines[..^1], line => Assert.StartsWith("mcpprobe check: ", line, StringComparison.Ordinal));
        Assert.Equal(
            ["--bearer-env", "--connect-to", "--expect-protocol", "--header", "--output", "--protocol", "--timeout", "--transport", "URL"],
            lines[..^1].Select(line => line.Split(": ")[1]).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal("Run 'mcpprobe check --help' to see what it takes.", lines[^1]);
        Assert.DoesNotContain("pw", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mcpprobe: there is no command; write check, snapshot or validate.")]
    [InlineData("mcpprobe: chek: there is no such command; write check, snapshot or validate.", "chek", "http://127.0.0.1:1/mcp")]
    [InlineData("mcpprobe check: URL: there is none; give the server's address, or its command with --stdio \"CMD ARGS\".", "check")]
    [InlineData("mcpprobe check: --tmeout: there is no such option.", "check", "--tmeout", "10s", "http://127.0.0.1:1/mcp")]
    [InlineData("mcpprobe check: URL: there is --stdio too; give one of them.", "check", "http://127.0.0.1:1/mcp", "--stdio", "node x.js")]
    [InlineData("mcpprobe check: --insecure: a --stdio server has no use for it; leave it out.", "check", "--stdio", "node x.js", "--insecure")]
    [InlineData("mcpprobe check: URL: there are 2 of them (http://a/, http://b/); give one.", "check", "http://a/", "http://b/")]
    [InlineData("mcpprobe check: --header: X-A is there twice; give it once.", "check", "http://a/", "--header", "x-a=1", "--header", "X-A=2")]
    [InlineData("mcpprobe check: Required argument missing for option: '--timeout'.", "check", "http://a/", "--timeout")]
    [InlineData("mcpprobe snapshot: --samples: '0' is not a number from 1 to 1000.", "snapshot", "http://a/", "--samples", "0")]
    [InlineData("mcpprobe validate: Required argument missing for command: 'validate'.", "validate")]
    public async Task AnyCommand_OneMistake_NamesJustThat(string mistake, params string[] arguments)
    {
        var run = await CliProcess.RunAsync(arguments);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Equal(2, run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.StartsWith(mistake, run.Errors, StringComparison.Ordinal);
    }
}
