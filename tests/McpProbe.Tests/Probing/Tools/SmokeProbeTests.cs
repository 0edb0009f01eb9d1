using System.Text.Json;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Tests.Probing.StubMcp;

namespace McpProbe.Tests.Probing.Tools;

/// <summary>The tool call that ends a probe: which tool is asked, how, and what its answer means.</summary>
public class SmokeProbeTests
{
    private static readonly McpProber Prober = new(new ProberOptions { Secrets = _ => "s3cret-token" }, TimeProvider.System);

    private static readonly SmokeCall Echo = new() { Tool = "echo" };

    private static CancellationToken TestToken => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string?> Answers => new()
    {
        // Expectation, the tool's result, what the message says (null: healthy).
        { "{}", """{"content":[]}""", null },
        { "{}", """{"content":[{"type":"text","text":"hi"}],"isError":false,"structuredContent":null}""", null },
        { "{}", """{"content":[{"type":"image","data":"AA==","mimeType":"image/png"}]}""", null },
        { "{}", """{"content":[{"type":"text","text":"no disk\nleft"}],"isError":true}""", "'echo' reports an error (it says: no disk left)" },
        { "{}", """{"content":[],"isError":true}""", "reports an error (it says nothing)" },
        { """{"error":true}""", """{"content":[{"type":"text","text":"no such file"}],"isError":true}""", null },
        { """{"error":true}""", """{"content":[{"type":"text","text":"done"}]}""", "was to report an error and reports none (it says: done)" },
        { """{"text":"ok"}""", """{"content":[{"type":"text","text":"all ok here"}]}""", null },
        { """{"text":"a\nb"}""", """{"content":[{"type":"text","text":"a"},{"type":"audio","text":"no"},{"text":"b","type":"text"}]}""", null },
        { """{"text":"OK"}""", """{"content":[{"type":"text","text":"all ok here"}]}""", "does not say 'OK' (it says: all ok here)" },
        { """{"text":"fine"}""", """{"content":[{"type":"text","text":"s3cret-token"}]}""", "(it says: ***)" },
        { """{"error":true,"text":"denied"}""", """{"content":[{"type":"text","text":"no such file"}],"isError":true}""", "does not say 'denied'" },
        { """{"content":{"/sum":"3"}}""", """{"content":[],"structuredContent":{"sum":3.0}}""", null },
        { """{"content":{"":"[1]"}}""", """{"content":[],"structuredContent":[1]}""", null },
        { """{"content":{"/a~1b/~0/1":"{\"x\":1,\"y\":[]}"}}""", """{"content":[],"structuredContent":{"a/b":{"~":[0,{"y":[],"x":1e0}]}}}""", null },
        { """{"content":{"/\u00e9":"\"\u00e9\""}}""", """{"content":[],"structuredContent":{"\u00e9":"é"}}""", null },
        { """{"content":{"/sum":"3"}}""", """{"content":[],"structuredContent":{"sum":"3"}}""", "gives \"3\" at '/sum' of its structuredContent, where 3 is expected" },
        { """{"content":{"/sum":"3","/n":"1"}}""", """{"content":[],"structuredContent":{"n":1}}""", "gives nothing at '/sum'" },
        { """{"content":{"/a/01":"1"}}""", """{"content":[],"structuredContent":{"a":[0,1]}}""", "gives nothing at '/a/01'" },
        { """{"content":{"/a/2":"1"}}""", """{"content":[],"structuredContent":{"a":[0,1]}}""", "gives nothing at '/a/2'" },
        { """{"content":{"/a/b":"1"}}""", """{"content":[],"structuredContent":{"a":1}}""", "gives nothing at '/a/b'" },
        { """{"content":{"/sum":"3"}}""", """{"content":[{"type":"text","text":"3"}]}""", "has no structuredContent" },
        { "{}", "[]", "is not a tool's result (it is not an object)" },
        { "{}", "{}", "(it has no content)" },
        { "{}", """{"content":{}}""", "(its content is not an array)" },
        { "{}", """{"content":["text"]}""", "(content[0] is not an object)" },
        { "{}", """{"content":[{"text":"x"}]}""", "(content[0] has no type)" },
        { "{}", """{"content":[{"type":"text","text":"x"},{"type":"text"}]}""", "(content[1] is a text without text)" },
        { "{}", """{"content":[],"isError":"no"}""", "(its isError is not a boolean)" },
        { "{}", """{"content":[],"\ud800":1,"isError":true}""", "reports an error" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task ProbeAsync_ToolAnswers_IsHealthyOnlyIfItIsTheExpectedAnswer(string expectation, string answer, string? message)
    {
        foreach (var era in Enum.GetValues<Era>())
        {
            await using var stub = await StartAsync(call => call.Method == "tools/call" ? Answer.Result(answer) : AnswerOf(era, call));

            var result = await Prober.ProbeAsync(stub.Endpoint() with { Bearer = "${env:TOKEN}", Smoke = Expecting(expectation) }, TestToken);

            AssertSmoke(result, message);
            Assert.Equal(era, result.Era);
        }
    }

    [Theory]
    [InlineData("input_required", true, "asks for more input")]
    [InlineData("complete", false, "it has no content")]
    [InlineData("task", false, "its resultType is 'task'")]
    public async Task ProbeAsync_ResultTypeOfTheStatelessEra_IsReadBeforeTheResult(string type, bool passes, string detail)
    {
        await using var stub = await StartAsync(call => call.Method == "tools/call"
            ? Answer.Result($"{{\"resultType\":\"{type}\",\"inputRequests\":{{\"name\":{{\"method\":\"elicitation/create\"}}}}}}")
            : Stateless(call));

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo with { ExpectText = "anything" } }, TestToken);

        var condition = Assert.Single(result.Conditions, condition => condition.Name == "smoke");
        Assert.Equal((passes, passes ? null : FailureKind.SmokeFailed), (condition.Passed, result.Failure?.Kind));
        Assert.Contains(detail, condition.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProbeAsync_ResultTypeInTheHandshakeEra_IsAFieldLikeAnyOther()
    {
        await using var stub = await StartAsync(call => call.Method == "tools/call"
            ? Answer.Result("""{"resultType":"input_required","content":[]}""")
            : Handshake(call));

        AssertSmoke(await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo }, TestToken), null);
    }

    [Theory]
    [InlineData(Era.Handshake, """{"name":"echo","arguments":{ "b" : 1.0, "a":"ü" }}""")]
    [InlineData(Era.Stateless, """{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"mcpprobe","version":"VERSION"}},"name":"echo","arguments":{ "b" : 1.0, "a":"ü" }}""")]
    public async Task ProbeAsync_EachEra_SendsTheArgumentsAsTheyAreGiven(Era era, string parameters)
    {
        await using var stub = await StartAsync(call => call.Method == "tools/call" ? Answer.Result("""{"content":[]}""") : AnswerOf(era, call));

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo with { Arguments = "{\n\"b\"\t: 1.0,\r\n\"a\":\"ü\" }" } }, TestToken);

        AssertSmoke(result, null);
        var call = Assert.Single(stub.Calls, call => call.Method == "tools/call");
        var sent = call.Message.GetProperty("params").GetRawText();
        Assert.Equal(parameters.Replace("VERSION", ClientInfo.Version, StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal),
            sent.Replace(" ", "", StringComparison.Ordinal).Replace("\t", "", StringComparison.Ordinal));
        Assert.DoesNotContain('\n', sent);
        Assert.Equal(era is Era.Stateless ? ("tools/call", "echo") : (null, null), (call.Header("Mcp-Method"), call.Header("Mcp-Name")));
        Assert.Equal("tools/call", stub.Calls.Last(call => call.HttpMethod == "POST").Method);
    }

    [Theory]
    [InlineData("get it", "get it")]
    [InlineData("größe", "=?base64?Z3LDtsOfZQ==?=")]
    public async Task ProbeAsync_ToolsName_IsEncodedForItsHeader(string tool, string header)
    {
        await using var stub = await StartAsync(call => call.Method switch
        {
            "tools/list" => Answer.Result($$$"""{"tools":[{"name":{{{JsonSerializer.Serialize(tool)}}},"inputSchema":{"type":"object"}}]}"""),
            "tools/call" => Answer.Result("""{"content":[]}"""),
            _ => Stateless(call),
        });

        AssertSmoke(await Prober.ProbeAsync(stub.Endpoint() with { Smoke = new SmokeCall { Tool = tool } }, TestToken), null);

        var call = stub.Calls.Last();
        Assert.Equal((tool, header), (call.Message.GetProperty("params").GetProperty("name").GetString(), call.Header("Mcp-Name")));
    }

    [Theory]
    [InlineData(-32602, "Unknown tool: s3cret-token", 200, "JSON-RPC error -32602 (Unknown tool: ***)")]
    [InlineData(-32020, "Header mismatch", 400, "JSON-RPC error -32020 (Header mismatch)")]
    [InlineData(-32601, "Method not found", 404, "JSON-RPC error -32601 (Method not found)")]
    public async Task ProbeAsync_CallIsAnsweredWithAnRpcError_IsSmokeFailed(int code, string words, int status, string message)
    {
        await using var stub = await StartAsync(call => call.Method == "tools/call"
            ? Answer.Error(code, words) with { Status = status }
            : Stateless(call));

        AssertSmoke(await Prober.ProbeAsync(stub.Endpoint() with { Bearer = "${env:TOKEN}", Smoke = Echo }, TestToken), message);
    }

    [Theory]
    [InlineData(503, null, "", FailureKind.HttpStatus)]
    [InlineData(401, null, "", FailureKind.Gated)]
    [InlineData(404, null, "", FailureKind.HttpStatus)]
    [InlineData(302, null, "", FailureKind.Redirect)]
    [InlineData(200, "text/html", "<html></html>", FailureKind.NotMcp)]
    [InlineData(200, "application/json", "{", FailureKind.BadJson)]
    [InlineData(200, "application/json", "", FailureKind.NoReply)]
    public async Task ProbeAsync_CallIsNotAnsweredByTheServerProper_KeepsTheKindInThePhaseSmoke(int status, string? type, string body, FailureKind kind)
    {
        await using var stub = await StartAsync(call => call.Method == "tools/call" ? new Answer(status, type, body) : Handshake(call));

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo }, TestToken);

        Assert.Equal((kind, Phase.Smoke), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.NotNull(result.Catalog);
        Assert.Equal(new ConditionResult("smoke", false, result.Failure!.Message), result.Conditions[^1]);
    }

    [Fact]
    public async Task ProbeAsync_AnswerOverTheLimit_IsTooLargeInThePhaseSmoke()
    {
        await using var stub = await StartAsync(call => call.Method == "tools/call"
            ? Answer.Result($$"""{"content":[{"type":"text","text":"{{new string('x', 70_000)}}"}]}""")
            : Handshake(call));
        var prober = new McpProber(new ProberOptions { Limits = ProbeLimits.Default with { ResponseBytes = 64 * 1024 } }, TimeProvider.System);

        var result = await prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo }, TestToken);

        Assert.Equal((FailureKind.TooLarge, Phase.Smoke), (result.Failure?.Kind, result.Failure?.Phase));
    }

    [Fact]
    public async Task ProbeAsync_HugeWords_LeaveOneShortLine()
    {
        await using var stub = await StartAsync(call => call.Method == "tools/call"
            ? Answer.Result($$"""{"content":[{"type":"text","text":"{{new string('x', 70_000)}}\u001b[31m"}],"isError":true}""")
            : Handshake(call));

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo }, TestToken);

        Assert.InRange(result.Failure!.Message.Length, 200, 400);
    }

    [Fact]
    public async Task ProbeAsync_HangingTool_TimesOutInThePhaseSmoke()
    {
        var time = new FakeTimeProvider();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stub = await StartAsync(call =>
        {
            if (call.Method != "tools/call")
                return Handshake(call);
            reached.TrySetResult();
            return null;
        });

        var probe = new McpProber(new ProberOptions(), time).ProbeAsync(stub.Endpoint() with { Smoke = Echo, Timeout = TimeSpan.FromSeconds(7) }, TestToken);
        await reached.Task.WaitAsync(TestToken);
        time.Advance(TimeSpan.FromSeconds(7));
        var result = await probe;

        Assert.Equal((FailureKind.Timeout, Phase.Smoke), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.Contains("did not answer the smoke call within 7 s", result.Failure!.Message, StringComparison.Ordinal);
        Assert.Null(result.Timings.SmokeMs);
        Assert.Equal("DELETE", stub.Asked.Last());
    }

    [Fact]
    public async Task ProbeAsync_Cancelled_SaysNothingOfTheTool()
    {
        using var caller = new CancellationTokenSource();
        await using var stub = await StartAsync(call =>
        {
            if (call.Method != "tools/call")
                return Handshake(call);
            caller.Cancel();
            return null;
        });

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo }, caller.Token);

        Assert.Equal(FailureKind.Cancelled, result.Failure?.Kind);
        Assert.DoesNotContain(result.Conditions, condition => condition.Name == "smoke");
    }

    [Fact]
    public async Task ProbeAsync_AnotherConditionFails_CallsNoTool()
    {
        await using var stub = await StartAsync(call => Handshake(call));

        var result = await Prober.ProbeAsync(
            stub.Endpoint() with { Smoke = Echo, Conditions = new Conditions { RequireTools = ["search"] } }, TestToken);

        Assert.Equal(FailureKind.MissingTool, result.Failure?.Kind);
        Assert.DoesNotContain("POST tools/call", stub.Asked);
        Assert.DoesNotContain(result.Conditions, condition => condition.Name == "smoke");
    }

    // Tools that no official client can list are called too, where that is allowed.
    private static readonly Conditions AnyTools = new() { ToolsUsable = false };

    public static TheoryData<string[], string?> Tools => new()
    {
        // The catalogue, the tool that is called unasked (null: none).
        { ["""{"name":"a"}""", """{"name":"b","annotations":{"readOnlyHint":false}}""", """{"name":"c","annotations":{"readOnlyHint":"true"},"inputSchema":{}}"""], null },
        { ["""{"name":"z","annotations":{"readOnlyHint":true},"inputSchema":{}}""", """{"name":"b","annotations":{"readOnlyHint":true},"inputSchema":{"required":[]}}"""], "b" },
        { ["""{"name":"a","annotations":{"readOnlyHint":true},"inputSchema":{"required":["x"]}}""", """{"name":"b","annotations":{"readOnlyHint":true},"inputSchema":{"type":"object"}}"""], "b" },
        { ["""{"name":"a","annotations":{"readOnlyHint":true,"destructiveHint":true},"inputSchema":{}}""", """{"name":"b","annotations":{"readOnlyHint":true,"destructiveHint":false},"inputSchema":{}}"""], "b" },
        { ["""{"name":"a","annotations":{"readOnlyHint":true},"inputSchema":{"anyOf":[{"required":["x"]}]}}"""], null },
        { ["""{"name":"a","annotations":{"readOnlyHint":true},"inputSchema":{"minProperties":1}}"""], null },
        { ["""{"name":"a","annotations":{"readOnlyHint":true}}"""], null },
        { ["""{"name":"a","annotations":[true]}"""], null },
        { ["""{"name":"a","annotations":{"readOnlyHint":true},"inputSchema":{"properties":{"x":{"type":"string","x-mcp-header":""}}}}""", """{"name":"b","annotations":{"readOnlyHint":true},"inputSchema":{}}"""], "b" },
        // Without any property before one that can be left out, whatever their order.
        { [Reads("a", """{"type":"object","properties":{"x":{}}}"""), Reads("b", """{"type":"object","properties":{}}""")], "b" },
        { [Reads("a", """{"type":"object","properties":{"x":{}},"required":["x"]}"""), Reads("b", """{"type":"object","properties":{"y":{}}}"""), Reads("c", """{"type":"object","properties":{"z":{}}}""")], "b" },
        { [Reads("a", """{"type":"object","properties":{"x":{}}}"""), """{"name":"b","inputSchema":{"type":"object"}}"""], "a" },
    };

    private static string Reads(string name, string schema) => $$"""{"name":"{{name}}","annotations":{"readOnlyHint":true},"inputSchema":{{schema}}}""";

    [Theory]
    [MemberData(nameof(Tools))]
    public async Task ProbeAsync_NoToolNamed_CallsTheFirstThatIsHarmlessOrNone(string[] tools, string? called)
    {
        await using var stub = await StartAsync(call => call.Method switch
        {
            "tools/list" => Answer.Result($$"""{"tools":[{{string.Join(',', tools)}}]}"""),
            "tools/call" => Answer.Result("""{"content":[]}"""),
            _ => Stateless(call),
        });

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = new SmokeCall(), Conditions = AnyTools }, TestToken);

        AssertSmoke(result, called is null ? "No tool says that it only reads" : null);
        Assert.Equal(called, stub.Calls.SingleOrDefault(call => call.Method == "tools/call")?.Message.GetProperty("params").GetProperty("name").GetString());
    }

    [Fact]
    public async Task ProbeAsync_NamedToolIsNotInTheCatalogue_IsSmokeFailedWithoutACall()
    {
        await using var stub = await StartAsync(call => Handshake(call));

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = new SmokeCall { Tool = "search" } }, TestToken);

        AssertSmoke(result, "The catalogue has no tool 'search'");
        Assert.DoesNotContain("POST tools/call", stub.Asked);
    }

    [Theory]
    [InlineData(Era.Stateless, "must not be called: the x-mcp-header 'a b' is no name of an HTTP header")]
    [InlineData(Era.Handshake, null)]
    public async Task ProbeAsync_NamedToolWithAWrongHeaderDefinition_IsCalledOnlyWhereThatMeansNothing(Era era, string? message)
    {
        await using var stub = await StartAsync(call => call.Method switch
        {
            "tools/list" => Answer.Result("""{"tools":[{"name":"echo","inputSchema":{"type":"object","properties":{"x":{"type":"string","x-mcp-header":"a b"}}}}]}"""),
            "tools/call" => Answer.Result("""{"content":[]}"""),
            _ => AnswerOf(era, call),
        });

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo }, TestToken);

        AssertSmoke(result, message);
        Assert.Equal(1, result.Catalog?.Tools);
        Assert.Equal(message is null, stub.Asked.Contains("POST tools/call"));
    }

    [Fact]
    public async Task ProbeAsync_HeadersOfParameters_GoWithTheCallAlone()
    {
        await using var stub = await StartAsync(call => call.Method switch
        {
            "tools/list" => Answer.Result("""{"tools":[{"name":"echo","inputSchema":{"type":"object","properties":{"x":{"type":"string","x-mcp-header":"Region"}}}}]}"""),
            "tools/call" => Answer.Result("""{"content":[]}"""),
            _ => Stateless(call),
        });

        AssertSmoke(await Prober.ProbeAsync(stub.Endpoint() with { Smoke = Echo with { Arguments = """{"x":" eu"}""" } }, TestToken), null);

        Assert.Equal([null, null, "=?base64?IGV1?="], stub.Calls.Select(call => call.Header("Mcp-Param-Region")));
    }

    [Theory]
    [InlineData("[]", "/a", "1", "arguments of the smoke call are not a JSON object")]
    [InlineData("{", "/a", "1", "arguments of the smoke call are not a JSON object")]
    [InlineData("{}", "a", "1", "'a', where the smoke call expects a value, is not a JSON pointer")]
    [InlineData("{}", "/a~2", "1", "is not a JSON pointer")]
    [InlineData("{}", "/a", "ok", "expects at '/a' is not JSON")]
    public async Task ProbeAsync_SmokeCallThatCannotBeRead_AsksNothing(string arguments, string place, string value, string message)
    {
        await using var stub = await StartAsync(call => Handshake(call));

        var result = await Prober.ProbeAsync(stub.Endpoint() with
        {
            Smoke = new SmokeCall { Arguments = arguments, ExpectContent = new Dictionary<string, string> { [place] = value } },
        }, TestToken);

        Assert.Equal(FailureKind.Config, result.Failure?.Kind);
        Assert.Contains(message, result.Failure!.Message, StringComparison.Ordinal);
        Assert.Empty(stub.Calls);
    }

    private static Answer AnswerOf(Era era, Call call) => era is Era.Stateless ? Stateless(call) : Handshake(call);

    private static SmokeCall Expecting(string expectation)
    {
        var json = JsonSerializer.Deserialize<JsonElement>(expectation);
        return Echo with
        {
            ExpectText = json.TryGetProperty("text", out var text) ? text.GetString() : null,
            ExpectError = json.TryGetProperty("error", out _),
            ExpectContent = json.TryGetProperty("content", out var content)
                ? content.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.GetString()!)
                : [],
        };
    }

    /// <param name="message">Null: the call went as expected.</param>
    private static void AssertSmoke(ProbeResult result, string? message)
    {
        var log = string.Join('\n', result.Log);
        if (message is null)
        {
            Assert.True(result.Verdict is Verdict.Healthy, log);
            Assert.Equal(new ConditionResult("smoke", true), result.Conditions[^1]);
            Assert.InRange(result.Timings.SmokeMs!.Value, 0.01, result.Timings.TotalMs);
            return;
        }

        Assert.True((result.Failure?.Kind, result.Failure?.Phase, result.Verdict) == (FailureKind.SmokeFailed, Phase.Smoke, Verdict.Down), log);
        Assert.Contains(message, result.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.SmokeFailed, result.Failure.ExitCodeOf());
        Assert.Equal(new ConditionResult("smoke", false, result.Failure.Message), result.Conditions[^1]);
    }
}
