using System.Text.Json.Nodes;
using McpProbe.Testing;

namespace McpProbe.Cli.Tests.Commands;

public sealed class SnapshotTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Snapshot_ToAFile_WritesWhatTheSchemaSays()
    {
        await using var stub = await StubServer.StartAsync(McpScript.Handshake("zip", "add"));
        var file = _directory.File("stub.snapshot.json");

        var run = await CliProcess.RunAsync("snapshot", $"{stub.Url}/mcp", "-o", file, "--samples", "3");

        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.Empty(await PublishedSchemas.MistakesAsync("snapshot", text));
        var snapshot = JsonNode.Parse(text)!;
        Assert.Equal(["add", "zip"], snapshot["tools"]!.AsArray().Select(tool => (string?)tool!["name"]));
        Assert.Equal(3, (int?)snapshot["latency"]!["samples"]);
        Assert.Equal($"Wrote {file}: 2 tools, {snapshot["hashes"]!["hash"]}, 3 samples.\n", run.Errors);
    }

    [Fact]
    public async Task Snapshot_WithoutAFile_WritesToStandardOutput()
    {
        await using var stub = await StubServer.StartAsync(McpScript.Stateless("echo"));

        var run = await CliProcess.RunAsync("snapshot", $"{stub.Url}/mcp", "--samples", "1");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Empty(await PublishedSchemas.MistakesAsync("snapshot", run.Output));
    }

    [Fact]
    public async Task Snapshot_CatalogueThatChangesMeanwhile_IsRefused()
    {
        var lists = 0;
        await using var stub = await StubServer.StartAsync(context =>
            McpScript.Stateless(Interlocked.Increment(ref lists) > 4 ? "late" : "early")(context));
        var file = _directory.File("stub.snapshot.json");

        var run = await CliProcess.RunAsync("snapshot", $"{stub.Url}/mcp", "-o", file, "--samples", "2");

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("not the same", run.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task Snapshot_ServerThatIsDown_SaysWhyAndWritesNothing()
    {
        var file = _directory.File("stub.snapshot.json");

        var run = await CliProcess.RunAsync("snapshot", "http://127.0.0.1:1/mcp", "-o", file);

        Assert.Equal((4, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("✘ down  http://127.0.0.1:1/mcp\n", run.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task Snapshot_FileThatCannotBeWritten_ExitsWithUsage()
    {
        await using var stub = await StubServer.StartAsync(McpScript.Stateless("echo"));

        var run = await CliProcess.RunAsync("snapshot", $"{stub.Url}/mcp", "--samples", "1", "-o", _directory.File("missing/file.json"));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("cannot be written", run.Errors, StringComparison.Ordinal);
    }
}
