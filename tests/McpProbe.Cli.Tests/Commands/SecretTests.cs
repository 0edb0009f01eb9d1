using McpProbe.Testing;

namespace McpProbe.Cli.Tests.Commands;

/// <summary>What a command line is given in secret is in none of its outputs.</summary>
public sealed class SecretTests : IDisposable
{
    private const string Marker = "m4rker/of&the=secret";
    private const string Literal = "l1teral-value-of-the-query";
    private static readonly Dictionary<string, string> Environment = new() { ["MARKER"] = Marker };
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("check")]
    [InlineData("check --output json")]
    [InlineData("check --output junit")]
    [InlineData("check --output sarif")]
    [InlineData("check --output github")]
    [InlineData("snapshot")]
    [InlineData("verify --output json")]
    [InlineData("verify --output sarif")]
    [InlineData("diff --output json")]
    public async Task Url_WithSecrets_IsSentAsItIsAndShownWithout(string command)
    {
        var asked = new List<string>();
        await using var server = await StubServer.StartAsync(async context =>
        {
            lock (asked)
                asked.Add(context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget);
            await McpScript.Handshake("echo")(context);
        });
        var url = $"{server.Url}/p/${{env:MARKER}}/mcp?key=${{env:MARKER}}&plain={Literal}";
        var baseline = _directory.File("baseline.json");
        if (!command.StartsWith("check", StringComparison.Ordinal))
            Assert.Equal(0, (await RunAsync("snapshot", url, "-o", baseline)).ExitCode);
        string[] words = command.Split(' ');

        var run = await RunAsync(words[0] switch
        {
            "snapshot" => [.. words, url, "-o", _directory.File("again.json")],
            "verify" => [.. words, url, "--baseline", baseline, "--samples", "1"],
            "diff" => [.. words, baseline, url],
            _ => [.. words, url, "--debug"],
        });

        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"/p/{Uri.EscapeDataString(Marker)}/mcp?key={Uri.EscapeDataString(Marker)}&plain={Literal}", asked);
        var shown = run.Output + run.Errors + string.Concat(Directory.GetFiles(_directory.Path).Select(File.ReadAllText));
        foreach (var secret in new[] { Marker, "m4rker", Literal })
            Assert.DoesNotContain(secret, shown, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("/p/***/mcp", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Url_WithAReferenceInItsHost_IsRefused()
    {
        var run = await RunAsync("check", "https://${env:MARKER}/mcp");

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains("must be written out", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stdio_Environment_IsWhatTheOptionsName()
    {
        var file = _directory.File("environment");
        var run = await RunAsync("check", "--stdio", $"sh -c 'env > {file}; echo $TOKEN >&2'", "--env", "MARKER", "--env", "TOKEN=Bearer ${env:MARKER}", "--env", "EMPTY=");

        Assert.Equal(1, run.ExitCode);
        var lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
        Assert.Contains($"MARKER={Marker}", lines);
        Assert.Contains($"TOKEN=Bearer {Marker}", lines);
        Assert.Contains("EMPTY=", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("UNRELATED=", StringComparison.Ordinal));
        Assert.DoesNotContain(Marker, run.Output + run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--env: it is for a --stdio command", "https://127.0.0.1:1/mcp", "--env", "A=secret-value")]
    [InlineData("--env", "--stdio", "node", "--env", "1A=secret-value")]
    [InlineData("--env", "--stdio", "node", "--env", "A=secret-value", "--env", "A=secret-value")]
    [InlineData("--env", "--stdio", "node", "--env", "MCPPROBE_API_KEY")]
    [InlineData("--env", "--stdio", "node", "--env", "=secret-value")]
    public async Task Environment_Wrong_IsRefusedWithoutItsValue(string says, params string[] arguments)
    {
        var run = await RunAsync(["check", .. arguments]);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(says, run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-value", run.Errors, StringComparison.Ordinal);
    }

    private static async Task<CliRun> RunAsync(params string[] arguments)
    {
        using var process = CliProcess.Start(new Dictionary<string, string>(Environment) { ["UNRELATED"] = "not for a server" }, arguments);
        return await process.EndAsync();
    }
}
