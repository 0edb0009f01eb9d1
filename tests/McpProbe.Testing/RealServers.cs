namespace McpProbe.Testing;

/// <summary>The MCP servers that tests/servers pins: how each is started.</summary>
public static class RealServers
{
    private const string Everything = "@modelcontextprotocol/server-everything/dist/index.js";

    /// <summary>server-everything as a child process: for <c>Endpoint.Command</c>.</summary>
    public static IReadOnlyList<string> EverythingStdio => ["node", Script(Everything), "stdio"];

    /// <summary>Starts the server of that name on a free port.</summary>
    /// <param name="name"><c>everything</c>, <c>everything-sse</c>, <c>map</c>, <c>context7</c>, <c>mcp-proxy</c> or <c>playwright</c>.</param>
    /// <param name="port">0 takes a free one.</param>
    public static Task<RealServer> StartAsync(string name, int port = 0)
    {
        if (port == 0)
            port = RealServer.FreePort();
        return name switch
        {
            "everything" => RealServer.StartAsync([Script(Everything), "streamableHttp"], "127.0.0.1", port, "/mcp"),
            "everything-sse" => RealServer.StartAsync([Script(Everything), "sse"], "127.0.0.1", port, "/sse"),
            "map" => RealServer.StartAsync([Script("@modelcontextprotocol/server-map/dist/index.js")], "127.0.0.1", port, "/mcp"),
            "context7" => RealServer.StartAsync(
                [Script("@upstash/context7-mcp/dist/index.js"), "--transport", "http", "--port", $"{port}"], "127.0.0.1", port, "/mcp"),
            "mcp-proxy" => RealServer.StartAsync(
                [Script("mcp-proxy/dist/bin/mcp-proxy.mjs"), "--host", "127.0.0.1", "--port", $"{port}", "--", .. EverythingStdio],
                "127.0.0.1", port, "/mcp"),
            // It answers to the name that it was started for, and no other.
            "playwright" => RealServer.StartAsync(
                [Script("@playwright/mcp/cli.js"), "--port", $"{port}", "--headless"], "localhost", port, "/mcp"),
            _ => throw new ArgumentException($"no server is called {name}", nameof(name)),
        };
    }

    /// <summary>An OpenID Connect provider, to which one client is known (tests/servers/oidc-provider.mjs).</summary>
    public static Task<RealServer> StartProviderAsync(string clientSecret, Uri redirect)
    {
        _ = Script("oidc-provider/lib/index.js");
        return RealServer.StartAsync(
            [Path.Combine(Folder, "oidc-provider.mjs"), clientSecret, redirect.AbsoluteUri], "127.0.0.1", RealServer.FreePort(), "/");
    }

    /// <summary>A script of the installed packages, by its path under node_modules.</summary>
    public static string Script(string path)
    {
        var script = Path.Combine([Folder, "node_modules", .. path.Split('/')]);
        Assert.True(File.Exists(script), $"{path} is not installed: run ./test.sh, or npm ci --ignore-scripts in tests/servers");
        return script;
    }

    /// <summary>tests/servers.</summary>
    public static string Folder { get; } = FindFolder();

    private static string FindFolder()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var servers = Path.Combine(directory.FullName, "tests", "servers");
            if (File.Exists(Path.Combine(servers, "package-lock.json")))
                return servers;
        }

        throw new InvalidOperationException($"there is no tests/servers above {AppContext.BaseDirectory}");
    }
}
