using McpProbe.Testing;

namespace McpProbe.Cli.Tests.Commands;

public sealed class ValidateTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Validate_GoodFile_SaysWhatItHolds()
    {
        var file = await WriteAsync("""
            channels:
              - { name: ops, type: webhook, url: https://hooks.example.com/x }
            endpoints:
              - { id: one, url: https://mcp.example.com/mcp, channels: [ops] }
              - { id: two, command: node server.js }
            """);

        var run = await CliProcess.RunAsync("validate", file);

        Assert.Equal(new CliRun(0, $"{file} is fine: 2 endpoints, 1 channel.\n", ""), run);
    }

    [Fact]
    public async Task Validate_WrongFile_NamesEveryMistakeWithLineAndColumn()
    {
        var file = await WriteAsync("""
            endpoints:
              - id: one
                url: ftp://mcp.example.com
                timeout: soon
              - id: one
                url: https://mcp.example.com/mcp
                colour: red
            """);

        var run = await CliProcess.RunAsync("validate", file);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        var lines = run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            [$"{file}:3:10: endpoints[0].url", $"{file}:4:14: endpoints[0].timeout", $"{file}:5:9: endpoints[1].id", $"{file}:7:5: endpoints[1]"],
            lines.Select(line => line[..line.IndexOf(": ", line.IndexOf(": ", StringComparison.Ordinal) + 1, StringComparison.Ordinal)]));
    }

    [Fact]
    public async Task Validate_SeveralFiles_SaysOfEachWhatIsToBeSaid()
    {
        var good = await WriteAsync("endpoints: [{ id: one, url: https://mcp.example.com/mcp }]", "good.yaml");
        var wrong = await WriteAsync("endpoints: [{ id: one, url: soon }]", "wrong.yaml");
        var missing = Path.Combine(_directory.Path, "missing.yaml");

        var run = await CliProcess.RunAsync("validate", wrong, good, missing);

        Assert.Equal((2, $"{good} is fine: 1 endpoint, 0 channels.\n"), (run.ExitCode, run.Output));
        Assert.Equal(
            [$"{wrong}:1:29: endpoints[0].url", $"{missing}:1:1: there is no such file; check the path"],
            run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(": is not")[0]));
        Assert.Equal(0, (await CliProcess.RunAsync("validate", good, good)).ExitCode);
    }

    [Theory]
    [InlineData("endpoints: [{ id: one, url: https://mcp.example.com/mcp }]", 0, "<stdin> is fine: 1 endpoint, 0 channels.\n", "")]
    [InlineData("{\"endpoints\": [{\"id\": \"one\", \"url\": \"https://mcp.example.com/mcp\"}]}", 0, "<stdin> is fine: 1 endpoint, 0 channels.\n", "")]
    [InlineData("\nendpoints: [{ id: one, url: soon }]", 2, "", "<stdin>:2:29: endpoints[0].url: is not an absolute http or https URL, such as https://example.com/mcp\n")]
    [InlineData("", 0, "<stdin> is fine: 0 endpoints, 0 channels.\n", "")]
    public async Task Validate_StandardInput_IsReadLikeAFile(string input, int exitCode, string output, string errors) =>
        Assert.Equal(new CliRun(exitCode, output, errors), await Shell.RunAsync(CliProcess.Words[0], [.. CliProcess.Words.Skip(1), "validate", "-"], input: input));

    [Fact]
    public async Task Validate_WithEnvironment_NamesEverySecretThatIsNotSet()
    {
        var file = await WriteAsync("""
            channels:
              - { name: ops, type: slack, url: "${env:VALIDATE_TEST_HOOK}" }
            endpoints:
              - { id: one, url: https://mcp.example.com/mcp, bearer: "${env:VALIDATE_TEST_TOKEN}", channels: [ops] }
              - id: two
                url: https://mcp.example.com/mcp
                headers: { X-Key: "a ${env:VALIDATE_TEST_A} b ${env:VALIDATE_TEST_B}" }
                tls: { certificate: "${env:VALIDATE_TEST_CERT}", key: "${env:VALIDATE_TEST_B}" }
              - { id: three, url: https://mcp.example.com/mcp, oauth: { clientId: me, clientSecret: "${env:VALIDATE_TEST_SECRET}" } }
              - { id: four, url: https://mcp.example.com/mcp, bearer: "${env:PATH}" }
              - { id: five, url: https://mcp.example.com/mcp, bearer: "${env:VALIDATE_TEST_PAUSED}", paused: true }
            """);

        var run = await CliProcess.RunAsync("validate", "--environment", file);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Equal(
            [
                "channel 'ops' needs the environment variable VALIDATE_TEST_HOOK",
                "endpoint 'one' needs the environment variable VALIDATE_TEST_TOKEN",
                "endpoint 'two' needs the environment variable VALIDATE_TEST_A",
                "endpoint 'two' needs the environment variable VALIDATE_TEST_B",
                "endpoint 'two' needs the environment variable VALIDATE_TEST_CERT",
                "endpoint 'three' needs the environment variable VALIDATE_TEST_SECRET",
            ],
            run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[(file.Length + 2)..line.IndexOf(", which is not set", StringComparison.Ordinal)]));
        // Whoever writes the file need not have the secrets.
        Assert.Equal(0, (await CliProcess.RunAsync("validate", file)).ExitCode);
    }

    [Fact]
    public async Task Validate_TlsFileThatIsMissing_NamesItAtItsPlace()
    {
        var file = await WriteAsync("""
            endpoints:
              - { id: one, url: https://mcp.example.com/mcp, tls: { ca: certs/ca.pem } }
            """);

        var run = await CliProcess.RunAsync("validate", file);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.StartsWith($"{file}:2:61: endpoints[0].tls.ca: the file '{_directory.File("certs/ca.pem")}' does not exist", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_Environment_NamesWhatIsMissingAndOnlyWarnsOfWhatNothingUses()
    {
        var file = await WriteAsync("""
            channels:
              - { name: chat, type: slack, url: "${env:VALIDATE_TESTS_CHAT}" }
              - { name: spare, type: slack, url: "${env:VALIDATE_TESTS_SPARE}" }
            endpoints:
              - { id: one, url: "https://mcp.example.com/mcp?key=${env:VALIDATE_TESTS_KEY}", alerts: { escalate: [{ after: 1h, channels: [chat] }] } }
              - { id: two, command: node server.js, environment: { A: "${env:VALIDATE_TESTS_VARIABLE}" } }
              - { id: three, url: https://mcp.example.com/mcp, bearer: "${env:VALIDATE_TESTS_PAUSED}", paused: true }
            """);

        var run = await CliProcess.RunAsync("validate", file, "--environment");
        var plain = await CliProcess.RunAsync("validate", file);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Equal(
            [
                "channel 'chat' needs the environment variable VALIDATE_TESTS_CHAT", "endpoint 'one' needs the environment variable VALIDATE_TESTS_KEY",
                "endpoint 'two' needs the environment variable VALIDATE_TESTS_VARIABLE", "warning: channel 'spare' needs the environment variable VALIDATE_TESTS_SPARE",
            ],
            run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[(file.Length + 2)..line.IndexOf(", which", StringComparison.Ordinal)]));
        Assert.Equal(new CliRun(0, $"{file} is fine: 3 endpoints, 2 channels.\n", ""), plain);
    }

    [Fact]
    public async Task Validate_NoSuchFile_ExitsWithUsage()
    {
        var run = await CliProcess.RunAsync("validate", _directory.File("none.yaml"));

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains("none.yaml:1:1", run.Errors, StringComparison.Ordinal);
    }

    private async Task<string> WriteAsync(string text, string name = "probes.yaml")
    {
        var file = _directory.File(name);
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        return file;
    }

    /// <summary>A full disk below standard output is no bug of ours, and nothing was said.</summary>
    [Fact]
    public async Task Output_OnAFullDisk_IsToldAsWhatItIs()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "This system has no /dev/full.");

        var run = await Shell.RunAsync("sh", ["-c", "exec \"$@\" > /dev/full", "sh", .. CliProcess.Words, "validate", "-"], input: "endpoints: []\n");

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("mcpprobe: what it had to say could not be written: No space left on device", run.Errors, StringComparison.Ordinal);
    }
}
