using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using static McpProbe.Tests.Probing.StubMcp;

namespace McpProbe.Tests.Probing.Checks;

public class OtherListsTests
{
    private static readonly McpProber Prober = new(new ProberOptions { Secrets = _ => null }, TimeProvider.System);

    private static readonly Conditions Both = new() { RequireLists = [OtherList.Resources, OtherList.Prompts] };

    private static CancellationToken TestToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Era.Handshake)]
    [InlineData(Era.Stateless)]
    public async Task ProbeAsync_RequiredListsAreAnswered_AreConditionsThatHold(Era era)
    {
        await using var stub = await StartAsync(call => call.Method switch
        {
            "resources/list" => Answer.Result("""{"nextCursor":"more","resources":[{"uri":"file:///a","name":"a"}]}"""),
            "prompts/list" => Answer.Result("""{"prompts":[]}"""),
            _ => era is Era.Stateless ? Stateless(call) : Handshake(call),
        });

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Conditions = Both }, TestToken);

        Assert.True(result.Verdict is Verdict.Healthy, string.Join('\n', result.Log));
        Assert.Equal([new("tools-non-empty", true), new("tools-usable", true), new("resources-list", true), new("prompts-list", true)], result.Conditions);
        Assert.Equal(
            ["POST tools/list", "POST resources/list", "POST prompts/list"],
            stub.Asked.Where(asked => asked.EndsWith("/list", StringComparison.Ordinal)));
        Assert.Equal(era is Era.Stateless ? "resources/list" : null, stub.Calls.Single(call => call.Method == "resources/list").Header("Mcp-Method"));
    }

    public static TheoryData<int, string?, string, string> WrongAnswers => new()
    {
        { 200, "application/json", """{"jsonrpc":"2.0","id":$ID,"error":{"code":-32601,"message":"Method not found"}}""", "answered prompts/list with the JSON-RPC error -32601" },
        { 404, null, "", "HTTP 404" },
        { 200, "application/json", """{"jsonrpc":"2.0","id":$ID,"result":{}}""", "The result of prompts/list has no list 'prompts'" },
        { 200, "application/json", """{"jsonrpc":"2.0","id":$ID,"result":{"prompts":{}}}""", "has no list 'prompts'" },
        { 200, "application/json", """{"jsonrpc":"2.0","id":$ID,"result":[]}""", "has no list 'prompts'" },
        { 200, "text/html", "<html></html>", "text/html" },
    };

    [Theory]
    [MemberData(nameof(WrongAnswers))]
    public async Task ProbeAsync_RequiredListIsNotGiven_IsAConditionThatFails(int status, string? type, string body, string message)
    {
        await using var stub = await StartAsync(call => call.Method switch
        {
            "resources/list" => Answer.Result("""{"resources":[]}"""),
            "prompts/list" => new Answer(status, type, body),
            _ => Handshake(call),
        });

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Conditions = Both, Smoke = new SmokeCall { Tool = "echo" } }, TestToken);

        Assert.Equal((FailureKind.ConditionFailed, Phase.Catalog), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.Contains(message, result.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(new ConditionResult("prompts-list", false, result.Failure.Message), result.Conditions[^1]);
        Assert.Contains(new ConditionResult("resources-list", true), result.Conditions);
        Assert.DoesNotContain("POST tools/call", stub.Asked);
    }

    [Fact]
    public async Task ProbeAsync_ToolsFailToo_AreTheFailureBeforeTheLists()
    {
        await using var stub = await StartAsync(call => call.Method == "tools/list" ? Answer.Result("""{"tools":[]}""") : Handshake(call));

        var result = await Prober.ProbeAsync(stub.Endpoint() with { Conditions = Both }, TestToken);

        Assert.Equal(FailureKind.EmptyCatalog, result.Failure?.Kind);
        Assert.Equal(["tools-non-empty", "resources-list", "prompts-list"], result.Conditions.Select(condition => condition.Name));
        Assert.All(result.Conditions, condition => Assert.False(condition.Passed));
    }
}
