using System.Text.Json.Nodes;
using McpProbe.Testing;

namespace McpProbe.Cli.Tests.Commands;

/// <summary><c>mcpprobe drain</c> against a server that ends its sessions in every way, and against a real one that is restarted.</summary>
public sealed class DrainTests
{
    [Fact]
    public async Task Drain_SessionsThatGoOn_Passes_AndLeavesNoneBehind()
    {
        var server = new SessionServer();
        await using var stub = await StubServer.StartAsync(server.AnswerAsync);

        var run = await CliProcess.RunAsync("drain", $"{stub.Url}/mcp", "--for", "1s", "--every", "200ms", "--sessions", "3", "--output", "json");

        var report = await ReadAsync(run);
        Assert.Equal((0, "session", "3/3/0/0/0"), (run.ExitCode, (string?)report["holds"], Counts(report)));
        Assert.Equal(("2025-11-25", "1.0"), ((string?)report["protocolVersion"], (string?)report["after"]!["version"]));
        Assert.Equal(0, server.Held);
    }

    [Theory]
    [InlineData(404, false, 0, "6/3/3/0/0", "proper")]
    [InlineData(404, true, 1, "6/3/3/0/0", "proper")]
    [InlineData(400, false, 1, "6/3/0/3/0", "wrong-error")]
    [InlineData(200, false, 1, "6/3/0/3/0", "wrong-error")]
    [InlineData(500, false, 1, "6/3/0/3/0", "wrong-error")]
    [InlineData(0, false, 1, "6/3/0/3/0", "hang")]
    public async Task Drain_SessionsThatTheDeploymentEnds_AreToldByHow(int unknown, bool strict, int exitCode, string counts, string end)
    {
        var server = new SessionServer { Unknown = unknown };
        await using var stub = await StubServer.StartAsync(server.AnswerAsync);
        // A hang is only known when its time is over; then new sessions are to be opened within the rest.
        var (whole, timeout) = unknown == 0 ? ("12s", "2s") : ("4s", "10s");
        string[] arguments = ["drain", $"{stub.Url}/mcp", "--for", whole, "--every", "200ms", "--sessions", "3", "--timeout", timeout, "--output", "json"];
        using var process = CliProcess.Start(strict ? [.. arguments, "--strict"] : arguments);
        await HeldAsync(server, 3);
        server.Deploy("1.1");

        var run = await process.EndAsync();

        var report = await ReadAsync(run);
        Assert.Equal((exitCode, counts), (run.ExitCode, Counts(report)));
        Assert.All(report["ended"]!.AsArray(), each => Assert.Equal(end, (string?)each!["end"]));
        Assert.Equal(("1.0", "1.1"), ((string?)report["before"]!["version"], (string?)report["after"]!["version"]));
        Assert.Equal(3, run.Errors.Split("mcpprobe drain:").Length - 1);
    }

    /// <summary>Two instances behind a load balancer; one after the other is stopped, and takes its place again with a new release.</summary>
    [Theory]
    [InlineData(404, false, false, 0, "ended")]
    [InlineData(404, false, true, 1, "ended")]
    [InlineData(400, false, false, 1, "cut")]
    [InlineData(400, true, true, 0, null)] // they keep their sessions in a store that both read
    public async Task Drain_RollingRestartOfTwoInstances_IsPassedByThoseThatHandOverOrSayThatItIsOver(int unknown, bool shared, bool strict, int exitCode, string? become)
    {
        var one = new SessionServer { Name = "one", Unknown = unknown };
        SessionServer[] servers = [one, shared ? one : new SessionServer { Name = "two", Unknown = unknown }];
        var instances = new List<StubServer> { await StubServer.StartAsync(servers[0].AnswerAsync), await StubServer.StartAsync(servers[1].AnswerAsync) };
        await using var balancer = await Balancer.StartAsync(instances.Select(instance => instance.Url).ToList());
        string[] arguments = ["drain", $"{balancer.Url}/mcp", "--for", "8s", "--every", "200ms", "--sessions", "4", "--output", "json"];
        using var process = CliProcess.Start(strict ? [.. arguments, "--strict"] : arguments);
        await Eventually.TrueAsync(() => servers.Distinct().Sum(server => server.Asked.Count(asked => asked.Method == "notifications/initialized")) > 4, "the sessions are not held");

        for (var i = 0; i < instances.Count; i++)
        {
            var url = instances[i].Url;
            await instances[i].DisposeAsync();
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
            if (shared)
                servers[i].Version = "1.1";
            else
                servers[i].Deploy("1.1");
            instances[i] = await StubServer.StartAsync(servers[i].AnswerAsync, url);
        }

        var run = await process.EndAsync();

        foreach (var instance in instances)
            await instance.DisposeAsync();
        var report = await ReadAsync(run);
        Assert.True(exitCode == run.ExitCode, run.Output + run.Errors);
        Assert.Equal(4, (int)report["sessions"]!["survived"]!);
        foreach (var count in (string[])["ended", "cut"])
        {
            // Each of the four at least once, and those that went over to the other instance once more.
            if (count == become)
                Assert.InRange((int)report["sessions"]![count]!, 4, 8);
            else
                Assert.Equal(0, (int)report["sessions"]![count]!);
        }

        Assert.Equal(("1.0", "1.1"), ((string?)report["before"]!["version"], (string?)report["after"]!["version"]));
        Assert.Equal(0, servers.Sum(server => server.Held));
    }

    /// <summary>Its session is its stream: nothing is held, and that is no pass.</summary>
    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    [InlineData("junit")]
    public async Task Drain_HttpSse_SaysThatItCannot(string output)
    {
        await using var server = await RealServers.StartAsync("everything-sse");

        var run = await CliProcess.RunAsync("drain", server.Url.AbsoluteUri, "--transport", "sse", "--for", "30s", "--output", output);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("HTTP+SSE", run.Output, StringComparison.Ordinal);
        Assert.Contains("2024-11-05", run.Output + run.Errors, StringComparison.Ordinal);
        if (output == "json")
            Assert.Equal(("nothing", false), ((string?)(await ReadAsync(run))["holds"], (bool)(await ReadAsync(run))["passed"]!));
    }

    [Theory]
    [InlineData(true, 0, "6/3/3/0/0", "proper")]
    [InlineData(false, 1, "6/3/0/3/0", "dropped")]
    public async Task Drain_Streams_EndByAReplyOrAreDropped(bool reply, int exitCode, string counts, string end)
    {
        var server = new SessionServer { Stateless = true };
        await using var stub = await StubServer.StartAsync(server.AnswerAsync);
        using var process = CliProcess.Start("drain", $"{stub.Url}/mcp", "--for", "3s", "--every", "200ms", "--sessions", "3", "--output", "json");
        await HeldAsync(server, 3);
        server.Forget(reply);

        var run = await process.EndAsync();

        var report = await ReadAsync(run);
        Assert.Equal((exitCode, "stream", counts), (run.ExitCode, (string?)report["holds"], Counts(report)));
        Assert.All(report["ended"]!.AsArray(), each => Assert.Equal(end, (string?)each!["end"]));
        Assert.Equal(0, server.Streams);
    }

    [Fact]
    public async Task Drain_InstanceThatIsGoneForAMoment_KeepsItsSessions()
    {
        var server = new SessionServer();
        var stub = await StubServer.StartAsync(server.AnswerAsync);
        var url = stub.Url;
        using var process = CliProcess.Start("drain", $"{url}/mcp", "--for", "4s", "--every", "200ms", "--sessions", "2", "--output", "json");
        await HeldAsync(server, 2);
        await stub.DisposeAsync();
        await Task.Delay(TimeSpan.FromMilliseconds(700), TimeProvider.System, TestContext.Current.CancellationToken);
        await using var again = await StubServer.StartAsync(server.AnswerAsync, url);

        var run = await process.EndAsync();

        var report = await ReadAsync(run);
        Assert.Equal((0, "2/2/0/0/0"), (run.ExitCode, Counts(report)));
        Assert.True((int)report["unanswered"]! > 0);
    }

    [Fact]
    public async Task Drain_ServerThatStaysAway_IsUnreachable()
    {
        var server = new SessionServer();
        var stub = await StubServer.StartAsync(server.AnswerAsync);
        using var process = CliProcess.Start("drain", $"{stub.Url}/mcp", "--for", "3s", "--every", "200ms", "--sessions", "2", "--output", "json");
        await HeldAsync(server, 2);
        await stub.DisposeAsync();

        var run = await process.EndAsync();

        var report = await ReadAsync(run);
        Assert.Equal((4, "2/0/0/0/2", "refused"), (run.ExitCode, Counts(report), (string?)report["failure"]!["kind"]));
    }

    [Theory]
    [InlineData(503, 4)]
    [InlineData(401, 3)]
    public async Task Drain_ServerThatIsNotWellBefore_HoldsNothing(int status, int exitCode)
    {
        await using var stub = await StubServer.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        var run = await CliProcess.RunAsync("drain", $"{stub.Url}/mcp", "--for", "30s", "--output", "json");

        Assert.Equal((exitCode, "0/0/0/0/0"), (run.ExitCode, Counts(await ReadAsync(run))));
    }

    [Fact]
    public async Task Drain_ServerWithoutSessions_SaysThatNothingCanBeCut()
    {
        await using var stub = await StubServer.StartAsync(new SessionServer { Opening = 0 }.AnswerAsync);

        var run = await CliProcess.RunAsync("drain", $"{stub.Url}/mcp", "--for", "30s");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("each request stands alone, so no session can be cut", run.Output, StringComparison.Ordinal);
        Assert.Contains("each request stands alone, so no session can be cut", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drain_Interrupted_GivesTheResultSoFar()
    {
        var server = new SessionServer { Unknown = 400 };
        await using var stub = await StubServer.StartAsync(server.AnswerAsync);
        using var process = CliProcess.Start("drain", $"{stub.Url}/mcp", "--for", "300s", "--every", "200ms", "--sessions", "2", "--output", "json");
        await HeldAsync(server, 2);
        server.Forget();
        await HeldAsync(server, 4);
        process.Signal(PosixSignalNumber.Interrupt);

        var run = await process.EndAsync();

        var report = await ReadAsync(run);
        Assert.Equal((130, true, 2), (run.ExitCode, (bool)report["interrupted"]!, (int)report["sessions"]!["cut"]!));
        Assert.Equal(0, server.Held);
    }

    [Theory]
    [InlineData("--sessions: '0' is not a number from 1 to 1000.", "--sessions", "0")]
    [InlineData("--sessions: '1001' is not a number from 1 to 1000.", "--sessions", "1001")]
    [InlineData("--every: it is shorter than 100ms", "--every", "99ms")]
    [InlineData("--for: it is no time", "--for", "0s")]
    [InlineData("--for: 'soon' is not a time", "--for", "soon")]
    public async Task Drain_Mistakes_AreSaid(string mistake, params string[] arguments)
    {
        var run = await CliProcess.RunAsync(["drain", "http://127.0.0.1:9/mcp", .. arguments]);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(mistake, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drain_Command_HasNoSessionThatADeploymentCouldCut()
    {
        var run = await CliProcess.RunAsync("drain", "--stdio", "node server.js");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--stdio: a command is started for this run", run.Errors, StringComparison.Ordinal);
    }

    /// <summary>server-everything keeps its sessions in memory, and answers 400 for those that it does not know.</summary>
    [Fact]
    public async Task Drain_RealServerThatIsRestarted_CutsItsSessions()
    {
        var server = await RealServers.StartAsync("everything");
        var port = server.Port;
        using var process = CliProcess.Start("drain", server.Url.AbsoluteUri, "--for", "12s", "--every", "500ms", "--sessions", "4", "--output", "json");
        await Task.Delay(TimeSpan.FromSeconds(4), TimeProvider.System, TestContext.Current.CancellationToken);
        await server.DisposeAsync();
        await using var again = await RealServers.StartAsync("everything", port);

        var run = await process.EndAsync();

        var report = await ReadAsync(run);
        Assert.True((1, 4) == (run.ExitCode, (int)report["sessions"]!["cut"]!), run.Output + run.Errors);
        Assert.All(report["ended"]!.AsArray(), each => Assert.StartsWith("HTTP 400", (string)each!["detail"]!, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("everything", "session")]
    [InlineData("playwright", "session")]
    [InlineData("context7", "nothing")] // It gives no more subscriptions: its limit is reached.
    [InlineData("mcp-proxy", "stream")]
    public async Task Drain_RealServerThatIsLeftAlone_Passes(string name, string holds)
    {
        await using var server = await RealServers.StartAsync(name);

        var run = await CliProcess.RunAsync("drain", server.Url.AbsoluteUri, "--for", "4s", "--every", "500ms", "--sessions", "3", "--timeout", "30s", "--output", "json");

        var report = await ReadAsync(run);
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
        Assert.Equal((holds, holds == "nothing" ? "0/0/0/0/0" : "3/3/0/0/0"), ((string?)report["holds"], Counts(report)));
    }

    /// <summary>The first session is that of the probe before.</summary>
    private static Task HeldAsync(SessionServer server, int count) => Eventually.TrueAsync(
        () => server.Stateless ? server.Streams >= count : server.Asked.Count(asked => asked.Method == "notifications/initialized") > count, "the sessions are not held");

    private static string Counts(JsonNode report) =>
        string.Join('/', new[] { "opened", "survived", "ended", "cut", "unknown" }.Select(key => $"{report["sessions"]![key]}"));

    private static async Task<JsonNode> ReadAsync(CliRun run)
    {
        Assert.True(run.Output.Length > 0, run.Errors);
        Assert.Empty(await PublishedSchemas.MistakesAsync("drain", run.Output));
        return JsonNode.Parse(run.Output)!;
    }
}
