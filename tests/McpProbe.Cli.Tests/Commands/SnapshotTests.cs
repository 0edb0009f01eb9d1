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

    // A counter in one text, and a tool that is there at every other call.
    [Fact]
    public async Task Snapshot_CatalogueThatDiffersAtEveryCall_SaysWhereAndCanLeaveItOut()
    {
        var (lists, kind) = (0, "string");
        await using var stub = await StubServer.StartAsync(context =>
        {
            var list = Interlocked.Increment(ref lists);
            string[] tools = [$$$$$"""{"name":"counter","description":"Asked {{{{{list}}}}} times.","inputSchema":{"type":"object","properties":{"x":{"type":"{{{{{kind}}}}}"}}}}""", "echo"];
            return McpScript.Stateless(list / 2 % 2 == 0 ? tools : [.. tools, "sometimes"])(context);
        });
        var file = _directory.File("stub.snapshot.json");
        string[] snapshot = ["snapshot", $"{stub.Url}/mcp", "-o", file, "--samples", "3"];
        const string Places = "counter /description, sometimes (is not always there)";

        var refused = await CliProcess.RunAsync(snapshot);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"not the same in each of 4 probes: {Places}. ", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("--allow-unstable", refused.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(file));

        var written = await CliProcess.RunAsync([.. snapshot, "--allow-unstable"]);
        Assert.Equal(0, written.ExitCode);
        Assert.Contains($"Left out as unstable: {Places}.", written.Errors, StringComparison.Ordinal);
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.Empty(await PublishedSchemas.MistakesAsync("snapshot", text));
        var saved = JsonNode.Parse(text)!;
        Assert.Equal(["counter", "echo"], saved["tools"]!.AsArray().Select(tool => (string?)tool!["name"]));
        Assert.Null(saved["tools"]![0]!["description"]);
        Assert.Equal("""[{"tool":"counter","path":"/description"},{"tool":"sometimes","path":""}]""", saved["unstable"]!.ToJsonString());

        // The gate and the diff ignore exactly that, and say so.
        string[] verify = ["verify", $"{stub.Url}/mcp", "--baseline", file, "--samples", "3", "--output", "json"];
        var same = await CliProcess.RunAsync(verify);
        Assert.True(same.ExitCode is 0 or 7, same.Output);
        Assert.Empty(await PublishedSchemas.MistakesAsync("verify", same.Output));
        Assert.Contains($"the same SHA-256 as the baseline; not compared, as the snapshot marks it unstable: {Places}", same.Output, StringComparison.Ordinal);
        var diff = await CliProcess.RunAsync("diff", file, $"{stub.Url}/mcp", "--output", "json");
        Assert.Equal(0, diff.ExitCode);
        Assert.Empty(await PublishedSchemas.MistakesAsync("diff", diff.Output));
        Assert.Equal(2, JsonNode.Parse(diff.Output)!["ignored"]!.AsArray().Count);
        Assert.Contains($"no change; not compared, as the snapshot marks it unstable: {Places}", (await CliProcess.RunAsync("diff", $"{stub.Url}/mcp", file)).Output.ReplaceLineEndings(" ").Replace("              ", "", StringComparison.Ordinal), StringComparison.Ordinal);

        kind = "number";
        var other = await CliProcess.RunAsync(verify);
        Assert.Equal(6, other.ExitCode);
        Assert.Equal("/inputSchema/properties/x/type", (string?)Assert.Single(JsonNode.Parse(other.Output)!["drift"]!["changes"]!.AsArray())!["path"]);
    }

    [Fact]
    public async Task Verify_EditedListOfUnstablePlaces_ChangesWhatIsCompared()
    {
        await using var stub = await StubServer.StartAsync(McpScript.Stateless("echo"));
        var file = _directory.File("stub.snapshot.json");
        await CliProcess.RunAsync("snapshot", $"{stub.Url}/mcp", "-o", file, "--samples", "1");
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(file, text.Replace("\"hashes\":", "\"unstable\": [5], \"hashes\":", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var run = await CliProcess.RunAsync("diff", file, file);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("/unstable/0 is not an object", run.Errors, StringComparison.Ordinal);
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
