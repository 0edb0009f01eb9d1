using System.Text;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Imports;
using McpProbe.Imports.Planning;
using McpProbe.Model;
using McpProbe.Testing;

namespace McpProbe.Tests.Imports;

/// <summary>Files of others: exports, clients' configurations, and what other monitors are configured with.</summary>
public class FileTests
{
    private static readonly ImportPolicy Own = new("own") { Strangers = false, ProbeEvery = TimeSpan.FromMinutes(1) };

    [Fact]
    public async Task Export_OfMcpSo_TakesAddressesAndNoCommand()
    {
        var plan = Recorded.Plan(await Recorded.ReadFileAsync("file", "mcpso.json"));

        Assert.Equal(
            [
                ("maps", "https://maps.example.com/sse?key=${env:MCP_MAPS_KEY}"), ("plain", "https://plain.example.com/mcp"), ("search", "https://search.example.com/sse"),
            ], plan.Added.Select(each => (each.Id, each.Url!.OriginalString)));
        Assert.All(plan.Added, each => Assert.Null(each.Command));
        Assert.Equal(["howtocook", "Half a configuration"], plan.LeftOut.Select(each => each.Name));
    }

    [Theory]
    [InlineData("official-1.json", 5)]
    [InlineData("claude_desktop_config.json", 8)]
    public async Task Export_OfAnyForm_IsRead(string file, int count) => Assert.Equal(count, (await Recorded.ReadFileAsync("file", file)).Count);

    [Theory]
    [InlineData("""[{"server":{"name":"com.example/a","remotes":[{"type":"sse","url":"https://a.example.com/sse"}]}}]""", 1)]
    [InlineData("""[{"name":"com.example/a","version":"1","remotes":[{"type":"sse","url":"https://a.example.com/sse"}]}]""", 1)]
    [InlineData("""{"name":"com.example/a","version":"1","remotes":[{"type":"sse","url":"https://a.example.com/sse"}]}""", 1)]
    [InlineData("""{"data":{"list":[{"name":"a","server_url":"https://a.example.com/x"}]}}""", 1)]
    [InlineData("""{"servers":[]}""", 0)]
    [InlineData("[]", 0)]
    [InlineData("""[1,"a",null,{}]""", 0)]
    public async Task Export_OtherForms_AreRead(string json, int count)
    {
        using var temp = new TempDirectory();
        await File.WriteAllTextAsync(temp.File("a.json"), json, Recorded.Token);

        Assert.Equal(count, (await Recorded.ReadAsync(SourceName.Parse($"file:{temp.File("a.json")}", out _)!.OpenFile(Recorded.Limits))).Count);
    }

    [Theory]
    [InlineData("file", "", "it is not JSON, or only half of it")]
    [InlineData("file", "<html>", "it is not JSON, or only half of it")]
    [InlineData("file", """{"servers":[{"name":"a" """, "it is not JSON, or only half of it")]
    [InlineData("file", "1", "should be a list of MCP servers")]
    [InlineData("file", """{"x":1}""", "should be a list of MCP servers")]
    [InlineData("file", """{"servers":1}""", "should be a list of MCP servers")]
    [InlineData("gatus", "endpoints: {", "not valid YAML")]
    [InlineData("gatus", "a: 1", "has no list 'endpoints'")]
    [InlineData("gatus", "- a", "is no mapping")]
    [InlineData("gatus", "a: &x {b: 1}\nendpoints: [*x]", "anchors (&name) are not read here")]
    [InlineData("blackbox", "modules: {}", "name Prometheus' configuration")]
    [InlineData("uptime-kuma", "[1]{", "it is not JSON")]
    [InlineData("uptime-kuma", "{}", "has no 'monitorList'")]
    public async Task AnyFile_Wrong_IsOneClearLine(string source, string text, string said)
    {
        using var temp = new TempDirectory();
        await File.WriteAllTextAsync(temp.File("a.json"), text, Recorded.Token);

        var failure = await Assert.ThrowsAsync<ImportFailedException>(() => Recorded.ReadAsync(SourceName.Parse($"{source}:{temp.File("a.json")}", out _)!.OpenFile(Recorded.Limits)));

        Assert.Equal(ExitCodes.Usage, failure.ExitCode);
        Assert.StartsWith(temp.File("a.json"), failure.Message, StringComparison.Ordinal);
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing.json", "there is no such file")]
    [InlineData("", "is a directory")]
    [InlineData("large.json", "is larger than 1 MiB")]
    public async Task AnyFile_NotToBeRead_IsOneClearLine(string name, string said)
    {
        using var temp = new TempDirectory();
        await File.WriteAllTextAsync(temp.File("large.json"), new string(' ', 2 << 20), Recorded.Token);
        var source = SourceName.Parse($"file:{temp.File(name)}", out _)!.OpenFile(Recorded.Limits with { FileBytes = 1 << 20 });

        var failure = await Assert.ThrowsAsync<ImportFailedException>(() => Recorded.ReadAsync(source));

        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("claude-desktop", "claude_desktop_config.json")]
    [InlineData("vscode", "vscode-mcp.json")]
    [InlineData("cursor", "cursor-mcp.json")]
    [InlineData("gatus", "gatus.yaml")]
    [InlineData("uptime-kuma", "uptime-kuma.json")]
    public async Task OwnFile_HoldsSecrets_AndNoneIsTakenOver(string source, string file)
    {
        var plan = Recorded.Plan(await Recorded.ReadFileAsync(source, file), Own);

        Assert.NotEmpty(plan.Added);
        var text = string.Join('\n', plan.Added.Select(EndpointJson.ToJson).Concat(plan.LeftOut.Select(each => $"{each}")));
        foreach (var secret in (string[])["hunter2", "ghp_", "BSA0a1b2c3d4e5f6", "eyJhbGciOi", "NWRiMGEy", "hooks.example.com", "ann:", "basic_auth"])
            Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
        // What is written is a probes file.
        Assert.All(plan.Added, each => Assert.Empty(EndpointJson.Read(Encoding.UTF8.GetBytes(EndpointJson.ToJson(each))).Errors));
    }

    [Fact]
    public async Task ClaudeDesktop_Commands_KeepWhatIsNoSecret()
    {
        var plan = Recorded.Plan(await Recorded.ReadFileAsync("claude-desktop", "claude_desktop_config.json"), Own);

        Assert.Equal(
            [
                "files: npx -y @modelcontextprotocol/server-filesystem /home/ann/My Documents | ",
                "filled: npx mcp-remote https://remote.example.com/mcp --header Authorization:${AUTH} | AUTH=${env:AUTH} needs the variable AUTH",
                "github: npx -y @modelcontextprotocol/server-github | GITHUB_PERSONAL_ACCESS_TOKEN=${env:GITHUB_PERSONAL_ACCESS_TOKEN} LOG_LEVEL=${env:LOG_LEVEL} needs the variables GITHUB_PERSONAL_ACCESS_TOKEN, LOG_LEVEL",
                "passed: docker run -i --rm -e BRAVE_API_KEY mcp/brave | BRAVE_API_KEY=${env:BRAVE_API_KEY} needs the variable BRAVE_API_KEY",
            ],
            plan.Added.Select(each => $"{each.Id}: {string.Join(' ', each.Command!)} | {string.Join(' ', each.Environment.Select(pair => $"{pair.Key}={pair.Value}").Append(each.Imported!.Paused))}"));
        Assert.Equal(["database", "brave", "remote", "ours"], plan.LeftOut.Select(each => each.Name));
        Assert.Equal(["filled", "github", "passed"], plan.Added.Where(each => each.Paused).Select(each => each.Id));
    }

    [Fact]
    public async Task VsCodeAndCursor_Urls_TakeReferences()
    {
        var code = Recorded.Plan(await Recorded.ReadFileAsync("vscode", "vscode-mcp.json"), Own).Added.ToDictionary(each => each.Id);

        Assert.Equal(("Bearer ${env:figma_key}", "${env:MCP_FIGMA_X_TEAM}"), (code["figma"].Headers["Authorization"], code["figma"].Headers["X-Team"]));
        Assert.Equal((TransportChoice.Sse, false), (code["docs"].Transport, code["docs"].Paused));
        Assert.Equal(("http://localhost:3001/mcp", false), (code["local"].Url!.OriginalString, code["local"].Paused));
        Assert.Equal("https://keyed.example.com/mcp?apiKey=${env:MCP_KEYED_APIKEY}&lang=en", code["keyed"].Url!.OriginalString);
        Assert.Equal(("https://user.example.com/mcp", true), (code["user"].Url!.OriginalString, code["user"].Paused));
        Assert.Equal("https://path.example.com/s/${env:MCP_PATH_PATH}/mcp", code["path"].Url!.OriginalString);

        var cursor = Recorded.Plan(await Recorded.ReadFileAsync("cursor", "cursor-mcp.json"), Own);
        Assert.Equal(
            [("linear", "Bearer ${env:LINEAR_TOKEN}", "needs the variable LINEAR_TOKEN"), ("off", "", "is disabled there")],
            cursor.Added.Select(each => (each.Id, each.Headers.GetValueOrDefault("Authorization", ""), each.Imported!.Paused)));
        Assert.Equal([("empty", "it has neither a URL nor a command")], cursor.LeftOut);
    }

    [Fact]
    public async Task Gatus_McpChecks_BecomeEndpoints()
    {
        var plan = Recorded.Plan(await Recorded.ReadFileAsync("gatus", "gatus.yaml"), Own);

        var orders = plan.Added.Single(each => each.Id == "shop.orders");
        Assert.Equal(
            ("orders", "shop", "https://orders.example.com/mcp", TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(20)),
            (orders.Name, orders.Group, orders.Url!.OriginalString, orders.Interval, orders.Timeout));
        Assert.Equal([("Authorization", "Bearer ${env:ORDERS_TOKEN}"), ("X-Team", "shop")], orders.Headers.Select(each => (each.Key, each.Value)));
        Assert.Equal("${env:MCP_LITERAL_X_API_KEY}", plan.Added.Single(each => each.Id == "literal").Headers["X-Api-Key"]);
        Assert.Equal("is disabled there", plan.Added.Single(each => each.Id == "off").Imported!.Paused);
        Assert.Equal(["site", "ping"], plan.LeftOut.Select(each => each.Name));
    }

    [Fact]
    public async Task UptimeKuma_McpMonitors_BecomeEndpoints()
    {
        var plan = Recorded.Plan(await Recorded.ReadFileAsync("uptime-kuma", "uptime-kuma.json"), Own);

        Assert.Equal(
            [
                ("Basic", "https://basic.example.com/mcp", 60, "signs in there (basic)"),
                ("Orders MCP", "https://orders.example.com/mcp", 120, "needs the variable MCP_ORDERS_MCP_AUTHORIZATION"),
                ("Paused", "https://paused.example.com/mcp", 60, "is paused there"),
            ], plan.Added.Select(each => (each.Name!, each.Url!.OriginalString, (int)each.Interval.TotalSeconds, each.Imported!.Paused!)));
        Assert.Equal(["Site", "DNS"], plan.LeftOut.Select(each => each.Name));
    }

    [Fact]
    public async Task Blackbox_McpTargets_BecomeEndpoints()
    {
        var plan = Recorded.Plan(await Recorded.ReadFileAsync("blackbox", "prometheus.yml"), Own);

        Assert.Equal(
            [("http://tools.example.com/mcp", 120, "mcp"), ("https://docs.example.com/mcp", 30, "web"), ("https://orders.example.com/api", 120, "mcp")],
            plan.Added.Select(each => (each.Url!.OriginalString, (int)each.Interval.TotalSeconds, each.Group!)).Order());
        Assert.Equal(["www.example.com"], plan.LeftOut.Select(each => each.Name));
    }

    [Theory]
    [InlineData("offical", "is no source; known are official, github, pulsemcp, smithery, glama, clients")]
    [InlineData("", "is no source")]
    [InlineData("gatus", "gatus needs a file: write gatus:FILE")]
    [InlineData("file:", "file needs a file")]
    [InlineData("official:a.json", "takes no file; write file:a.json")]
    [InlineData("clients:a.json", "clients takes no file")]
    public void Source_Wrong_SaysWhatThereIs(string source, string said)
    {
        Assert.Null(SourceName.Parse(source, out var mistake));
        Assert.Contains(said, mistake, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("1m30s", 90)]
    [InlineData("1h", 3600)]
    [InlineData("1d", 86400)]
    [InlineData("1.5m", 90)]
    [InlineData("100ms", null)]
    [InlineData("9999999h", null)]
    [InlineData("", null)]
    [InlineData("5", null)]
    [InlineData("-5s", null)]
    public void GoDuration_Parse_TakesWholeSeconds(string text, int? seconds) =>
        Assert.Equal(seconds, (int?)McpProbe.Imports.Files.GoDuration.Parse(text)?.TotalSeconds);
}
