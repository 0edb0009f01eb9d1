using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using static McpProbe.Tests.Probing.StubMcp;

namespace McpProbe.Tests.Probing;

/// <summary>What clients overlook, the prober overlooks too, and says so in a note.</summary>
public class ToleranceTests
{
    private const string Mark = "\uFEFF";

    private static McpProber Prober => new(new ProberOptions(), TimeProvider.System);

    private static CancellationToken TestToken => TestContext.Current.CancellationToken;

    private static readonly string Reply = $$$"""{"jsonrpc":"2.0","id":$ID,"result":{"tools":[{{{Tool}}}],"resultType":"complete"}}""";

    private static string Event(string data) => $"data: {data}\n\n";

    /// <summary>Type and body of the answer to tools/list, and the note's rule.</summary>
    public static TheoryData<string, string, string, string> Bodies => new()
    {
        { "a mark before JSON", "application/json", Mark + Reply, "interop-byte-order-mark" },
        { "a mark before the stream", "text/event-stream", Mark + Event(Reply), "" },
        { "a mark before an event's data", "text/event-stream", Event(Mark + Reply), "interop-byte-order-mark" },
        { "a type with nothing after its semicolon", "application/json;", Reply, "interop-content-type" },
        { "a type with white space after it", "application/json ;  ", Reply, "interop-content-type" },
        { "a type with a broken parameter", "application/json; charset=", Reply, "interop-content-type" },
        { "a type with a broken parameter's name", "application/json; utf-8", Reply, "" },
        { "the type twice", "application/json, application/json", Reply, "interop-content-type" },
        { "the type twice, with parameters", "application/json; charset=utf-8, application/json; charset=utf-8", Reply, "interop-content-type" },
        { "the stream's type twice", "text/event-stream, text/event-stream", Event(Reply), "interop-content-type" },
        { "the stream's type in other letters", "Text/Event-Stream; charset=utf-8", Event(Reply), "" },
        { "ping first", "text/event-stream", Event("ping") + Event(Reply), "interop-stray" },
        { "an empty object first", "text/event-stream", Event("{}") + Event(Reply), "interop-stray" },
        { "a heartbeat first", "text/event-stream", Event("""{"type":"heartbeat","ts":1}""") + Event(Reply), "interop-stray" },
        { "null first", "text/event-stream", Event("null") + Event(Reply), "interop-stray" },
        { "an array first", "text/event-stream", Event("[]") + Event(Reply), "interop-stray" },
        { "a number first", "text/event-stream", Event("1732272000") + Event(Reply), "interop-stray" },
        { "HTML first", "text/event-stream", Event("<p>hello</p>") + Event(Reply), "interop-stray" },
        { "a comment first", "text/event-stream", ": ping\n\n" + Event(Reply), "" },
        { "an event of another type first", "text/event-stream", "event: ping\ndata: 2026-11-22\n\n" + Event(Reply), "" },
        { "an empty event first", "text/event-stream", "data:\n\n" + Event(Reply), "" },
        { "no empty line after the last event", "text/event-stream", $"data: {Reply}\n", "interop-unfinished-event" },
        { "no line end after the last event", "text/event-stream", $"event: message\ndata: {Reply}", "interop-unfinished-event" },
        { "CR LF, and no empty line", "text/event-stream", $"data: ping\r\n\r\ndata: {Reply}\r\n", "interop-unfinished-event" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Probe_AnswerThatClientsOverlookTheFaultOf_IsHealthyAndSaid(string because, string type, string body, string rule)
    {
        await using var stub = await StartAsync(call => call.Method == "tools/list"
            ? new Answer(200, null, body) { Headers = [("Content-Type", type)] }
            : Stateless(call));

        var result = await Prober.ProbeAsync(stub.Endpoint(), TestToken);

        Assert.True(result.Verdict is Verdict.Healthy, $"{because}: {result.Failure}");
        Assert.Contains(result.Findings.Select(finding => finding.Rule).Append(""), found => found == rule);
        if (rule.Length == 0)
            Assert.Empty(result.Findings);
    }

    [Theory]
    [InlineData("$ID.0")]
    [InlineData("$IDe0")]
    [InlineData("$ID.000")]
    [InlineData("$ID0e-1")]
    [InlineData("$ID.0E+0")]
    public async Task Probe_IdsOfTheSameValue_AreTheRequestsAndSaidAtEachProbe(string id)
    {
        foreach (var answer in (Func<Call, Answer>[])[call => Handshake(call), call => Stateless(call)])
        {
            await using var stub = await StartAsync(call => answer(call) is var given && given.Body.Length > 0
                ? given with { Body = given.Body.Replace("$ID", id, StringComparison.Ordinal) } : given);
            var prober = Prober;

            var first = await prober.ProbeConfirmedAsync(stub.Endpoint(), null, TestToken);
            var second = await prober.ProbeConfirmedAsync(stub.Endpoint(), _ => first.Catalog!.Hash, TestToken);
            var third = await prober.ProbeConfirmedAsync(stub.Endpoint(), _ => first.Catalog!.Hash, TestToken);

            Assert.All([first, second, third], result =>
            {
                Assert.True(result.Verdict is Verdict.Healthy, $"{result.Failure}");
                Assert.Equal(["handshake", "catalog"], result.Findings.Where(finding => finding.Rule == "interop-id").Select(finding => finding.Path));
                Assert.Equal(first.Findings, result.Findings);
            });
        }
    }

    [Theory]
    [InlineData("$ID.5")]
    [InlineData("\"$ID\"")]
    [InlineData("1$ID.0")]
    [InlineData("1e400")]
    [InlineData("-$ID.0")]
    public async Task Probe_IdsOfAnotherValue_AreNoReply(string id)
    {
        await using var stub = await StartAsync(call => call.Method == "tools/list"
            ? new Answer(200, "application/json", Reply.Replace("$ID", id, StringComparison.Ordinal))
            : Stateless(call));

        Assert.Equal(FailureKind.NoReply, (await Prober.ProbeAsync(stub.Endpoint(), TestToken)).Failure?.Kind);
    }

    [Fact]
    public async Task Probe_OnlyStrays_IsWhatTheFirstOneIs()
    {
        await using var stub = await StartAsync(call => call.Method == "tools/list" ? Answer.Events("data: {}", "data: ping") : Stateless(call));

        Assert.Equal((FailureKind.NotMcp, Phase.Catalog), await KindAndPhase(stub));
    }

    [Fact]
    public async Task Probe_StraysWithoutEnd_AreNotReadForEver()
    {
        await using var stub = await StartAsync(call => call.Method == "tools/list"
            ? new Answer(200, "text/event-stream", string.Concat(Enumerable.Repeat("data: x\n\n", 5000))) : Stateless(call));

        Assert.Equal((FailureKind.BadJson, Phase.Catalog), await KindAndPhase(stub));
    }

    /// <summary>It is no event's end that came, so the stream is resumed after the last whole one.</summary>
    [Fact]
    public async Task Probe_EventCutOffInTheMiddle_IsAskedForAgain()
    {
        await using var stub = await StartAsync(call => (call.ToString(), call.Header("Last-Event-ID")) switch
        {
            ("POST tools/list", _) => new Answer(200, "text/event-stream", "retry: 1\nid: one\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n\nid: two\ndata: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"resu"),
            ("GET", "one") => new Answer(200, "text/event-stream", Event(Reply.Replace("$ID", $"{McpRequest.FirstListId}", StringComparison.Ordinal))),
            _ => Handshake(call),
        });

        var result = await Prober.ProbeAsync(stub.Endpoint(), TestToken);

        Assert.True(result.Verdict is Verdict.Healthy, $"{result.Failure}\n{string.Join('\n', result.Log)}");
    }

    /// <summary>A line a row, as Node writes it: <c>M</c> stands for the mark, <c>|</c> for a pause in the middle.</summary>
    [Theory]
    [InlineData("M{}\\n")]
    [InlineData("M{}\\r\\n")]
    [InlineData("|M|{}\\r|\\n")]
    [InlineData("\\xEF|\\xBB|\\xBF|{}\\n")]
    public async Task Probe_ByteOrderMarkOnStdio_CostsNothingAndIsSaid(string line)
    {
        var script = $$"""
            const write = async text => {
              for (const part of '{{line}}'.replace('M', '\xEF\xBB\xBF').replace('{}', text).split('|')) {
                process.stdout.write(Buffer.from(part, 'latin1'));
                await new Promise(done => setTimeout(done, 5));
              }
            };
            const say = (id, body) => globalThis.last = (globalThis.last ?? Promise.resolve()).then(() => write(JSON.stringify({ jsonrpc: '2.0', id, ...body })));
            require('readline').createInterface({ input: process.stdin }).on('line', line => {
              const { id, method } = JSON.parse(line);
              if (method === 'server/discover') say(id, { error: { code: -32601, message: 'no' } });
              if (method === 'initialize') say(id, { result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'n', version: '1' } } });
              if (method === 'tools/list') say(id, { result: { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] } });
            });
            """;

        var result = await Prober.ProbeAsync(
            new Endpoint { Id = "stdio", Command = ["node", "-e", script], Timeout = TimeSpan.FromSeconds(40) }, TestToken);

        Assert.True(result.Verdict is Verdict.Healthy, $"{result.Failure}\n{string.Join('\n', result.Log)}");
        Assert.InRange(result.Timings.TotalMs, 0, 15_000);
        Assert.Contains(result.Findings, finding => finding.Rule == "interop-byte-order-mark");
        Assert.DoesNotContain(result.Findings, finding => finding.Rule == "interop-stray");
    }

    private static async Task<(FailureKind?, Phase?)> KindAndPhase(StubMcp stub)
    {
        var result = await Prober.ProbeAsync(stub.Endpoint(), TestToken);
        return (result.Failure?.Kind, result.Failure?.Phase);
    }
}
