using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Cli.Tests.Commands;

/// <summary><c>apply</c> and <c>export</c> against a real head, and against answers that it would not give.</summary>
public sealed class ApplyTests : IDisposable
{
    private const string Key = "k-5f0c1f4a-apply-tests";
    private static readonly Dictionary<string, string> Environment = new() { ["MCPPROBE_API_KEY"] = Key };

    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Apply_ARealHead_PlansAppliesAndExportsWhatChangesNothing()
    {
        await using var head = await HeadProcess.StartAsync(_temp.File("data"), Key);
        var file = await WriteAsync("probes.yaml", """
            defaults: { interval: 1h }
            endpoints:
              - { id: a, url: "http://127.0.0.1:9/mcp", name: "A: first" }
              - { id: b, url: "http://127.0.0.1:9/b" }
            """);

        var dry = await RunAsync("apply", file, "--server", head.Url, "--api-key-env", "MCPPROBE_API_KEY", "--dry-run");
        Assert.Equal(new CliRun(0, "+ a\n+ b\n2 added, 0 changed, 0 restored, 0 archived, 0 unchanged.\nA dry run: nothing was changed.\n", ""), dry);
        var applied = await RunAsync("apply", file, "--server", head.Url, "--api-key-env", "MCPPROBE_API_KEY");
        Assert.Equal(new CliRun(0, "+ a\n+ b\n2 added, 0 changed, 0 restored, 0 archived, 0 unchanged.\nApplied.\n", ""), applied);

        foreach (var name in (string[])["out.yaml", "out.json"])
        {
            var exported = await RunAsync("export", "--server", head.Url, "--api-key-env", "MCPPROBE_API_KEY", "-o", _temp.File(name));
            Assert.Equal(new CliRun(0, $"{_temp.File(name)}: 2 endpoints.\n", ""), exported);
            Assert.Equal(new CliRun(0, $"{_temp.File(name)} is fine: 2 endpoints, 0 channels.\n", ""), await RunAsync("validate", _temp.File(name)));
            var again = await RunAsync("apply", _temp.File(name), "--server", head.Url, "--api-key-env", "MCPPROBE_API_KEY");
            Assert.Equal(new CliRun(0, "0 added, 0 changed, 0 restored, 0 archived, 2 unchanged.\nNothing to change.\n", ""), again);
        }

        var next = await WriteAsync("next.yaml", """
            defaults: { interval: 1h }
            endpoints: [{ id: a, url: "http://127.0.0.1:9/mcp", name: "A: second", conditions: { requireTools: [x] } }]
            """);
        var changed = await RunAsync("apply", next, "--server", head.Url, "--api-key-env", "MCPPROBE_API_KEY");
        Assert.Equal(
            "~ a\n    - name: A: first\n    + name: A: second\n    + conditions: {\"requireTools\":[\"x\"]}\n- b (archived: watched no longer, its history kept)\n"
            + "0 added, 1 changed, 0 restored, 1 archived, 0 unchanged.\nApplied.\n", changed.Output);
        var json = await RunAsync("apply", file, "--server", head.Url, "--api-key-env", "MCPPROBE_API_KEY", "--json", "--dry-run");
        await PublishedSchemas.AssertFitsAsync("applied", json.Output);

        Assert.Equal(3, (await RunAsync("apply", file, "--server", head.Url)).ExitCode);
        Assert.Equal(3, (await RunAsync("export", "--server", head.Url)).ExitCode);
        var empty = await RunAsync("apply", await WriteAsync("empty.yaml", "endpoints: []\n"), "--server", head.Url, "--api-key-env", "MCPPROBE_API_KEY");
        Assert.Equal((1, ""), (empty.ExitCode, empty.Output));
        Assert.Contains("allowEmpty", empty.Errors, StringComparison.Ordinal);
        var refused = await RunAsync("apply", await WriteAsync("command.yaml", "endpoints: [{ id: s, command: [sh] }]\n"), "--server", head.Url, "--api-key-env", "MCPPROBE_API_KEY");
        Assert.Equal((2, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("endpoints[0] (s): command", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_AFileWithMistakes_AsksNobody()
    {
        var asked = false;
        await using var monitor = await StubServer.StartAsync(_ =>
        {
            asked = true;
            return Task.CompletedTask;
        });
        var file = await WriteAsync("wrong.yaml", "endpoints:\n  - { id: A B, url: nowhere }\n");
        var run = await RunAsync("apply", file, "--server", monitor.Url);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Equal(2, run.Errors.Split('\n').Count(line => line.StartsWith(file + ":2:", StringComparison.Ordinal)));
        Assert.False(asked);
        Assert.Equal(2, (await RunAsync("apply", _temp.File("none.yaml"), "--server", monitor.Url)).ExitCode);
    }

    [Theory]
    [InlineData(200, "<h1>welcome</h1>", 1, "but not as McpProbe does")]
    [InlineData(200, "{}", 1, "but not as McpProbe does")]
    [InlineData(302, "", 1, "a redirect")]
    [InlineData(404, "<h1>nothing</h1>", 1, "answered 404 without saying why")]
    [InlineData(409, """{"detail":"This McpProbe has a probes file."}""", 1, "has a probes file")]
    [InlineData(400, """{"detail":"Not valid.","errors":[{"path":"endpoints[0]","message":"No."}]}""", 2, "endpoints[0]: No.")]
    [InlineData(503, """{"detail":"The store is away."}""", 4, "The store is away.")]
    public async Task ApplyAndExport_OtherAnswers_HaveTheirCode(int status, string body, int code, string said)
    {
        await using var monitor = await StubServer.StartAsync(async context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "http://127.0.0.1:9/";
            await context.Response.WriteAsync(body, context.RequestAborted);
        });
        var file = await WriteAsync("probes.yaml", "endpoints: [{ id: a, url: \"https://a.example/mcp\" }]\n");
        foreach (var arguments in (string[][])[["apply", file], ["export"]])
        {
            var run = await RunAsync([.. arguments, "--server", monitor.Url]);
            Assert.Equal((code, ""), (run.ExitCode, run.Output));
            Assert.Contains(said, run.Errors, StringComparison.Ordinal);
        }
    }

    private async Task<string> WriteAsync(string name, string text)
    {
        await File.WriteAllTextAsync(_temp.File(name), text, TestContext.Current.CancellationToken);
        return _temp.File(name);
    }

    private static async Task<CliRun> RunAsync(params string[] arguments)
    {
        using var process = CliProcess.Start(Environment, arguments);
        return await process.EndAsync();
    }
}
