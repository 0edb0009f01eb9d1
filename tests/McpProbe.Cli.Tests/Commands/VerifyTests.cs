using System.Text.Json.Nodes;
using System.Xml.Linq;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;
using Endpoint = McpProbe.Endpoints.Endpoint;

namespace McpProbe.Cli.Tests.Commands;

public sealed class VerifyTests : IDisposable
{
    private const string Described = """{"name":"add","description":"Adds up.","inputSchema":{"type":"object"}}""";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>What was deployed on a baseline of the tools echo and add, the options, the exit code, and the checks that fail.</summary>
    public static TheoryData<string, string, int, string> Deployments => new()
    {
        { "same", "", 0, "" },
        { "removed", "", 6, "drift" },
        { "described", "", 0, "" },
        { "described", "--fail-on=warning", 6, "drift" },
        { "added", "--fail-on=warning", 0, "" },
        { "added", "--fail-on=info", 6, "drift" },
        { "empty", "", 1, "conditions drift" },
        { "removed", "--require-tool=search", 1, "conditions drift" },
        { "refuses", "", 8, "protocol" },
        { "refuses", "--protocol=2026-07-28", 0, "" },
        { "refuses", "--protocol=2025-06-18", 1, "handshake" },
        { "same", "--expect-protocol=2025-06-18", 1, "protocol" },
        { "401", "", 3, "handshake" },
        { "503", "", 4, "handshake" },
        { "closed", "", 4, "handshake" },
        { "same", "--header=X-Key=${env:MCPPROBE_TEST_UNSET}", 2, "handshake" },
    };

    [Theory]
    [MemberData(nameof(Deployments))]
    public async Task Verify_EachDeployment_ExitsWithItsCodeAndShowsEveryCheck(string deployed, string option, int exitCode, string failed)
    {
        await using var stub = await StubServer.StartAsync(AnswersOf(deployed));
        var baseline = await TakeBaselineAsync();
        var url = $"{stub.Url}/mcp";
        if (deployed == "closed")
            await stub.DisposeAsync();

        var run = await CliProcess.RunAsync([.. Verify(url, baseline), "--output", "json", "--samples", "2", .. option.Length == 0 ? Array.Empty<string>() : [option]]);

        Assert.Equal((exitCode, ""), (run.ExitCode, run.Errors));
        await PublishedSchemas.AssertFitsAsync("verify", run.Output);
        var gate = JsonNode.Parse(run.Output)!;
        Assert.Equal((exitCode == 0, exitCode), ((bool)gate["passed"]!, (int)gate["exitCode"]!));
        Assert.Equal(
            ["baseline", "handshake", "protocol", "catalog", "conditions", "drift", "findings", "smoke", "latency", "certificate"],
            gate["checks"]!.AsArray().Select(check => (string?)check!["name"]));
        Assert.Equal(failed, string.Join(' ', Of(gate, "failed")));
        Assert.Equal(url, (string?)gate["result"]!["target"]);
    }

    [Fact]
    public async Task Verify_SlowHandshake_IsALatencyRegression()
    {
        await using var stub = await StubServer.StartAsync(async context =>
        {
            // Longer than any noise of a loaded machine.
            if (context.Request.Method == "POST")
                await Task.Delay(TimeSpan.FromMilliseconds(700), TimeProvider.System, context.RequestAborted);
            await McpScript.Handshake("echo", "add")(context);
        });
        var baseline = await TakeBaselineAsync(handshakeMs: 2);

        var run = await CliProcess.RunAsync([.. Verify($"{stub.Url}/mcp", baseline), "--samples", "5", "--output", "json"]);

        Assert.Equal(7, run.ExitCode);
        Assert.Equal(["latency"], Of(JsonNode.Parse(run.Output)!, "failed"));
        Assert.Contains("against the baseline's p95 of 2.0 ms (20 samples)", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"content":[{"type":"text","text":"3 found"}]}""", 0, "passed")]
    [InlineData("""{"content":[{"type":"text","text":"no index"}],"isError":true}""", 5, "failed")]
    public async Task Verify_SmokeCall_IsMadeOnceAndDecides(string result, int exitCode, string status)
    {
        var calls = 0;
        await using var stub = await StubServer.StartAsync(async context =>
        {
            context.Request.EnableBuffering();
            var request = context.Request.Method == "POST" ? await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted) : null;
            context.Request.Body.Position = 0;
            if ((string?)request?["method"] != "tools/call")
            {
                await McpScript.Handshake("echo", "add")(context);
                return;
            }

            Interlocked.Increment(ref calls);
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync($$"""{"jsonrpc":"2.0","id":{{request["id"]!.ToJsonString()}},"result":{{result}}}""", context.RequestAborted);
        });
        var baseline = await TakeBaselineAsync();

        var run = await CliProcess.RunAsync([.. Verify($"{stub.Url}/mcp", baseline), "--samples", "2", "--smoke-tool", "echo", "--output", "json"]);

        Assert.Equal((exitCode, 1), (run.ExitCode, calls));
        Assert.Contains("smoke", Of(JsonNode.Parse(run.Output)!, status));
    }

    [Fact]
    public async Task Verify_OutsideABudget_WarnsUnlessStrict()
    {
        await using var stub = await StubServer.StartAsync(async context =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, context.RequestAborted);
            await McpScript.Handshake("echo", "add")(context);
        });
        var baseline = await TakeBaselineAsync();
        string[] arguments = [.. Verify($"{stub.Url}/mcp", baseline), "--samples", "1", "--budget", "catalog=1ms", "--output", "json"];

        var lenient = await CliProcess.RunAsync(arguments);
        var strict = await CliProcess.RunAsync([.. arguments, "--strict"]);

        Assert.Equal((0, 1), (lenient.ExitCode, strict.ExitCode));
        Assert.Equal(["conditions"], Of(JsonNode.Parse(lenient.Output)!, "warned"));
        Assert.Equal(["conditions"], Of(JsonNode.Parse(strict.Output)!, "failed"));
    }

    [Fact]
    public async Task Verify_HardFinding_FailsUnlessTheBaselineHasIt()
    {
        const string poisoned = """{"name":"echo","description":"Echoes.\u200b\u200b","inputSchema":{"type":"object"}}""";
        const string clean = """{"name":"echo","description":"Echoes.","inputSchema":{"type":"object"}}""";
        await using var before = await StubServer.StartAsync(McpScript.Handshake(clean));
        await using var stub = await StubServer.StartAsync(McpScript.Handshake(poisoned));
        var ofClean = await Baselines.TakeAsync($"{before.Url}/mcp", _directory.File("clean.json"));
        var ofPoisoned = await Baselines.TakeAsync($"{stub.Url}/mcp", _directory.File("poisoned.json"));

        var fresh = await CliProcess.RunAsync([.. Verify($"{stub.Url}/mcp", ofClean), "--samples", "1", "--output", "json"]);
        var accepted = await CliProcess.RunAsync([.. Verify($"{stub.Url}/mcp", ofPoisoned), "--samples", "1", "--output", "json"]);
        var files = await CliProcess.RunAsync("diff", ofClean, ofPoisoned, "--output", "json");

        Assert.Equal((6, 0, 6), (fresh.ExitCode, accepted.ExitCode, files.ExitCode));
        Assert.Equal(["findings"], Of(JsonNode.Parse(fresh.Output)!, "failed"));
        Assert.Equal(["warning"], JsonNode.Parse(files.Output)!["changes"]!.AsArray().Select(change => (string?)change!["class"]));
        Assert.NotEmpty(JsonNode.Parse(files.Output)!["findings"]!.AsArray());
        Assert.Empty(JsonNode.Parse(accepted.Output)!["drift"]!["findings"]!.AsArray());
    }

    [Fact]
    public async Task Verify_NoBaseline_JudgesTheRestAndSaysWhatToType()
    {
        await using var stub = await StubServer.StartAsync(McpScript.Handshake("echo"));
        var file = _directory.File("missing.json");

        var run = await CliProcess.RunAsync([.. Verify($"{stub.Url}/mcp", file), "--output", "json"]);

        var gate = JsonNode.Parse(run.Output)!;
        Assert.Equal(8, run.ExitCode);
        Assert.Equal(["baseline"], Of(gate, "failed"));
        Assert.Equal(["handshake", "protocol", "catalog", "conditions", "findings"], Of(gate, "passed"));
        Assert.Contains($"make it with 'mcpprobe snapshot {stub.Url}/mcp -o {file}'", (string?)gate["checks"]![0]!["detail"], StringComparison.Ordinal);
        Assert.False((bool)gate["drift"]!["comparable"]!);
    }

    [Theory]
    [InlineData("\"formula\": 1", "\"formula\": 2", 8, "a snapshot of formula 2, and this version reads formula 1; take a new one")]
    [InlineData("\"hashes\"", "", 2, "not valid JSON (line ")]
    [InlineData("\"Does echo.\"", "\"Does much.\"", 2, "its content does not match /hashes/hash, /hashes/text")]
    [InlineData("\"p95\": 60000", "\"p95\": null", 2, "/latency/handshakeMs/p95 is not a number")]
    public async Task Verify_BaselineThatCannotBeUsed_NamesThePlace(string from, string to, int exitCode, string message)
    {
        await using var stub = await StubServer.StartAsync(McpScript.Handshake("echo", "add"));
        var file = await TakeBaselineAsync();
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.Contains(from, text, StringComparison.Ordinal);
        // Nothing in its place stands for a file that was cut there.
        var at = text.IndexOf(from, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, to.Length == 0 ? text[..at] : text[..at] + to + text[(at + from.Length)..], TestContext.Current.CancellationToken);

        var run = await CliProcess.RunAsync([.. Verify($"{stub.Url}/mcp", file)]);

        // Words that are wrapped for people are compared as one line.
        var said = string.Join(' ', (run.Output + run.Errors).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(message, said, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileName(file), said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_Wait_OutlastsADeploymentThatIsStillStarting()
    {
        var asked = 0;
        await using var stub = await StubServer.StartAsync(context =>
        {
            if (Interlocked.Increment(ref asked) > 2)
                return McpScript.Handshake("echo", "add")(context);
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        });
        var baseline = await TakeBaselineAsync();

        var run = await CliProcess.RunAsync([.. Verify($"{stub.Url}/mcp", baseline), "--samples", "1", "--wait", "50s"]);

        Assert.Equal(0, run.ExitCode);
        var waits = run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, waits.Length);
        Assert.All(waits, line => Assert.StartsWith($"mcpprobe verify: {stub.Url}/mcp: waiting for it to work: http-status: ", line, StringComparison.Ordinal));
        Assert.All(waits, line => Assert.Equal(2, line.Split("HTTP 503").Length));
    }

    [Fact]
    public async Task Verify_WaitForWhatCannotHeal_EndsAtOnce()
    {
        await using var stub = await StubServer.StartAsync(McpScript.Handshake("echo"));
        var baseline = await TakeBaselineAsync();

        var run = await CliProcess.RunAsync([.. Verify($"{stub.Url}/mcp", baseline), "--header", "X-Key=${env:MCPPROBE_TEST_UNSET}", "--wait", "50s"]);

        Assert.Equal((2, ""), (run.ExitCode, run.Errors));
    }

    [Fact]
    public async Task Verify_CatalogueThatVariesByConnection_Fails()
    {
        var connections = 0;
        await using var stub = await StubServer.StartAsync(context =>
            McpScript.Stateless(Interlocked.Increment(ref connections) > 4 ? "late" : "early")(context));
        await using var before = await StubServer.StartAsync(McpScript.Stateless("early"));
        var baseline = await Baselines.TakeAsync($"{before.Url}/mcp", _directory.File("baseline.json"));

        var run = await CliProcess.RunAsync([.. Verify($"{stub.Url}/mcp", baseline), "--samples", "3", "--output", "json"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["catalog"], Of(JsonNode.Parse(run.Output)!, "failed"));
    }

    [Fact]
    public async Task Verify_InstanceThatFailsNowAndThen_Fails()
    {
        var asked = 0;
        await using var stub = await StubServer.StartAsync(context =>
        {
            if (Interlocked.Increment(ref asked) < 6)
                return McpScript.Stateless("echo")(context);
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        });
        await using var before = await StubServer.StartAsync(McpScript.Stateless("echo"));
        var baseline = await Baselines.TakeAsync($"{before.Url}/mcp", _directory.File("baseline.json"));

        var run = await CliProcess.RunAsync([.. Verify($"{stub.Url}/mcp", baseline), "--samples", "9", "--output", "json"]);

        Assert.Equal(4, run.ExitCode);
        Assert.Equal(["latency"], Of(JsonNode.Parse(run.Output)!, "failed"));
    }

    [Theory]
    [InlineData("everything", "2025-11-25")]
    [InlineData("mcp-proxy", "2026-07-28")]
    [InlineData("context7", "2026-07-28")]
    public async Task Verify_RealServerAgainstItself_PassesWithTheOfficialClientToo(string name, string version)
    {
        await using var server = await RealServers.StartAsync(name);
        var baseline = await Baselines.TakeAsync(server.Url.AbsoluteUri, _directory.File("baseline.json"));

        var run = await CliProcess.RunAsync([.. Verify(server.Url.AbsoluteUri, baseline), "--timeout", "30s", "--samples", "2", "--client", "sdk", "--output", "json"]);

        var gate = JsonNode.Parse(run.Output)!;
        Assert.True(run.ExitCode == 0, run.Output);
        Assert.Equal(version, (string?)gate["result"]!["protocolVersion"]);
        Assert.Contains("client-sdk", Of(gate, "passed"));
    }

    [Fact]
    public async Task Verify_RealStdioServerAgainstItself_PassesWithTheOfficialClientToo()
    {
        var baseline = await Baselines.TakeAsync(new Endpoint { Id = "stdio", Command = RealServers.EverythingStdio }, _directory.File("baseline.json"));

        var run = await CliProcess.RunAsync(
            "verify", "--stdio", string.Join(' ', RealServers.EverythingStdio), "--baseline", baseline,
            "--timeout", "30s", "--samples", "1", "--client", "sdk", "--output", "json");

        Assert.True(run.ExitCode == 0, run.Output);
        Assert.Contains("client-sdk", Of(JsonNode.Parse(run.Output)!, "passed"));
    }

    [Fact]
    public async Task Verify_SomeToolsUnusable_FailsWithoutStrictToo()
    {
        await using var stub = await StubServer.StartAsync(McpScript.Handshake("echo", """{"name":"odd","inputSchema":{}}"""));
        var baseline = await Baselines.TakeAsync($"{stub.Url}/mcp", _directory.File("baseline.json"));
        string[] arguments = [.. Verify($"{stub.Url}/mcp", baseline), "--samples", "1", "--output", "json"];

        var run = await CliProcess.RunAsync(arguments);
        var allowed = await CliProcess.RunAsync([.. arguments, "--allow-unusable-tools"]);

        Assert.Equal((1, 0), (run.ExitCode, allowed.ExitCode));
        Assert.Equal(["conditions"], Of(JsonNode.Parse(run.Output)!, "failed"));
        Assert.Contains("in the tool 'odd', /inputSchema/type is missing", run.Output, StringComparison.Ordinal);
        Assert.Equal(["echo", "odd"], JsonNode.Parse(run.Output)!["result"]!["catalog"]!["names"]!.AsArray().Select(name => (string?)name));
    }

    // In a session of its own, without its environment, and an orphan of an orphan.
    [Fact]
    public async Task Verify_ServerThatSpawnsWhatDetachesItself_LeavesNoProcessBehind()
    {
        var mark = $"mcpprobe-left-behind-{Guid.NewGuid():N}";
        var script = _directory.File("spawns.mjs");
        await File.WriteAllTextAsync(script, $$"""
            import { spawn } from 'node:child_process';
            import { createInterface } from 'node:readline';
            const stays = 'setTimeout(() => {}, 600000)';
            const detach = { detached: true, stdio: 'ignore' };
            spawn(process.execPath, ['-e', stays, '{{mark}}'], detach).unref();
            spawn(process.execPath, ['-e', stays, '{{mark}}'], { ...detach, env: {} }).unref();
            spawn(process.execPath, ['-e', `require('child_process').spawn(process.execPath, ['-e', '${stays}', '{{mark}}'], { detached: true, stdio: 'ignore', env: {} }).unref()`], { ...detach, env: {} }).unref();
            createInterface({ input: process.stdin }).on('line', line => {
              const { id, method } = JSON.parse(line);
              if (id === undefined) return;
              const answer = method === 'initialize' ? { result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'spawns', version: '1' } } }
                : method === 'tools/list' ? { result: { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] } }
                : { error: { code: -32601, message: 'Method not found' } };
              // Late enough for everything to have started.
              setTimeout(() => console.log(JSON.stringify({ jsonrpc: '2.0', id, ...answer })), 300);
            });
            """, TestContext.Current.CancellationToken);
        var baseline = await Baselines.TakeAsync(new Endpoint { Id = "stdio", Command = ["node", script] }, _directory.File("baseline.json"));
        // What that probe left behind is not what is asked about.
        foreach (var left in Marked(mark))
            left.Kill();

        var run = await CliProcess.RunAsync(
            "verify", "--stdio", $"node {script}", "--baseline", baseline, "--timeout", "30s", "--samples", "1", "--client", "sdk", "--output", "json");

        Assert.Contains("client-sdk", Of(JsonNode.Parse(run.Output)!, "passed"));
        Assert.Empty(Marked(mark).Select(left => left.Id));
    }

    private static List<System.Diagnostics.Process> Marked(string mark)
    {
        return [.. System.Diagnostics.Process.GetProcesses().Where(HasMark)];

        bool HasMark(System.Diagnostics.Process process)
        {
            try
            {
                return File.ReadAllText($"/proc/{process.Id}/cmdline").Contains(mark, StringComparison.Ordinal);
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task Verify_CatalogueThatTheOfficialClientRejects_FailsItsOpinionAndTheCondition()
    {
        // A schema without "type": "object" makes the client refuse the whole list.
        await using var stub = await StubServer.StartAsync(McpScript.Handshake("""{"name":"odd","inputSchema":{"type":"string"}}"""));
        var baseline = await Baselines.TakeAsync($"{stub.Url}/mcp", _directory.File("baseline.json"));

        var run = await CliProcess.RunAsync([.. Verify($"{stub.Url}/mcp", baseline), "--samples", "1", "--client", "sdk", "--output", "json"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["conditions", "client-sdk"], Of(JsonNode.Parse(run.Output)!, "failed"));
    }

    [Fact]
    public async Task Verify_OfficialClient_SendsTheHeadersToTheEndpointOnly()
    {
        var seen = new List<string>();
        await using var stub = await StubServer.StartAsync(context =>
        {
            lock (seen)
                seen.Add(context.Request.Headers["X-Api-Key"].ToString());
            return McpScript.Handshake("echo", "add")(context);
        });
        var baseline = await TakeBaselineAsync();

        var run = await CliProcess.RunAsync([.. Verify($"{stub.Url}/mcp", baseline), "--samples", "1", "--client", "sdk", "--header", "X-Api-Key=not-shown"]);

        Assert.Equal(0, run.ExitCode);
        Assert.All(seen, key => Assert.Equal("not-shown", key));
        Assert.DoesNotContain("not-shown", run.Output + run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_OutputFormats_TellTheSame()
    {
        await using var stub = await StubServer.StartAsync(AnswersOf("removed"));
        var baseline = await TakeBaselineAsync();
        string[] arguments = [.. Verify($"{stub.Url}/mcp", baseline), "--samples", "1", "--output"];
        var summary = _directory.File("summary.md");

        var text = await CliProcess.RunAsync([.. arguments, "text"]);
        var junit = await CliProcess.RunAsync([.. arguments, "junit"]);
        var sarif = await CliProcess.RunAsync([.. arguments, "sarif"]);
        using var process = CliProcess.Start(new Dictionary<string, string> { ["GITHUB_STEP_SUMMARY"] = summary }, [.. arguments, "github"]);
        var github = await process.EndAsync();

        Assert.All([text, junit, sarif, github], run => Assert.Equal((6, ""), (run.ExitCode, run.Errors)));
        Assert.StartsWith($"✘ failed  {stub.Url}/mcp  (exit code 6)\n\n  ✔ baseline     ", text.Output, StringComparison.Ordinal);
        Assert.Equal("1", XDocument.Parse(junit.Output).Root!.Element("testsuite")!.Attribute("failures")!.Value);
        var results = JsonNode.Parse(sarif.Output)!["runs"]![0]!["results"]!.AsArray();
        Assert.Equal("drift/tool-removed", (string?)Assert.Single(results)!["ruleId"]);
        Assert.Contains("\n::error file=", github.Output, StringComparison.Ordinal);
        Assert.Contains("title=breaking%3A tool-removed::add: The tool 'add' is gone", github.Output, StringComparison.Ordinal);
        Assert.StartsWith("### ❌ mcpprobe verify failed with exit code 6\n", await File.ReadAllTextAsync(summary, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mcpprobe verify: --baseline: there is none; name the accepted snapshot.", "http://127.0.0.1:1/mcp")]
    [InlineData("mcpprobe verify: --client: 'inspector' is no client; write sdk.", "http://127.0.0.1:1/mcp", "--baseline", "x", "--client", "inspector")]
    [InlineData("mcpprobe verify: --fail-on: 'unknown' is no class of changes; write breaking, warning or info.", "http://127.0.0.1:1/mcp", "--baseline", "x", "--fail-on", "unknown")]
    [InlineData("mcpprobe verify: --wait: 'long' is not a time; write one such as 90s or 2m.", "http://127.0.0.1:1/mcp", "--baseline", "x", "--wait", "long")]
    [InlineData("mcpprobe verify: --output: 'xml' is no format; write text, json, junit, sarif or github.", "http://127.0.0.1:1/mcp", "--baseline", "x", "--output", "xml")]
    public async Task Verify_OneMistake_NamesJustThat(string mistake, params string[] arguments)
    {
        var run = await CliProcess.RunAsync(["verify", .. arguments]);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Equal([mistake, "Run 'mcpprobe verify --help' to see what it takes."], run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private async Task<string> TakeBaselineAsync(double handshakeMs = Baselines.Slow)
    {
        await using var before = await StubServer.StartAsync(McpScript.Handshake("echo", "add"));
        return await Baselines.TakeAsync($"{before.Url}/mcp", _directory.File("baseline.json"), handshakeMs);
    }

    private static string[] Verify(string url, string baseline) => ["verify", url, "--baseline", baseline];

    private static IEnumerable<string> Of(JsonNode gate, string status) =>
        gate["checks"]!.AsArray().Where(check => (string?)check!["status"] == status).Select(check => (string)check!["name"]!);

    private static RequestDelegate AnswersOf(string deployed) => deployed switch
    {
        "same" => McpScript.Handshake("echo", "add"),
        "removed" => McpScript.Handshake("echo"),
        "described" => McpScript.Handshake("echo", Described),
        "added" => McpScript.Handshake("echo", "add", "zip"),
        "empty" => McpScript.Handshake(),
        "refuses" => McpScript.Stateless("echo", "add"),
        "closed" => _ => Task.CompletedTask,
        _ => context =>
        {
            context.Response.StatusCode = int.Parse(deployed, System.Globalization.CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        }
        ,
    };
}
