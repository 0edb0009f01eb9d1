using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;

namespace McpProbe.Tests.Probing.Transports;

public class StdioServerTests
{
    private static readonly McpProber Prober = new(new ProberOptions(), TimeProvider.System);

    private static Task<ProbeResult> ProbeAsync(TimeSpan timeout, params string[] command) =>
        Prober.ProbeAsync(new Endpoint { Id = "stdio", Command = command, Timeout = timeout }, TestContext.Current.CancellationToken);

    /// <summary>A server in a few lines of JavaScript: <c>answer</c> is called with each message, <c>say</c> writes one.</summary>
    private static string[] Node(string answer) =>
    [
        "node", "-e",
        $$"""
        const say = (id, result) => console.log(JSON.stringify({ jsonrpc: '2.0', id, ...result }));
        require('readline').createInterface({ input: process.stdin }).on('line', line => { const message = JSON.parse(line); const { id, method } = message; {{answer}} });
        """,
    ];

    private const string Initialize =
        "if (method === 'initialize') say(id, { result: { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 'n', version: '1' } } });";

    private const string List = "if (method === 'tools/list') say(id, { result: { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] } });";

    private const string Discover = "if (method === 'server/discover') say(id, { result: { supportedVersions: ['2026-07-28'], capabilities: {} } });";

    [Fact]
    public async Task Probe_LegacyServerThatIgnoresDiscover_IsInitializedAtHalfTime()
    {
        var result = await ProbeAsync(TimeSpan.FromSeconds(8), Node(Initialize + List));

        Assert.True(result.Verdict is Verdict.Healthy, string.Join('\n', result.Log));
        Assert.Equal((Era.Handshake, "2025-06-18"), (result.Era, result.ProtocolVersion));
        Assert.InRange(result.Timings.TotalMs, 3_900, 8_000);
    }

    [Fact]
    public async Task Probe_SlowStatelessServer_IsNotTakenForAnOlderOne()
    {
        // It answers after half of the time only, in order, and to initialize as servers of both eras do.
        var result = await ProbeAsync(TimeSpan.FromSeconds(8), Node($$"""
            globalThis.ready ??= new Promise(done => setTimeout(done, 4500)); ready.then(() => { {{Discover + Initialize + List}} });
            """));

        Assert.True(result.Verdict is Verdict.Healthy, string.Join('\n', result.Log));
        Assert.Equal((Era.Stateless, "2026-07-28"), (result.Era, result.ProtocolVersion));
        Assert.Contains(result.Log, line => line.Contains("sending initialize too", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ping", "message.result && !message.error")]
    [InlineData("roots/list", "message.error?.code === -32601")]
    public async Task Probe_ServerAsksBeforeItReplies_IsAnswered(string method, string expected)
    {
        // The call's reply comes only once the server's own request is answered.
        var result = await Prober.ProbeAsync(new Endpoint
        {
            Id = "stdio",
            Command = Node(Initialize + List + $$"""
                if (method === 'tools/call') { globalThis.call = id; say('s-1', { method: '{{method}}' }); }
                if (!method && id === 's-1' && ({{expected}})) say(call, { result: { content: [{ type: 'text', text: 'awake' }] } });
                """),
            Protocol = "2025-06-18",
            Timeout = TimeSpan.FromSeconds(30),
            Smoke = new SmokeCall { Tool = "echo", ExpectText = "awake" },
        }, TestContext.Current.CancellationToken);

        Assert.True(result.Verdict is Verdict.Healthy, string.Join('\n', result.Log));
    }

    [Fact]
    public async Task Probe_MethodNotFound_IsInitializedAtOnce()
    {
        var result = await ProbeAsync(TimeSpan.FromSeconds(30),
            Node("if (method === 'server/discover') say(id, { error: { code: -32601, message: 'no' } }); " + Initialize + List));

        Assert.True(result.Verdict is Verdict.Healthy, string.Join('\n', result.Log));
        Assert.InRange(result.Timings.TotalMs, 0, 14_000);
    }

    [Fact]
    public async Task Probe_ExecutableThatIsNotThere_IsSpawnFailedAndNamesIt()
    {
        var result = await ProbeAsync(TimeSpan.FromSeconds(30), "no-such-mcp-server", "--flag");

        Assert.Equal((FailureKind.SpawnFailed, Verdict.Down), (result.Failure?.Kind, result.Verdict));
        Assert.Contains("no-such-mcp-server", result.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("PATH", result.Failure.Message, StringComparison.Ordinal);
        Assert.Equal("no-such-mcp-server --flag", result.Target);
    }

    [Theory]
    [InlineData("process.stderr.write('fatal: \\u001b[31mno licence\\u0007\\n'); process.exitCode = 3; process.exit();")]
    [InlineData("if (method === 'server/discover') say(id, { error: { code: -32601, message: 'no' } }); else { process.stderr.write('fatal: \\u001b[31mno licence\\n'); process.exit(1); }")]
    public async Task Probe_ProcessThatEnds_IsProcessExitedWithItsLastWords(string answer)
    {
        var result = await ProbeAsync(TimeSpan.FromSeconds(30), Node(answer));

        Assert.Equal((FailureKind.ProcessExited, Phase.Handshake), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.Contains("fatal: [31mno licence)", result.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_Command_GetsWhatProgramsNeedAndWhatItsDefinitionNamesAndNothingElse()
    {
        Environment.SetEnvironmentVariable("MCPPROBE_TEST_OWN", "own-secret");
        Environment.SetEnvironmentVariable("TEST_OF_ANOTHER_SERVER", "not for this one");
        var file = Path.Combine(Path.GetTempPath(), $"mcpprobe-environment-{Guid.NewGuid():N}");

        var result = await new McpProber(new ProberOptions { Secrets = name => name == "SECRET_TEST" ? "for-the-server" : null }, TimeProvider.System).ProbeAsync(
            new Endpoint
            {
                Id = "stdio",
                Command = ["sh", "-c", $"env -0 > {file}; echo \"token $TOKEN\" >&2"],
                Environment = new Dictionary<string, string> { ["TOKEN"] = "Bearer ${env:SECRET_TEST}", ["EMPTY"] = "", ["LANG"] = "de_DE.UTF-8" },
                Timeout = TimeSpan.FromSeconds(30),
            },
            TestContext.Current.CancellationToken);

        var environment = (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        File.Delete(file);
        string[] handedDown = ["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG", "LC_ALL", "LC_CTYPE"];
        // The mark by which what outlives its parent is found, and what the shell sets itself.
        string[] others = ["TOKEN", "EMPTY", "MCPPROBE_STDIO_RUN", "PWD", "OLDPWD", "SHLVL", "_"];
        Assert.Empty(environment.Keys.Except(handedDown).Except(others));
        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), environment["PATH"]);
        Assert.Equal(("Bearer for-the-server", "", "de_DE.UTF-8"), (environment["TOKEN"], environment["EMPTY"], environment["LANG"]));
        // What it says of its secret is not repeated.
        Assert.Contains("(last words: token Bearer ***)", result.Failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_CommandWhoseVariableIsNotSet_IsConfigAndNotStarted()
    {
        var file = Path.Combine(Path.GetTempPath(), $"mcpprobe-started-{Guid.NewGuid():N}");

        var result = await Prober.ProbeAsync(
            new Endpoint
            {
                Id = "stdio",
                Command = ["touch", file],
                Environment = new Dictionary<string, string> { ["TOKEN"] = "${env:NO_SUCH_VARIABLE}" },
            },
            TestContext.Current.CancellationToken);

        Assert.Equal((FailureKind.Config, Verdict.Unknown), (result.Failure?.Kind, result.Verdict));
        Assert.StartsWith("The variable TOKEN of its environment needs the environment variable NO_SUCH_VARIABLE", result.Failure!.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task Probe_SilentProcess_TimesOut()
    {
        var result = await ProbeAsync(TimeSpan.FromSeconds(1), "sleep", "600");

        Assert.Equal((FailureKind.Timeout, Phase.Handshake), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.InRange(result.Timings.TotalMs, 950, 3000);
    }
}
