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
        string[] commands = ["check", "snapshot", "diff", "verify", "bridge", "accept", "validate", "import", "apply", "export", "help", "completion"];
        Assert.All(commands, command => Assert.Contains($"\n  {command} ", run.Output, StringComparison.Ordinal));
        Assert.Contains("\nExamples:\n  mcpprobe check https://", run.Output, StringComparison.Ordinal);
        Assert.Contains("\nExit codes:\n  0 ", run.Output, StringComparison.Ordinal);
        Assert.All(run.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 100));
    }

    [Fact]
    public async Task Check_Help_ListsTheOptionsByWhatTheyAreFor()
    {
        var run = await CliProcess.RunAsync("check", "--help");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        var lines = run.Output.Split('\n').Select(line => line.TrimEnd()).ToList();
        Assert.Equal(
            ["Description:", "Usage:", "Arguments:", "Options:", "Reaching the server:", "Credentials and trust:", "Conditions:", "Smoke call:", "Examples:"],
            lines.Where(line => line.EndsWith(':') && !line.StartsWith(' ')));
        string[] options = ["--output", "--stdio", "--bearer-env", "--ca-file", "--budget", "--smoke-tool", "--smoke"];
        Assert.All(options, option => Assert.Single(lines, line => line.Trim().Split(' ')[0] == option));
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 100));
    }

    // A default is written as a person writes it, and once.
    [Theory]
    [InlineData("check")]
    [InlineData("snapshot")]
    [InlineData("diff")]
    [InlineData("verify")]
    [InlineData("bridge")]
    [InlineData("accept")]
    [InlineData("validate")]
    public async Task Help_OfACommand_SaysEachDefaultOnce(string command)
    {
        var run = await CliProcess.RunAsync(command, "--help");

        var words = string.Join(' ', run.Output.Split((char[])[], StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.DoesNotContain("] [default:", words, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\[default: [^\]]*(\d\d:\d\d:\d\d|\{ ?[A-Z])", words);
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
    [InlineData("mcpprobe: there is no command; write check, explain, snapshot, diff, verify, bridge, drain, accept, validate, import, apply, export, help or completion.")]
    [InlineData("mcpprobe: chek: there is no such command; did you mean 'check'?", "chek", "http://127.0.0.1:1/mcp")]
    [InlineData("mcpprobe check: URL: there is none; give the server's address, or its command with --stdio \"CMD ARGS\".", "check")]
    [InlineData("mcpprobe: watch: there is no such command; write check, explain, snapshot, diff, verify, bridge, drain, accept, validate, import, apply, export, help or completion.", "watch")]
    [InlineData("mcpprobe: --versoin: there is no such option; did you mean '--version'?", "--versoin")]
    [InlineData("mcpprobe help: chek: there is no such command; did you mean 'check'?", "help", "chek")]
    [InlineData("mcpprobe completion: SHELL: there is no script for 'bsh'; did you mean 'bash'?", "completion", "bsh")]
    [InlineData("mcpprobe completion: SHELL: there is no script for 'nushell'; known are bash, zsh, fish, powershell", "completion", "nushell")]
    [InlineData("mcpprobe validate: --enviroment: there is no such option; did you mean '--environment'?", "validate", "a.yaml", "--enviroment")]
    [InlineData("mcpprobe validate: FILE: - is there twice; standard input can be read once.", "validate", "-", "a.yaml", "-")]
    [InlineData("mcpprobe apply: --dryrun: there is no such option; did you mean '--dry-run'?", "apply", "a.yaml", "--server", "http://127.0.0.1:1", "--dryrun")]
    [InlineData("mcpprobe apply: b.yaml: there is no place for this word; leave it out, or put words that belong together in quotation marks.", "apply", "a.yaml", "b.yaml", "--server", "http://127.0.0.1:1")]
    [InlineData("mcpprobe check: --quite-another-thing: there is no such option.", "check", "--quite-another-thing", "http://127.0.0.1:1/mcp")]
    [InlineData("mcpprobe check: --time-out=10s: there is no such option; did you mean '--timeout'?", "check", "--time-out=10s", "http://127.0.0.1:1/mcp")]
    [InlineData("mcpprobe check: --tmeout: there is no such option; did you mean '--timeout'?", "check", "--tmeout", "10s", "http://127.0.0.1:1/mcp")]
    [InlineData("mcpprobe check: URL: there is --stdio too; give one of them.", "check", "http://127.0.0.1:1/mcp", "--stdio", "node x.js")]
    [InlineData("mcpprobe check: --insecure: a --stdio server has no use for it; leave it out.", "check", "--stdio", "node x.js", "--insecure")]
    [InlineData("mcpprobe check: URL: there are 2 of them (http://a/, http://b/); give one.", "check", "http://a/", "http://b/")]
    [InlineData("mcpprobe check: --header: X-A is there twice; give it once.", "check", "http://a/", "--header", "x-a=1", "--header", "X-A=2")]
    [InlineData("mcpprobe check: Required argument missing for option: '--timeout'.", "check", "http://a/", "--timeout")]
    [InlineData("mcpprobe check: --smoke-args: it is not a JSON object; write one, such as '{\"city\":\"Paris\"}'.", "check", "http://a/", "--smoke-tool", "x", "--smoke-args", "[1]")]
    [InlineData("mcpprobe check: --smoke-args: it is not a JSON object; write one, such as '{\"city\":\"Paris\"}'.", "check", "http://a/", "--smoke-tool", "x", "--smoke-args", "city=Paris")]
    [InlineData("mcpprobe check: --smoke-args: there is no --smoke-tool that they are for; name the tool.", "check", "http://a/", "--smoke", "--smoke-args", "{}")]
    [InlineData("mcpprobe check: --smoke-args: a: the key stands twice", "check", "http://a/", "--smoke-tool", "x", "--smoke-args", "{\"a\":1,\"a\":2}")]
    [InlineData("mcpprobe check: --smoke-expect-content: what stands after /a= is not JSON; write a value such as 3, true or '\"text\"', with its quotation marks.", "check", "http://a/", "--smoke-expect-content", "/a=open")]
    [InlineData("mcpprobe check: --smoke-expect-content: 'a' is not a JSON pointer (RFC 6901)", "check", "http://a/", "--smoke-expect-content", "a=1")]
    [InlineData("mcpprobe check: --budget: there is no name and '='; write PHASE=TIME, such as handshake=500ms.", "check", "http://a/", "--budget", "500ms")]
    [InlineData("mcpprobe check: --budget: unknown key 'handshak'; did you mean 'handshake'?", "check", "http://a/", "--budget", "handshak=500ms")]
    [InlineData("mcpprobe check: --budget: handshake: '500' is not a duration", "check", "http://a/", "--budget", "handshake=500")]
    [InlineData("mcpprobe check: --budget: total: the budget for total (11s) is longer than the timeout (10s)", "check", "http://a/", "--budget", "total=11s")]
    [InlineData("mcpprobe check: --budget: tls: is a phase of reaching a 'url', and this endpoint has a 'command'; remove it", "check", "--stdio", "node x.js", "--budget", "tls=1s")]
    [InlineData("mcpprobe check: --certificate-days: -1 is not a whole number from 0 to 1000", "check", "http://a/", "--certificate-days", "-1")]
    [InlineData("mcpprobe check: --certificate-days: is text, and must be a whole number from 0 to 1000", "check", "http://a/", "--certificate-days", "soon")]
    [InlineData("mcpprobe check: --require-list: 'tools' is not one of resources, prompts", "check", "http://a/", "--require-list", "tools")]
    [InlineData("mcpprobe check: --expect-server-version: '^1' is no version", "check", "http://a/", "--expect-server-version", "^1")]
    [InlineData("mcpprobe check: --forbid-tool: the tool 'a' is required too; remove it from one of the lists", "check", "http://a/", "--require-tool", "a", "--forbid-tool", "a")]
    [InlineData("mcpprobe check: --ca-file: the file 'no-such-ca.pem' does not exist", "check", "https://a/", "--ca-file", "no-such-ca.pem")]
    [InlineData("mcpprobe check: --ca-file: holds no certificate in PEM form", "check", "https://a/", "--ca-file", "McpProbe.Cli.runtimeconfig.json")]
    [InlineData("mcpprobe check: --client-key: there is no 'certificate' that the key belongs to; add it", "check", "https://a/", "--client-key", "key.pem")]
    [InlineData("mcpprobe check: --client-cert: a --stdio server has no use for it; leave it out.", "check", "--stdio", "node x.js", "--client-cert", "a.pem")]
    [InlineData("mcpprobe check: --oauth-client-secret-env: it is missing; OAuth client credentials are an id and a secret.", "check", "http://a/", "--oauth-client-id-env", "PATH")]
    [InlineData("mcpprobe check: --oauth-client-id-env: it needs the environment variable NO_SUCH_ID, which is not set; set it for the prober, or NO_SUCH_ID_FILE to the path of a file that holds it.", "check", "http://a/", "--oauth-client-id-env", "NO_SUCH_ID", "--oauth-client-secret-env", "PATH")]
    [InlineData("mcpprobe check: --oauth-token-url: is http, which would send the client's secret unencrypted", "check", "http://a/", "--oauth-client-id-env", "PATH", "--oauth-client-secret-env", "PATH", "--oauth-token-url", "http://b/token")]
    [InlineData("mcpprobe check: --bearer-env: it needs the environment variable MCPPROBE_API_KEY, which is McpProbe's own and for no endpoint to use; name another.", "check", "http://a/", "--bearer-env", "MCPPROBE_API_KEY")]
    [InlineData("mcpprobe check: has both 'bearer' and 'oauth'; they are the same header, so remove one", "check", "http://a/", "--bearer-env", "PATH", "--oauth-client-id-env", "PATH", "--oauth-client-secret-env", "PATH")]
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
