using McpProbe.Drift.Specification;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using static McpProbe.Tests.Probing.StubMcp;

namespace McpProbe.Tests.Probing;

/// <summary>How servers keep to the specification: what each rule is fired by, and that nothing else fires it.</summary>
public class SpecificationTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>A server of either era that breaks one rule: by its name, what it breaks it with.</summary>
    private static readonly Row[] Broken =
    [
        Of("spec-discover", Era.Stateless, (call, right) => At(call, "server/discover", Replace(right, "\"capabilities\":{\"tools\":{\"listChanged\":true}},", "")), also: "spec-tools-declared"),
        Of("spec-result-type", Era.Stateless, (call, right) => At(call, "server/discover", Replace(right, "\"resultType\":\"complete\",", ""))),
        Of("spec-result-type", Era.Stateless, (call, right) => At(call, "tools/list", Replace(right, "\"resultType\":\"complete\",", ""))),
        Of("spec-id", Era.Stateless, (call, right) => At(call, "tools/list", Answer.Json("""{"jsonrpc":"2.0","id":99,"result":{"tools":[]}}"""))),
        Of("spec-id", Era.Stateless, (call, right) => At(call, "tools/list", Answer.Json("""{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"no"}}""")), also: "spec-tools-list"),
        Of("spec-error", Era.Handshake, (call, right) => At(call, "tools/list", Answer.Json("""{"jsonrpc":"2.0","id":7,"error":{"code":"-32603","message":"no"}}""")), also: "spec-tools-list"),
        Of("spec-error", Era.Stateless, (call, right) => At(call, "tools/list", Answer.Json("""{"jsonrpc":"2.0","id":7,"error":{"code":-32603}}""")), also: "spec-tools-list"),
        Of("spec-error-code", Era.Stateless, (call, right) => At(call, "tools/list", Answer.Error(-32050, "busy")), also: "spec-tools-list"),
        Of("spec-cache-hints", Era.Stateless, (call, right) => At(call, "server/discover", Replace(right, "\"ttlMs\":0", "\"ttlMs\":-1"))),
        Of("spec-cache-hints", Era.Stateless, (call, right) => At(call, "tools/list", Replace(right, "\"ttlMs\":1000,", ""))),
        Of("spec-cache-hints", Era.Stateless, (call, right) => At(call, "tools/list", Replace(right, "\"public\"", "\"all\""))),
        Of("spec-cache-scope", Era.Stateless, (call, right) => At(call, "tools/list", call.Cursor is null
            ? Replace(right, "\"ttlMs\"", "\"nextCursor\":\"2\",\"ttlMs\"")
            : Replace(Replace(Replace(right, "\"public\"", "\"private\""), "echo", "echo2"), "Says it again.", "Says it twice."))),
        Of("spec-cursor", Era.Handshake, (call, right) => At(call, "tools/list", Replace(right, "]}}", "],\"nextCursor\":\"again\"}}"))),
        Of("spec-cursor", Era.Handshake, (call, right) => At(call, "tools/list", Replace(right, "]}}", "],\"nextCursor\":null}}"))),
        Of("spec-tools-declared", Era.Handshake, (call, right) => At(call, "initialize", Replace(right, "{\"tools\":{}}", "{}"))),
        Of("spec-tools-list", Era.Handshake, (call, right) => At(call, "tools/list", Answer.Error(-32601, "Method not found"))),
        OfTool("spec-input-schema", Era.Handshake, """{"name":"t","inputSchema":{"type":"string"}}"""),
        OfTool("spec-input-schema", Era.Stateless, """{"name":"t","inputSchema":{"type":"object","properties":{"a":{"type":"strng"}}}}"""),
        OfTool("spec-input-schema", Era.Stateless, """{"name":"t","inputSchema":{"type":"object","properties":{"a":{"items":[{"type":"string"}]}}}}"""),
        OfTool("spec-input-schema", Era.Stateless, """{"name":"t","inputSchema":{"type":"object","properties":{"a":{"$ref":"#/$defs/none"}}}}"""),
        OfTool("spec-output-schema", Era.Stateless, """{"name":"t","inputSchema":{"type":"object"},"outputSchema":{"type":"object","required":"a"}}"""),
        OfTool("spec-external-reference", Era.Stateless, """{"name":"t","inputSchema":{"type":"object","properties":{"a":{"$ref":"https://example.com/a.json"}}}}"""),
        OfTool("spec-parameter-header", Era.Stateless, """{"name":"t","inputSchema":{"type":"object","properties":{"a":{"type":"number","x-mcp-header":"A"}}}}"""),
        Of("spec-structured-content", Era.Stateless, (call, right) => At(call, "tools/call", Replace(right, "\"structuredContent\":{\"n\":1}", "\"structuredContent\":{\"n\":\"one\"}"))),
        Of("spec-structured-content", Era.Handshake, (call, right) => At(call, "tools/call", Replace(right, "\"structuredContent\":{\"n\":1}", "\"_meta\":{}"))),
        Of("spec-content-type", Era.Stateless, (call, right) => At(call, "tools/list", right with { ContentType = "text/plain" })),
        Of("spec-stream-request", Era.Stateless, (call, right) => At(call, "tools/list", Answer.Events(
            """data: {"jsonrpc":"2.0","id":"s1","method":"ping"}""", "data: " + right.Body) is var stream && right.Status == 200 ? stream : right)),
        Of("spec-session-id", Era.Handshake, (call, right) => At(call, "initialize", right with { Headers = [("Mcp-Session-Id", right.Headers[0].Value.Replace('-', ' '))] })),
        Of("spec-list-varies", Era.Stateless, (call, right) => At(call, "tools/list", Replace(right, "Says it again.", $"For {call.Port}."))),
        Of("spec-unknown-version", Era.Stateless, (call, right) => call.Header("MCP-Protocol-Version") == "1900-01-01" ? Answer.Error(-32600, "Bad") with { Status = 400 } : null),
        Of("spec-unknown-version", Era.Handshake, (call, right) => call.Header("MCP-Protocol-Version") == "1900-01-01" ? Answer.Result("""{"tools":[]}""") : null),
        Of("spec-unknown-method", Era.Stateless, (call, right) => right.Status == 404 ? right with { Status = 200 } : null),
        Of("spec-missing-meta", Era.Stateless, (call, right) => right.Body.Contains("-32602", StringComparison.Ordinal) ? Answer.Result("""{"tools":[]}""") : null),
        Of("spec-header-mismatch", Era.Stateless, (call, right) => right.Body.Contains("-32020", StringComparison.Ordinal) ? Answer.Result("""{"tools":[]}""") : null),
        Of("spec-foreign-origin", Era.Stateless, (call, right) => right.Status == 403 ? Answer.Result("{}") : null),
        Of("spec-foreign-origin", Era.Handshake, (call, right) => right.Status == 403 ? Answer.Result("{}") : null),
        Of("spec-terminated-session", Era.Handshake, (call, right) => right.Status == 404 ? Answer.Error(-32000, "No such session") with { Status = 400 } : null),
        Of("spec-acknowledgement", Era.Stateless, (call, right) => At(call, "subscriptions/listen", Answer.Events(
            """data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}""", right.Body.TrimEnd()))),
    ];

    public static TheoryData<int, string> EveryBroken()
    {
        var rows = new TheoryData<int, string>();
        for (var i = 0; i < Broken.Length; i++)
            rows.Add(i, $"{Broken[i].Rule} {Broken[i].Era}");
        return rows;
    }

    [Theory]
    [MemberData(nameof(EveryBroken))]
    public async Task Server_ThatBreaksOneRule_IsToldThatOneAndNoOther(int row, string name)
    {
        var (rule, era, change, tools, also) = Broken[row];
        await using var server = await StartAsync(era, change, tools);

        var found = await FindAsync(server.Endpoint(), smoke: tools == ConformingServer.Tool && rule is "spec-structured-content");

        string[] expected = also is null ? [rule] : [rule, also];
        Assert.True(expected.Order().SequenceEqual(found.Select(finding => finding.Rule).Distinct().Order()), $"{name}:\n{string.Join('\n', found)}");
        var known = SpecRules.All.Single(each => each.Name == rule);
        Assert.All(found.Where(finding => finding.Rule == rule), finding =>
        {
            Assert.Equal((FindingLevel.Soft, known.Requirement, known.Section), (finding.Level, finding.Requirement!.Value, finding.Section));
            Assert.EndsWith(".", finding.Message, StringComparison.Ordinal);
            Assert.Contains(known.Says, finding.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void EveryRule_HasAServerThatBreaksIt() =>
        Assert.Equal(SpecRules.All.Where(rule => !rule.IsWatched).Select(rule => rule.Name).Order(), Broken.Select(row => row.Rule).Distinct().Order());

    [Theory]
    [InlineData(Era.Handshake)]
    [InlineData(Era.Stateless)]
    public async Task Server_ThatKeepsAllRules_IsToldNone(Era era)
    {
        await using var server = await StartAsync(era, null, ConformingServer.Tool);

        Assert.Empty(await FindAsync(server.Endpoint(), smoke: true));
        Assert.DoesNotContain(server.Calls, call => call.Method == "tools/call" && call.Header("Origin") is not null);
    }

    /// <summary>What is found was looked at by hand: every one is an answer that the specification does not allow.</summary>
    [Theory]
    [InlineData("everything", "spec-terminated-session")]
    [InlineData("everything-sse")]
    [InlineData("map")]
    [InlineData("context7")]
    [InlineData("mcp-proxy")]
    [InlineData("playwright", "spec-foreign-origin")]
    public async Task RealServer_IsToldNothingThatIsNotSo(string name, params string[] rules)
    {
        await using var server = await RealServers.StartAsync(name);

        var found = await FindAsync(new Endpoint { Id = name, Url = server.Url, Timeout = Patience }, smoke: false);

        Assert.True(rules.SequenceEqual(found.Select(finding => finding.Rule)), string.Join('\n', found));
    }

    [Fact]
    public async Task AStdioServer_IsToldNothing() =>
        Assert.Empty(await FindAsync(new Endpoint { Id = "stdio", Command = RealServers.EverythingStdio, Timeout = Patience }, smoke: false));

    /// <summary>What a model chooses by. No published server of 70 is told any of it (published-servers.md).</summary>
    [Theory]
    [InlineData("""{"name":"a","inputSchema":{"type":"object"}}""", "choice-no-description")]
    [InlineData("""{"name":"a","description":" \n-","inputSchema":{"type":"object"}}""", "choice-no-description")]
    [InlineData("""{"name":"a","description":"Search.","inputSchema":{"type":"object"}}""", "choice-short-description")]
    [InlineData("""{"name":"a","description":"Finds an order.","inputSchema":{"type":"object"}},{"name":"b","description":"finds an  ORDER","inputSchema":{"type":"object"}}""", "choice-same-description")]
    [InlineData("""{"name":"a","description":"Finds orders.","inputSchema":{"type":"object"}},{"name":"b","description":"Finds an order.","inputSchema":{"type":"object"}}""")]
    [InlineData("""{"name":"a","description":"在目录中查找订单并返回其状态和金额","inputSchema":{"type":"object"}}""")]
    public async Task Tools_ThatAModelCannotTellApart_AreNamed(string tools, params string[] rules)
    {
        await using var server = await ConformingServer.StatelessAsync(tools: tools);

        var found = await FindAsync(server.Endpoint(), smoke: false);

        Assert.Equal(rules, found.Select(finding => finding.Rule));
        Assert.All(found, finding => Assert.Null(finding.Requirement));
    }

    [Theory]
    [InlineData("must", "spec-result-type", Verdict.Down)]
    [InlineData("should", "spec-result-type", Verdict.Down)]
    [InlineData("must", "spec-external-reference", Verdict.Healthy)]
    [InlineData("should", "spec-external-reference", Verdict.Down)]
    [InlineData(null, "spec-result-type", Verdict.Healthy)]
    public async Task Condition_DecidesWhetherARuleCounts(string? least, string rule, Verdict verdict)
    {
        var row = Broken.First(each => each.Rule == rule);
        await using var server = await StartAsync(row.Era, row.Change, row.Tools);
        using var prober = new McpProber(new ProberOptions(), TimeProvider.System);
        var conditions = new Conditions { Specification = least switch { "must" => Requirement.Must, "should" => Requirement.Should, _ => null } };

        var result = await prober.ProbeAsync(server.Endpoint() with { Conditions = conditions }, TestContext.Current.CancellationToken);

        Assert.Equal(verdict, result.Verdict);
        Assert.Equal(least is not null, result.Conditions.Any(condition => condition.Name == "specification"));
        if (verdict is Verdict.Down)
        {
            Assert.Equal((FailureKind.ConditionFailed, Phase.Catalog), (result.Failure!.Kind, result.Failure.Phase!.Value));
            Assert.Contains(rule, result.Failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(1, Verdict.Degraded)]
    [InlineData(100_000, Verdict.Healthy)]
    public async Task MaxTokens_DegradesACatalogueThatIsTooDear(int most, Verdict verdict)
    {
        await using var server = await ConformingServer.StatelessAsync();
        using var prober = new McpProber(new ProberOptions(), TimeProvider.System);

        var result = await prober.ProbeAsync(server.Endpoint() with { Conditions = new Conditions { MaxTokens = most } }, TestContext.Current.CancellationToken);

        Assert.Equal(verdict, result.Verdict);
        Assert.Equal(verdict is Verdict.Healthy, result.Conditions.Single(condition => condition.Name == "budget-tokens").Passed);
        Assert.InRange(result.Catalog!.Tokens!.Value, 10, 200);
    }

    /// <summary>What a probe that finds nothing new costs does not grow: what was found before is not looked for again.</summary>
    [Fact]
    public async Task AnUnchangedCatalogue_BringsWhatWasFoundBefore()
    {
        var row = Broken.First(each => each.Rule == "spec-external-reference");
        await using var server = await StartAsync(row.Era, row.Change, row.Tools);
        using var prober = new McpProber(new ProberOptions(), TimeProvider.System);

        var first = await prober.ProbeConfirmedAsync(server.Endpoint(), _ => null, TestContext.Current.CancellationToken);
        var second = await prober.ProbeConfirmedAsync(server.Endpoint(), _ => first.Catalog!.Hash, TestContext.Current.CancellationToken);

        Assert.Null(second.Snapshot);
        Assert.Equal(first.Specification, second.Specification);
        Assert.Equal(first.Catalog, second.Catalog);
        Assert.Equal("spec-external-reference", Assert.Single(second.Specification!).Rule);
    }

    private static Task<StubMcp> StartAsync(Era era, Func<Call, Answer, Answer?>? change, string tools) =>
        era is Era.Stateless ? ConformingServer.StatelessAsync(change, tools) : ConformingServer.HandshakeAsync(change, tools);

    private static async Task<IReadOnlyList<Finding>> FindAsync(Endpoint endpoint, bool smoke)
    {
        var options = new ProberOptions();
        using var prober = new McpProber(options, TimeProvider.System);
        var result = await prober.ProbeAsync(endpoint with { Smoke = smoke ? new SmokeCall { Tool = "echo" } : null }, TestContext.Current.CancellationToken);
        var look = await new DeepProber(options, TimeProvider.System).LookAsync(endpoint, result, TestContext.Current.CancellationToken);
        Assert.Null(look.Unfinished);
        return [.. result.Specification ?? [], .. look.Findings];
    }

    private static Row Of(string rule, Era era, Func<Call, Answer, Answer?> change, string? also = null) => new(rule, era, change, ConformingServer.Tool, also);

    private static Row OfTool(string rule, Era era, string tool) => new(rule, era, null, tool.Replace("\"name\":\"t\"", "\"name\":\"t\",\"description\":\"Does one thing.\"", StringComparison.Ordinal), null);

    private static Answer? At(Call call, string method, Answer answer) => call.Method == method && call.Header("Origin") is null ? answer : null;

    private static Answer Replace(Answer answer, string old, string by) => answer with { Body = answer.Body.Replace(old, by, StringComparison.Ordinal) };

    /// <param name="Also">What cannot be broken without breaking this too.</param>
    private sealed record Row(string Rule, Era Era, Func<Call, Answer, Answer?>? Change, string Tools, string? Also);
}
