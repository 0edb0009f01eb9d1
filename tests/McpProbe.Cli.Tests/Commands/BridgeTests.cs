using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Cli.Tests.Commands;

/// <summary>The bridge as a platform sees it: a process that is asked by GET and ended by SIGTERM.</summary>
public class BridgeTests
{
    [Theory]
    [InlineData("healthy", 200, 200, 200)]
    [InlineData("empty", 503, 503, 200)]
    [InlineData("401", 503, 503, 200)]
    [InlineData("503", 503, 503, 503)]
    [InlineData("html", 503, 503, 503)]
    public async Task Get_EachCheck_AnswersForTheServer(string server, int startup, int ready, int live)
    {
        await using var stub = await StubServer.StartAsync(server switch
        {
            "healthy" => McpScript.Handshake("echo"),
            "empty" => McpScript.Handshake(),
            "html" => context => context.Response.WriteAsync("<p>hello</p>", context.RequestAborted),
            _ => Status(int.Parse(server, System.Globalization.CultureInfo.InvariantCulture)),
        });
        await using var bridge = await Bridge.StartAsync(stub.Url);

        Assert.Equal(
            (startup, ready, live),
            ((await bridge.GetAsync("/startup")).Status, (await bridge.GetAsync("/ready")).Status, (await bridge.GetAsync("/live")).Status));
    }

    [Fact]
    public async Task Live_CredentialsRefused_IsAlive()
    {
        await using var stub = await StubServer.StartAsync(Status(401));
        await using var bridge = await Bridge.StartAsync(stub.Url, "--header", "X-Api-Key=old-key");

        var (ready, live) = (await bridge.GetAsync("/ready"), await bridge.GetAsync("/live"));

        Assert.Equal((503, "auth-failed"), (ready.Status, (string?)ready.Body["kind"]));
        Assert.Equal((200, "auth-failed"), (live.Status, (string?)live.Body["kind"]));
    }

    [Fact]
    public async Task Get_Answer_SaysWhatItKnows()
    {
        await using var stub = await StubServer.StartAsync(McpScript.Handshake("echo", "add"));
        await using var bridge = await Bridge.StartAsync(stub.Url);

        var (_, well) = await bridge.GetAsync("/ready");
        await stub.DisposeAsync();
        await Eventually.TrueAsync(async () => (await bridge.GetAsync("/ready")).Status == 503, "not ready");
        var (_, failing) = await bridge.GetAsync("/ready");

        Assert.Equal(("ok", "healthy", 2), ((string?)well["status"], (string?)well["verdict"], (int?)well["tools"]));
        Assert.Equal(("failing", "down", "refused"), ((string?)failing["status"], (string?)failing["verdict"], (string?)failing["kind"]));
        Assert.Contains("refused the connection", (string?)failing["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_ManyAtOnce_ShareOneProbe()
    {
        var (initialized, open) = (0, new TaskCompletionSource());
        var script = McpScript.Handshake("echo");
        await using var stub = await StubServer.StartAsync(async context =>
        {
            if (context.Request.Headers["Mcp-Session-Id"].Count == 0)
            {
                Interlocked.Increment(ref initialized);
                await open.Task;
            }

            await script(context);
        });
        await using var bridge = await Bridge.StartAsync(stub.Url, "--hold", "1m");

        var asked = Enumerable.Range(0, 20).Select(_ => bridge.GetAsync("/ready")).ToList();
        await Eventually.TrueAsync(() => Volatile.Read(ref initialized) > 0, "the server is asked");
        open.SetResult();

        Assert.All(await Task.WhenAll(asked), answer => Assert.Equal(200, answer.Status));
        await bridge.GetAsync("/ready");
        // server/discover and initialize, once each.
        Assert.Equal(2, initialized);
    }

    [Fact]
    public async Task Startup_OnceWell_IsRemembered()
    {
        var down = true;
        var script = McpScript.Stateless("echo");
        await using var stub = await StubServer.StartAsync(context => down ? Status(503)(context) : script(context));
        await using var bridge = await Bridge.StartAsync(stub.Url);

        Assert.Equal(503, (await bridge.GetAsync("/startup")).Status);
        down = false;
        await Eventually.TrueAsync(async () => (await bridge.GetAsync("/startup")).Status == 200, "started");
        down = true;
        await Eventually.TrueAsync(async () => (await bridge.GetAsync("/ready")).Status == 503, "not ready");
        Assert.Equal(200, (await bridge.GetAsync("/startup")).Status);
    }

    [Fact]
    public async Task Terminate_Bridge_IsNotReadyWhileItDrains()
    {
        await using var stub = await StubServer.StartAsync(McpScript.Handshake("echo"));
        await using var bridge = await Bridge.StartAsync(stub.Url, "--drain", "3s");
        Assert.Equal(200, (await bridge.GetAsync("/ready")).Status);

        bridge.Process.Signal(PosixSignalNumber.Terminate);

        await Eventually.TrueAsync(async () => await bridge.GetAsync("/ready") is (503, var body) && (string?)body["status"] == "stopping", "draining");
        Assert.Equal(200, (await bridge.GetAsync("/live")).Status);
        var run = await bridge.Process.EndAsync();
        Assert.Equal(143, run.ExitCode);
        Assert.Contains("ending in 3s", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_AnythingElse_IsRefused()
    {
        await using var stub = await StubServer.StartAsync(McpScript.Handshake("echo"));
        await using var bridge = await Bridge.StartAsync(stub.Url);

        Assert.Equal(404, (await bridge.GetAsync("/health")).Status);
        using var posted = await bridge.Client.PostAsync("/ready", null, TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "GET, HEAD"), (posted.StatusCode, string.Join(", ", posted.Content.Headers.Allow)));
        using var head = await bridge.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/ready"), TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, ""), (head.StatusCode, await head.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
    }

    [Theory]
    [InlineData("bridge", "URL: there is none")]
    [InlineData("bridge --target http://127.0.0.1:1/mcp http://127.0.0.1:2/mcp", "there are 2 of them")]
    [InlineData("bridge http://127.0.0.1:1/mcp --listen nowhere", "--listen: 'nowhere' is not an address to listen on")]
    [InlineData("bridge http://127.0.0.1:1/mcp --hold soon --drain 5", "--hold: 'soon'", "--drain: '5'")]
    public async Task Bridge_BadOptions_AreAllNamed(string arguments, params string[] mistakes)
    {
        var run = await CliProcess.RunAsync(arguments.Split(' '));

        Assert.Equal(2, run.ExitCode);
        Assert.All(mistakes, mistake => Assert.Contains(mistake, run.Errors, StringComparison.Ordinal));
    }

    // What is listened on, as a pattern of the port; by which hosts it answers; and by which it does not.
    [Theory]
    [InlineData("[::]:$", new[] { "127.0.0.1", "[::1]" }, new string[0], "[::]:$ (all addresses, IPv4 and IPv6)")]
    [InlineData(":$", new[] { "127.0.0.1", "[::1]" }, new string[0], "[::]:$ (all addresses, IPv4 and IPv6)")]
    [InlineData("$", new[] { "127.0.0.1", "[::1]" }, new string[0], "[::]:$ (all addresses, IPv4 and IPv6)")]
    [InlineData("*:$", new[] { "127.0.0.1", "[::1]" }, new string[0], "[::]:$ (all addresses, IPv4 and IPv6)")]
    [InlineData("localhost:$", new[] { "127.0.0.1", "[::1]" }, new string[0], "127.0.0.1:$ and [::1]:$")]
    [InlineData("[::1]:$", new[] { "[::1]" }, new[] { "127.0.0.1" }, "[::1]:$")]
    [InlineData("::1:$", new[] { "[::1]" }, new[] { "127.0.0.1" }, "[::1]:$")]
    [InlineData("0.0.0.0:$", new[] { "127.0.0.1", "127.0.0.2" }, new[] { "[::1]" }, "0.0.0.0:$ (all addresses, IPv4)")]
    [InlineData("127.0.0.1:$", new[] { "127.0.0.1" }, new[] { "127.0.0.2", "[::1]" }, "127.0.0.1:$")]
    public async Task Listen_EachForm_AnswersWhereItSays(string listen, string[] hosts, string[] others, string says)
    {
        await using var stub = await StubServer.StartAsync(McpScript.Handshake("echo"));
        await using var bridge = await Bridge.StartAsync(stub.Url, port => listen.Replace("$", $"{port}", StringComparison.Ordinal), hosts[0]);
        var port = bridge.Client.BaseAddress!.Port;
        using var client = new HttpClient();

        foreach (var host in hosts)
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"http://{host}:{port}/ready", TestContext.Current.CancellationToken)).StatusCode);
        foreach (var host in others)
            await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync($"http://{host}:{port}/ready", TestContext.Current.CancellationToken));

        bridge.Process.Signal(PosixSignalNumber.Interrupt);
        var run = await bridge.Process.EndAsync();
        Assert.Contains($"listening on {says.Replace("$", $"{port}", StringComparison.Ordinal)}: /startup", run.Errors, StringComparison.Ordinal);
    }

    // A load balancer asks by its own name, a proxy by the whole address, a script without any Host, an old one by HTTP/1.0.
    [Theory]
    [InlineData("GET /ready HTTP/1.1\r\nHost: mcp.example.com\r\n\r\n", 200)]
    [InlineData("GET /ready HTTP/1.1\r\nHost: 10.1.2.3:9999\r\nConnection: keep-alive\r\n\r\n", 200)]
    [InlineData("GET http://mcp.example.com/ready?x=1 HTTP/1.1\r\nHost: mcp.example.com\r\n\r\n", 200)]
    [InlineData("GET /ready?from=lb HTTP/1.1\r\n\r\n", 200)]
    [InlineData("GET /ready HTTP/1.0\r\n\r\n", 200)]
    [InlineData("GET /ready HTTP/1.1\nHost: x\n\n", 200)]
    [InlineData("POST /ready HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", 405)]
    [InlineData("GET /READY HTTP/1.1\r\nHost: x\r\n\r\n", 404)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400)]
    [InlineData("hello\r\n\r\n", 400)]
    public async Task Get_AnyHost_IsAnswered(string request, int status)
    {
        await using var stub = await StubServer.StartAsync(McpScript.Handshake("echo"));
        await using var bridge = await Bridge.StartAsync(stub.Url);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", bridge.Client.BaseAddress!.Port, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);

        using var reader = new StreamReader(client.GetStream());
        var answer = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.NotNull(JsonNode.Parse(answer[answer.IndexOf('{', StringComparison.Ordinal)..]));
    }

    // Whoever opens a connection and says nothing, or too much, holds nobody up.
    [Fact]
    public async Task Get_BesideSilentAndEndlessClients_IsAnswered()
    {
        await using var stub = await StubServer.StartAsync(McpScript.Handshake("echo"));
        await using var bridge = await Bridge.StartAsync(stub.Url);
        var clients = new List<TcpClient>();
        for (var i = 0; i < 20; i++)
        {
            var client = new TcpClient();
            clients.Add(client);
            await client.ConnectAsync("127.0.0.1", bridge.Client.BaseAddress!.Port, TestContext.Current.CancellationToken);
            if (i % 2 == 0)
                await client.GetStream().WriteAsync(new byte[20_000], TestContext.Current.CancellationToken);
        }

        Assert.Equal(200, (await bridge.GetAsync("/ready")).Status);
        clients.ForEach(client => client.Dispose());
    }

    [Theory]
    [InlineData(200)]
    [InlineData(404)]
    public async Task Get_ServerOfPromptsOnly_IsReadyAndAliveWhereEmptyIsAllowed(int status)
    {
        var script = McpScript.Handshake();
        await using var stub = await StubServer.StartAsync(async context =>
        {
            context.Request.EnableBuffering();
            var request = context.Request.Method == "POST" ? await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted) : null;
            context.Request.Body.Position = 0;
            var id = request?["id"]?.ToJsonString();
            switch ((string?)request?["method"])
            {
                case "initialize":
                    context.Response.ContentType = "application/json";
                    await context.Response.WriteAsync($$$$"""{"jsonrpc":"2.0","id":{{{{id}}}},"result":{"protocolVersion":"2025-11-25","capabilities":{"prompts":{}},"serverInfo":{"name":"p","version":"1"}}}""", context.RequestAborted);
                    break;
                case "tools/list":
                    context.Response.StatusCode = status;
                    context.Response.ContentType = "application/json";
                    await context.Response.WriteAsync($$$"""{"jsonrpc":"2.0","id":{{{id}}},"error":{"code":-32601,"message":"Method not found"}}""", context.RequestAborted);
                    break;
                default:
                    await script(context);
                    break;
            }
        });
        await using var plain = await Bridge.StartAsync(stub.Url);
        await using var allowed = await Bridge.StartAsync(stub.Url, "--allow-empty");

        Assert.Equal((503, 200), ((await plain.GetAsync("/ready")).Status, (await plain.GetAsync("/live")).Status));
        Assert.Equal("empty-catalog", (string?)(await plain.GetAsync("/ready")).Body["kind"]);
        foreach (var path in new[] { "/startup", "/ready", "/live", "/live" })
            Assert.Equal(200, (await allowed.GetAsync(path)).Status);
    }

    [Fact]
    public async Task Bridge_AddressInUse_SaysSo()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var run = await CliProcess.RunAsync("bridge", "http://127.0.0.1:1/mcp", "--listen", taken.LocalEndpoint.ToString()!);

        Assert.Equal((2, $"mcpprobe bridge: {taken.LocalEndpoint} cannot be listened on: another program listens there. Choose another address with --listen.\n"), (run.ExitCode, run.Errors));
    }

    /// <summary>RFC 5737: for documentation only.</summary>
    [Fact]
    public async Task Bridge_AddressOfAnotherMachine_SaysSo()
    {
        var run = await CliProcess.RunAsync("bridge", "http://127.0.0.1:1/mcp", "--listen", "203.0.113.9:8086");

        Assert.Equal((2, "mcpprobe bridge: 203.0.113.9:8086 cannot be listened on: this machine has no such address. Choose another address with --listen.\n"), (run.ExitCode, run.Errors));
    }

    [Fact]
    public async Task Bridge_AdministratorsPort_SaysSo()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv") && Environment.UserName == "root", "Only root can start it as somebody else.");
        Assert.SkipWhen((await File.ReadAllTextAsync("/proc/sys/net/ipv4/ip_unprivileged_port_start", TestContext.Current.CancellationToken)).Trim() == "0", "Everybody may listen on every port here.");

        var run = await Shell.RunAsync("setpriv", ["--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service", "--", .. CliProcess.Words, "bridge", "http://127.0.0.1:1/mcp", "--listen", "127.0.0.1:80"]);

        Assert.Equal((2, "mcpprobe bridge: 127.0.0.1:80 cannot be listened on: the system does not let this user; ports below 1024 are often an administrator's. Choose another address with --listen.\n"), (run.ExitCode, run.Errors));
    }

    private static RequestDelegate Status(int status) => context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    /// <summary>A bridge on a free port that answers already.</summary>
    private sealed class Bridge : IAsyncDisposable
    {
        private Bridge(CliProcess process, string url) => (Process, Client) = (process, new HttpClient { BaseAddress = new Uri(url) });

        public CliProcess Process { get; }

        public HttpClient Client { get; }

        public static Task<Bridge> StartAsync(string target, params string[] options) =>
            StartAsync(target, port => $"127.0.0.1:{port}", "127.0.0.1", options);

        /// <param name="listen">The address for a port.</param>
        /// <param name="host">By which it is asked.</param>
        public static async Task<Bridge> StartAsync(string target, Func<int, string> listen, string host, params string[] options)
        {
            string[] holds = options.Contains("--hold") ? [] : ["--hold", "1ms"];
            while (true)
            {
                // Another test may take the port in between: then the process ends, and another one is tried.
                var port = FreePort();
                var bridge = new Bridge(
                    CliProcess.Start(["bridge", "--target", $"{target}/mcp", "--listen", listen(port), .. holds, .. options]),
                    $"http://{host}:{port}");
                await Eventually.TrueAsync(async () => bridge.Process.HasExited || await bridge.AnswersAsync(), "the bridge answers", TimeSpan.FromMinutes(1));
                if (!bridge.Process.HasExited)
                    return bridge;
                var errors = (await bridge.Process.EndAsync()).Errors;
                Assert.True(errors.Contains("cannot be listened on", StringComparison.Ordinal), errors);
                await bridge.DisposeAsync();
            }
        }

        private static int FreePort()
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            return ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        private async Task<bool> AnswersAsync()
        {
            try
            {
                using var response = await Client.GetAsync("/", TestContext.Current.CancellationToken);
                return response.StatusCode == HttpStatusCode.NotFound && response.Content.Headers.ContentType?.MediaType == "application/json";
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }

        public async Task<(int Status, JsonNode Body)> GetAsync(string path)
        {
            using var response = await Client.GetAsync(path, TestContext.Current.CancellationToken);
            return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!);
        }

        public ValueTask DisposeAsync()
        {
            Client.Dispose();
            Process.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
