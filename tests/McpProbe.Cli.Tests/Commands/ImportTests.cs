using McpProbe.Configuration;
using McpProbe.Model;
using McpProbe.Testing;

namespace McpProbe.Cli.Tests.Commands;

/// <summary><c>mcpprobe import</c> as a shell starts it, against local registries.</summary>
public sealed class ImportTests : IDisposable
{
    private const string Mine = "# mine\nendpoints:\n  - id: mine # by hand\n    url: https://mine.example.com/mcp\n";

    private readonly TempDirectory _temp = new();

    private string Probes => _temp.File("probes.yaml");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    private static Task<StubServer> RegistryAsync(Func<string> answer, List<string>? agents = null) => StubServer.StartAsync(async context =>
    {
        agents?.Add($"{context.Request.Headers.UserAgent}");
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(answer()));
    });

    private static string Entry(string name, string url, string status = "active") => $$$$"""
        {"server":{"name":"{{{{name}}}}","version":"1.0.0","remotes":[{"type":"streamable-http","url":"{{{{url}}}}"}]},"_meta":{"io.modelcontextprotocol.registry/official":{"status":"{{{{status}}}}","isLatest":true}}}
        """;

    private static string Page(params string[] entries) => $$$"""{"servers":[{{{string.Join(',', entries)}}}],"metadata":{"count":1}}""";

    [Fact]
    public async Task Import_AgainAndAgain_BringsChangesAndLeavesTheRest()
    {
        await File.WriteAllTextAsync(Probes, Mine, Token);
        var (page, agents) = (Page(Entry("com.example/a", "https://a.example.com/mcp"), Entry("com.example/b", "https://b.example.com/mcp", "deprecated")), new List<string>());
        await using var registry = await RegistryAsync(() => page, agents);

        var first = await ImportAsync(registry, "-o", Probes);

        Assert.Equal((ExitCodes.Ok, ""), (first.ExitCode, first.Errors));
        Assert.Contains("listed as   1 active, 1 deprecated, 0 deleted", first.Output, StringComparison.Ordinal);
        Assert.Contains("endpoints   2 new, 0 changed, 0 unchanged", first.Output, StringComparison.Ordinal);
        Assert.Contains("paused      1: not activated", first.Output, StringComparison.Ordinal);
        Assert.Contains("paused      1: deprecated in the registry", first.Output, StringComparison.Ordinal);
        Assert.StartsWith(Mine, await File.ReadAllTextAsync(Probes, Token), StringComparison.Ordinal);
        Assert.Equal(0, (await CliProcess.RunAsync("validate", Probes)).ExitCode);

        var text = await File.ReadAllTextAsync(Probes, Token);
        var same = await ImportAsync(registry, "-o", Probes);
        Assert.Contains("stays as it is", same.Output, StringComparison.Ordinal);
        Assert.Equal(text, await File.ReadAllTextAsync(Probes, Token));

        var active = await ImportAsync(registry, "-o", Probes, "--activate", "--contact", "ops@example.com");
        Assert.Equal(0, active.ExitCode);
        Assert.Equal("mcpprobe/0.1.0 (+ops@example.com)", agents[^1]);
        Assert.Equal([("mine", false), ("com.example.a", false), ("com.example.b", true)], (await ReadAsync()).Select(each => (each.Id, each.Paused)));

        page = Page(Entry("com.example/b", "https://b.example.com/mcp"));
        var gone = await ImportAsync(registry, "-o", Probes);
        Assert.Contains("gone        com.example.a (not listed any more; paused)", gone.Output, StringComparison.Ordinal);
        Assert.Equal([("mine", false), ("com.example.a", true), ("com.example.b", true)], (await ReadAsync()).Select(each => (each.Id, each.Paused)));
    }

    public static TheoryData<string, int> WrongRegistries => new()
    {
        { "<html>Sign in</html>", ExitCodes.NotHealthy },
        { """{"servers":[{"server":{"name":"com.example/a","remotes":[{"type":"sse","url":"https://a.example""", ExitCodes.NotHealthy },
        { """{"servers":[{"server":{"name":"com.example/a","remotes":[{"type":"sse","url":"https://a.example.com/sse"}]}}],"metadata":{"nextCursor":"again"}}""", ExitCodes.NotHealthy },
    };

    [Theory]
    [MemberData(nameof(WrongRegistries))]
    public async Task Import_RegistryThatAnswersWrongly_LeavesTheFileAndSaysOneLine(string answer, int exitCode)
    {
        await File.WriteAllTextAsync(Probes, Mine, Token);
        await using var registry = await RegistryAsync(() => answer);

        var run = await ImportAsync(registry, "-o", Probes);

        Assert.Equal((exitCode, ""), (run.ExitCode, run.Output));
        Assert.StartsWith($"mcpprobe import: {registry.Url} ", run.Errors, StringComparison.Ordinal);
        Assert.Single(run.Errors.TrimEnd().Split('\n'));
        Assert.Equal(Mine, await File.ReadAllTextAsync(Probes, Token));
        Assert.Equal([Probes], Directory.GetFileSystemEntries(_temp.Path));
    }

    [Fact]
    public async Task Import_NobodyThere_ExitsWith4()
    {
        var run = await CliProcess.RunAsync("import", "official", "--url", "http://127.0.0.1:1", "-o", Probes);

        Assert.Equal((ExitCodes.Unreachable, false), (run.ExitCode, File.Exists(Probes)));
    }

    [Fact]
    public async Task Import_WithCredentialsOfOthers_ShowsNoneAnywhere()
    {
        await using var registry = await RegistryAsync(() => Page(
            Entry("com.example/user", "https://ann:hunter2@a.example.com/mcp"), Entry("com.example/query", "https://b.example.com/mcp?api_key=hunter2hunter2"),
            Entry("com.example/path", "https://c.example.com/k/ghp_0a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f/mcp"), Entry("com.example/bad", "https://ann:hunter2@/mcp?token=hunter2")));

        var run = await ImportAsync(registry, "-o", Probes, "--activate", "--contact", "ops@example.com");

        Assert.Equal(0, run.ExitCode);
        var all = run.Output + run.Errors + await File.ReadAllTextAsync(Probes, Token);
        Assert.DoesNotContain("hunter2", all, StringComparison.Ordinal);
        Assert.DoesNotContain("ghp_", all, StringComparison.Ordinal);
        Assert.Contains("paused      3: its listed address holds credentials", run.Output, StringComparison.Ordinal);
        Assert.Contains("left out    1: its address is wrong", run.Output.Replace("is not an absolute", "is wrong", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_WithoutAFile_PrintsWhatItWouldWrite()
    {
        await using var registry = await RegistryAsync(() => Page(Entry("com.example/a", "https://a.example.com/mcp")));

        var run = await ImportAsync(registry);

        Assert.Equal(["com.example.a"], ProbesFile.Parse("a.yaml", run.Output).Value!.Endpoints.Select(each => each.Id));
        Assert.Contains("Nothing is written: name the probes file with -o.", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_FileThatIsWrongAlready_AsksNobody()
    {
        var asked = new List<string>();
        await using var registry = await RegistryAsync(() => Page(), asked);
        await File.WriteAllTextAsync(Probes, "endpoints:\n  - id: a\n    urll: x\n", Token);

        var run = await ImportAsync(registry, "-o", Probes);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("unknown key 'urll'", run.Errors, StringComparison.Ordinal);
        Assert.Empty(asked);
    }

    [Fact]
    public async Task Import_DefaultsWithCredentials_AskNobodyAndSendNothing()
    {
        var asked = new List<string>();
        await using var registry = await RegistryAsync(() => Page(), asked);
        await File.WriteAllTextAsync(Probes, "defaults:\n  bearer: ${env:TOKEN}\n" + Mine, Token);

        var run = await ImportAsync(registry, "-o", Probes);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("its defaults have bearer", run.Errors, StringComparison.Ordinal);
        Assert.Empty(asked);
    }

    [Fact]
    public async Task Import_DirectoryThatCannotBeWritten_LeavesTheFile()
    {
        await using var registry = await RegistryAsync(() => Page(Entry("com.example/a", "https://a.example.com/mcp")));

        var run = await ImportAsync(registry, "-o", Path.Combine(_temp.Path, "missing", "probes.yaml"));

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("cannot be written, and is as it was", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_LinkedFile_StaysALinkWithItsRights()
    {
        await using var registry = await RegistryAsync(() => Page(Entry("com.example/a", "https://a.example.com/mcp")));
        await File.WriteAllTextAsync(_temp.File("real.yaml"), Mine, Token);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_temp.File("real.yaml"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.CreateSymbolicLink(Probes, _temp.File("real.yaml"));

        Assert.Equal(0, (await ImportAsync(registry, "-o", Probes)).ExitCode);

        Assert.NotNull(new FileInfo(Probes).LinkTarget);
        Assert.Contains("com.example.a", await File.ReadAllTextAsync(_temp.File("real.yaml"), Token), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_temp.File("real.yaml")));
    }

    [Fact]
    public async Task Import_DenyFile_IsRead()
    {
        await using var registry = await RegistryAsync(() => Page(Entry("com.example/a", "https://a.example.com/mcp"), Entry("org.example/b", "https://b.example.org/mcp")));
        await File.WriteAllTextAsync(_temp.File("deny"), "# asked by mail\nexample.com # all of it\n\n", Token);

        var run = await ImportAsync(registry, "-o", Probes, "--deny", _temp.File("deny"));

        Assert.Equal(["org.example.b"], (await ReadAsync()).Select(each => each.Id));
        Assert.Contains("left out    1: on the deny-list (com.example/a)", run.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, (await ImportAsync(registry, "-o", Probes, "--deny", _temp.File("missing"))).ExitCode);
    }

    [Fact]
    public async Task Import_ClientsOfThisMachine_AreFoundWhereTheyKeepThem()
    {
        var config = OperatingSystem.IsMacOS() ? Path.Combine(_temp.Path, "Library", "Application Support") : Path.Combine(_temp.Path, ".config");
        Directory.CreateDirectory(Path.Combine(config, "Claude"));
        await File.WriteAllTextAsync(Path.Combine(config, "Claude", "claude_desktop_config.json"), """{"mcpServers":{"files":{"command":"npx","args":["-y","server"]}}}""", Token);
        Directory.CreateDirectory(Path.Combine(config, "Code", "User"));
        await File.WriteAllTextAsync(Path.Combine(config, "Code", "User", "mcp.json"), """{"servers":{"docs":{"type":"http","url":"https://docs.example.com/mcp"}}}""", Token);
        Directory.CreateDirectory(_temp.File(".cursor"));
        await File.WriteAllTextAsync(Path.Combine(_temp.Path, ".cursor", "mcp.json"), """{"mcpServers":{"docs":{"url":"https://docs.example.com/mcp"},"own":{"url":"http://127.0.0.1:3001/mcp","headers":{"Authorization":"Bearer hunter2"}}}}""", Token);
        var home = new Dictionary<string, string> { ["HOME"] = _temp.Path, ["XDG_CONFIG_HOME"] = Path.Combine(_temp.Path, ".config") };

        using var process = CliProcess.Start(home, "import", "clients", "-o", Probes);
        var run = await process.EndAsync();

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal([("docs", false), ("files", false), ("own", true)], (await ReadAsync()).Select(each => (each.Id, each.Paused)));
        Assert.DoesNotContain("hunter2", await File.ReadAllTextAsync(Probes, Token), StringComparison.Ordinal);

        home["HOME"] = home["XDG_CONFIG_HOME"] = _temp.File("nobody");
        using var none = CliProcess.Start(home, "import", "claude-desktop");
        var nothing = await none.EndAsync();
        Assert.Equal(ExitCodes.Usage, nothing.ExitCode);
        Assert.Contains("There is no configuration of claude-desktop here", nothing.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_WithAVisit_TellsWhereTheServerContradictsItsEntry()
    {
        var server = await RealServers.StartAsync("everything");
        await using var registry = await RegistryAsync(() => Page(
            Entry("com.example/everything", $"{server.Url}"), Entry("com.example/other", $"{server.Url}?a=1", "deprecated"), Entry("com.example/gone", "http://127.0.0.1:1/mcp")));

        var run = await ImportAsync(registry, "-o", Probes, "--allow-private", "--visit", "--contact", "ops@example.com");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("visited     3: 2 healthy, 1 down", run.Output, StringComparison.Ordinal);
        Assert.Contains("contradicts com.example.gone: listed as active, and is down (refused)", run.Output, StringComparison.Ordinal);
        Assert.Contains("contradicts com.example.everything: listed as version 1.0.0, and says that it is 2.0.0", run.Output, StringComparison.Ordinal);
        Assert.Contains("contradicts com.example.other: listed as deprecated, and works", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("com.example.everything: listed as com.example", run.Output, StringComparison.Ordinal);
        Assert.Contains("contradicts com.example.other: listed as com.example/other, and calls itself mcp-servers/everything", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("official --visit", "--visit: it probes other people's servers, who must be able to ask who does; add --contact")]
    [InlineData("offical", "SOURCE: 'offical' is no source; known are official")]
    [InlineData("gatus", "SOURCE: gatus needs a file")]
    [InlineData("official --activate", "--activate: it probes other people's servers, who must be able to ask who does; add --contact")]
    [InlineData("official --contact nobody", "--contact: 'nobody' is not an e-mail address or the URL of a page")]
    [InlineData("official --url ftp://x", "--url: it is not an absolute http or https URL")]
    [InlineData("official --url https://ann:secret@x", "--url: it is not an absolute http or https URL")]
    [InlineData("official --limit 0", "--limit: '0' is not a whole number from 1 to 50000")]
    [InlineData("official --probe-every 5", "--probe-every: '5' is no duration")]
    [InlineData("official --updated-since yesterday", "--updated-since: 'yesterday' is no time")]
    [InlineData("official --key-env NOT_SET_HERE", "--key-env: it needs the environment variable NOT_SET_HERE, which is not set")]
    [InlineData("official --name A", "--name: 'A' is not an id")]
    [InlineData("cursor --url https://x", "--url: only a registry has an address")]
    [InlineData("cursor --updated-since 2026-01-01", "--updated-since: only a registry can tell what changed")]
    public async Task Import_WrongUsage_IsSaidAndNobodyAsked(string arguments, string said)
    {
        var run = await CliProcess.RunAsync(["import", .. arguments.Split(' ')]);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains($"mcpprobe import: {said}", run.Errors, StringComparison.Ordinal);
    }

    private static Task<CliRun> ImportAsync(StubServer registry, params string[] arguments) =>
        CliProcess.RunAsync(["import", "official", "--url", registry.Url, .. arguments]);

    private async Task<IReadOnlyList<McpProbe.Endpoints.Endpoint>> ReadAsync() => (await ProbesFile.ReadAsync(Probes, Token)).Value!.Endpoints;
}
