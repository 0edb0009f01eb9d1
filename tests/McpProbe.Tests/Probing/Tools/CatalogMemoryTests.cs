using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Probing.Tools;

namespace McpProbe.Tests.Probing.Tools;

/// <summary>A catalogue that was recognised, not parsed, shows in a result without a snapshot.</summary>
public sealed class CatalogMemoryTests : IDisposable
{
    private static readonly string[] OnePage = [Page(StubMcp.Tool)];

    private readonly McpProber _prober = new(new ProberOptions(), TimeProvider.System);

    private static CancellationToken TestToken => TestContext.Current.CancellationToken;

    public void Dispose() => _prober.Dispose();

    [Theory]
    // Each step: pages as tool names, '/' between pages; then whether the catalogue is parsed.
    [InlineData("echo:parsed")]
    [InlineData("echo:parsed echo:recognised echo:recognised")]
    [InlineData("echo:parsed search:parsed")]
    [InlineData("echo:parsed search:parsed search:parsed")] // not stored: the caller has the content of the first only
    [InlineData("echo:parsed echo:recognised search:parsed echo:parsed echo:recognised")]
    [InlineData("echo/search:parsed echo/search:recognised")]
    [InlineData("echo/search:parsed echo:parsed")]
    [InlineData("echo/search:parsed echo/echo2:parsed")]
    [InlineData("echo:parsed echo/search:parsed")]
    public async Task Probe_Steps_ParsesWhatIsNew(string steps)
    {
        var pages = OnePage;
        await using var stub = await StubMcp.StartAsync(call => call.Method == "tools/list" ? PageOf(pages, call) : StubMcp.Stateless(call));
        string? stored = null;

        foreach (var step in steps.Split(' ').Select(step => step.Split(':')))
        {
            var names = step[0].Split('/');
            pages = [.. names.Select((name, index) => Page(StubMcp.Tool.Replace("echo", name, StringComparison.Ordinal), index == names.Length - 1 ? null : $"{index + 1}"))];

            var result = await _prober.ProbeConfirmedAsync(stub.Endpoint(), _ => stored, TestToken);
            var parsed = await new McpProber(new ProberOptions(), TimeProvider.System).ProbeAsync(stub.Endpoint(), TestToken);

            Assert.Equal(step[1] == "parsed", result.Snapshot is not null);
            Assert.Equal(Verdict.Healthy, result.Verdict);
            Assert.Equal(parsed.Catalog, result.Catalog);
            stored ??= result.Catalog!.Hash;
        }
    }

    [Fact]
    public async Task Probe_SameBytesAtAnotherProtocolVersion_AreParsed()
    {
        await using var stub = await StubMcp.StartAsync(call => StubMcp.Handshake(call));
        var (_, stored) = await ProbeTwiceAsync(stub);
        await using var older = await StubMcp.StartAsync(call => StubMcp.Handshake(call, "2025-06-18"));

        var result = await _prober.ProbeConfirmedAsync(older.Endpoint(), _ => stored, TestToken);

        Assert.NotNull(result.Snapshot);
        Assert.Equal("2025-06-18", result.ProtocolVersion);
    }

    [Fact]
    public async Task Probe_SameBytesStoredForAnotherProtocolVersionOnly_AreParsed()
    {
        await using var stub = await StubMcp.StartAsync(call => StubMcp.Handshake(call));
        var (_, stored) = await ProbeTwiceAsync(stub);

        var result = await _prober.ProbeConfirmedAsync(
            stub.Endpoint(), version => version == "2025-06-18" ? stored : null, TestToken);

        Assert.NotNull(result.Snapshot);
    }

    [Theory]
    [InlineData("instructions", "Be brief.")]
    [InlineData("name", "renamed")]
    [InlineData("capabilities", """{"tools":{"listChanged":true}}""")]
    public async Task Probe_SameBytesUnderOtherWordsOfTheServer_AreParsed(string what, string value)
    {
        var changed = false;
        await using var stub = await StubMcp.StartAsync(call => call.Method == "server/discover" && changed
            ? StubMcp.Answer.Result(Discovered(what, value)) : StubMcp.Stateless(call));
        var (first, stored) = await ProbeTwiceAsync(stub);
        changed = true;

        var result = await _prober.ProbeConfirmedAsync(stub.Endpoint(), _ => stored, TestToken);

        Assert.NotNull(result.Snapshot);
        Assert.NotEqual(first.Catalog!.Hash, result.Catalog!.Hash);
        Assert.Equal(first.Catalog.Contract, result.Catalog.Contract);
    }

    [Fact]
    public async Task Probe_Recognised_KeepsFindingsAndJudgesConditions()
    {
        const string repeated = """{"name":"echo","inputSchema":{"type":"object","type":"object"}}""";
        await using var stub = await StubMcp.StartAsync(call => call.Method == "tools/list"
            ? StubMcp.Answer.Result(Page(repeated)) : StubMcp.Stateless(call));
        var (first, stored) = await ProbeTwiceAsync(stub);
        var demanding = stub.Endpoint() with { Conditions = new() { RequireTools = ["search"] } };

        var result = await _prober.ProbeConfirmedAsync(demanding, _ => stored, TestToken);

        Assert.Null(result.Snapshot);
        Assert.Equal(first.Findings, result.Findings);
        Assert.Equal("duplicate-key", Assert.Single(result.Findings).Rule);
        Assert.Equal(FailureKind.MissingTool, result.Failure?.Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Probe_MessageWithTheBytesOfAnotherPage_IsParsed(bool messageFirst)
    {
        // One text that is a whole message with one tool, and a page with another.
        const string both = """{"jsonrpc":"2.0","id":7,"result":{"tools":[{"name":"hidden","inputSchema":{"type":"object"}}]},"tools":[{"name":"shown","inputSchema":{"type":"object"}}]}""";
        var asMessage = messageFirst;
        await using var stub = await StubMcp.StartAsync(call => call.Method != "tools/list" ? StubMcp.Stateless(call)
            : asMessage ? StubMcp.Answer.Json(both) : StubMcp.Answer.Events($$"""data: {"jsonrpc":"2.0","id":$ID,"result":{{both}}}"""));
        var (first, stored) = await ProbeTwiceAsync(stub);
        asMessage = !asMessage;

        var result = await _prober.ProbeConfirmedAsync(stub.Endpoint(), _ => stored, TestToken);

        Assert.NotNull(result.Snapshot);
        Assert.Equal([messageFirst ? "shown" : "hidden"], result.Snapshot.Catalog.ToolNames);
        Assert.NotEqual(first.Catalog!.Hash, result.Catalog!.Hash);
    }

    /// <summary>A fleet of servers that are alike is remembered once. What was found may be about an endpoint's own secrets, so it is compared.</summary>
    [Theory]
    [InlineData("One text.", "One text.", true)]
    [InlineData("One text.", "Another.", false)]
    public void Remember_SameCatalogueOfTwoEndpoints_IsKeptOnceIfTheSameWasFound(string first, string second, bool same)
    {
        var memory = new CatalogMemory();
        memory.Remember("a", Found(first));
        memory.Remember("b", Found(second));

        Assert.Equal(same, ReferenceEquals(memory.Find("a"), memory.Find("b")));
        Assert.Equal([first, second], new[] { "a", "b" }.Select(id => Assert.Single(memory.Find(id)!.Whole.Findings).Message));

        static RememberedCatalog Found(string message) => new(
            [new RememberedPage(new byte[32], null, null)],
            new WholeCatalog(
                new ToolCatalog(default, new CatalogHashes("a", "b", "c", "d", "e"), ["tool"], 1),
                [new Finding(FindingLevel.Soft, "rule", "tool", "/description", message)], null));
    }

    [Fact]
    public async Task Probe_OneShot_IsAlwaysParsed()
    {
        await using var stub = await StubMcp.StartAsync(call => StubMcp.Stateless(call));
        await ProbeTwiceAsync(stub);

        Assert.NotNull((await _prober.ProbeAsync(stub.Endpoint(), TestToken)).Snapshot);
        Assert.NotNull((await _prober.ProbeConfirmedAsync(stub.Endpoint(), null, TestToken)).Snapshot);
    }

    /// <summary>Until the catalogue is recognised.</summary>
    private async Task<(ProbeResult First, string Hash)> ProbeTwiceAsync(StubMcp stub)
    {
        var first = await _prober.ProbeConfirmedAsync(stub.Endpoint(), _ => null, TestToken);
        var hash = first.Catalog!.Hash;
        Assert.Null((await _prober.ProbeConfirmedAsync(stub.Endpoint(), _ => hash, TestToken)).Snapshot);
        return (first, hash);
    }

    private static string Page(string tool, string? next = null) =>
        $$"""{"tools":[{{tool}}]{{(next is null ? "" : $",\"nextCursor\":\"{next}\"")}}}""";

    private static StubMcp.Answer PageOf(string[] pages, StubMcp.Call call) =>
        StubMcp.Answer.Result(pages[call.Cursor is { } cursor ? cursor[1] - '0' : 0]);

    private static string Discovered(string what, string value) => what switch
    {
        "instructions" => $$$"""{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"instructions":"{{{value}}}","serverInfo":{"name":"stub","version":"2"}}""",
        "name" => $$$"""{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"serverInfo":{"name":"{{{value}}}","version":"2"}}""",
        _ => $$$"""{"supportedVersions":["2026-07-28"],"capabilities":{{{value}}},"serverInfo":{"name":"stub","version":"2"}}""",
    };
}
