using System.Diagnostics;
using System.Text.Json.Nodes;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Cli.Tests.Commands;

/// <summary><c>mcpprobe explain</c>: what it says of each layer, and that its commands do what it says they do.</summary>
public class ExplainTests
{
    private static readonly string[] All = ["dns", "connect", "authorization", "handshake", "catalog", "conditions"];

    [Fact]
    public async Task Explain_AHealthyServer_ProvesEveryLayerAndNamesTheErasTried()
    {
        await using var server = await StubServer.StartAsync(McpScript.Handshake("echo"));

        var run = await CliProcess.RunAsync("explain", server.Url + "/mcp");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Contains("✔ healthy", run.Output, StringComparison.Ordinal);
        Assert.Contains("POST server/discover -> 400", run.Output, StringComparison.Ordinal);
        Assert.Contains("POST initialize -> 200", run.Output, StringComparison.Ordinal);
        Assert.Contains("1 tool can be read", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("What to do next", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Output);
    }

    /// <summary>Of each outcome: the layer that failed, what of the advice must be there, and check's own exit code.</summary>
    [Theory]
    [InlineData("gone", "connect", "which address and port", 4)]
    [InlineData("401", "authorization", "credentials", 3)]
    [InlineData("404", "handshake", "/sse", 1)]
    [InlineData("503", "handshake", "log", 4)]
    [InlineData("page", "handshake", "browser", 1)]
    [InlineData("no-list", "catalog", "log", 1)]
    [InlineData("missing-tool", "conditions", "eploy", 1)]
    public async Task Explain_AFailure_NamesItsLayerAndWhatToDo(string kind, string layer, string advice, int exitCode)
    {
        await using var server = await StubServer.StartAsync(kind switch
        {
            "401" => Status(401),
            "404" => Status(404),
            "503" => Status(503),
            "page" => context => context.Response.WriteAsync("<html>Welcome"),
            "no-list" => async context =>
            {
                context.Request.EnableBuffering();
                var body = await new StreamReader(context.Request.Body, leaveOpen: true).ReadToEndAsync();
                context.Request.Body.Position = 0;
                await (body.Contains("tools/list", StringComparison.Ordinal)
                    ? context.Response.WriteAsJsonAsync(new { jsonrpc = "2.0", id = 7, error = new { code = -32603, message = "no database" } })
                    : McpScript.Handshake("echo")(context));
            }
            ,
            _ => McpScript.Handshake("echo"),
        });
        var url = kind == "gone" ? $"http://127.0.0.1:{RealServer.FreePort()}/mcp" : server.Url + "/mcp";
        string[] tail = kind == "missing-tool" ? ["--require-tool", "search"] : [];

        var run = await CliProcess.RunAsync(["explain", url, "--output", "json", .. tail]);
        var check = await CliProcess.RunAsync(["check", url, .. tail]);

        Assert.Empty(await PublishedSchemas.MistakesAsync("explanation", run.Output));
        var said = JsonNode.Parse(run.Output)!;
        Assert.Equal((exitCode, exitCode, exitCode), (run.ExitCode, check.ExitCode, (int)said["exitCode"]!));
        var layers = said["layers"]!.AsArray().ToDictionary(each => (string)each!["name"]!, each => (string)each!["status"]!);
        Assert.Equal(All, layers.Keys);
        Assert.Equal([layer], layers.Where(each => each.Value == "failed").Select(each => each.Key));
        Assert.Contains(said["next"]!.AsArray(), step => ((string)step!).Contains(advice, StringComparison.OrdinalIgnoreCase));
        var order = All.ToList();
        Assert.All(layers.Where(each => order.IndexOf(each.Key) > order.IndexOf(layer) && layer != "authorization"), each => Assert.Equal("skipped", each.Value));
    }

    [Fact]
    public async Task Explain_AStdioServer_SaysHowToAskItByHand()
    {
        var run = await CliProcess.RunAsync(["explain", "--stdio", string.Join(' ', RealServers.EverythingStdio), "--env", "MCP_KEY=s3cr3t-value", "--output", "json"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(await PublishedSchemas.MistakesAsync("explanation", run.Output));
        Assert.DoesNotContain("s3cr3t-value", run.Output, StringComparison.Ordinal);
        var command = (string)JsonNode.Parse(run.Output)!["commands"]![0]!["command"]!;
        var answers = await ShellAsync(command.Replace("sleep 5", "sleep 20", StringComparison.Ordinal), new() { ["MCP_KEY"] = "x" }, until: "\"tools\":[");
        Assert.Contains("\"protocolVersion\":\"2025-11-25\"", answers, StringComparison.Ordinal);
    }

    /// <summary>A copied command with a session, a header in quotation marks, a key in the query and a token: the server gets what the probe sent.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commands_InAShell_AskWhatTheProbeAsked(bool stateless)
    {
        var script = stateless ? McpScript.Stateless("echo") : McpScript.Handshake("echo");
        var seen = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var server = await StubServer.StartAsync(async context =>
        {
            context.Request.EnableBuffering();
            var body = await new StreamReader(context.Request.Body, leaveOpen: true).ReadToEndAsync();
            context.Request.Body.Position = 0;
            seen.Enqueue($"{context.Request.Headers.Authorization}|{context.Request.Headers["X-Api-Key"]}|{context.Request.Headers["X-Team"]}|{context.Request.QueryString}|{context.Request.Headers["Mcp-Session-Id"]}|{context.Request.Headers["Mcp-Method"]}|{body}");
            await script(context);
        });
        var environment = new Dictionary<string, string> { ["TOKEN"] = "t0ken-secret", ["KEY"] = "qu3ry-secret" };
        string[] arguments =
        [
            "explain", server.Url + "/mcp?key=qu3ry-secret", "--bearer-env", "TOKEN", "--header", "X-Api-Key=h3ader-s$ecret", "--header", "X-Team=it's \"$HOME\"", "--output", "json",
        ];
        using var process = CliProcess.Start(environment, arguments);
        var run = await process.EndAsync();
        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("secret", run.Output.Replace("${", "", StringComparison.Ordinal), StringComparison.Ordinal);
        var said = JsonNode.Parse(run.Output)!;
        Assert.Equal(["KEY", "TOKEN", "X_API_KEY"], said["variables"]!.AsArray().Select(each => (string)each!));
        var probed = seen.Where(line => line.Contains("tools/list", StringComparison.Ordinal)).Single();
        seen.Clear();

        environment["X_API_KEY"] = "h3ader-s$ecret";
        environment["SESSION"] = stateless ? "" : "session-1";
        foreach (var command in said["commands"]!.AsArray())
            await ShellAsync((string)command!["command"]!, environment);

        Assert.Equal(probed, seen.Single(line => line.Contains("tools/list", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Explain_WrongUsage_IsRefusedAsByCheck()
    {
        var run = await CliProcess.RunAsync("explain");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("URL: there is none", run.Errors, StringComparison.Ordinal);
    }

    private static RequestDelegate Status(int status) => context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    private static async Task<string> ShellAsync(string command, Dictionary<string, string> environment, string? until = null)
    {
        var start = new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var shell = Process.Start(start)!;
        var errors = shell.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = new System.Text.StringBuilder();
        while (await shell.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            output.AppendLine(line);
            if (until is not null && line.Contains(until, StringComparison.Ordinal))
            {
                shell.Kill(entireProcessTree: true);
                break;
            }
        }

        await errors;
        return output.ToString();
    }
}
