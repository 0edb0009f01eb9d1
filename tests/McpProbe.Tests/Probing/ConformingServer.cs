using System.Collections.Concurrent;
using System.Text.Json;
using static McpProbe.Tests.Probing.StubMcp;

namespace McpProbe.Tests.Probing;

/// <summary>A server of either era that keeps every rule of docs/specification.md, and that a test lets break one.</summary>
internal static class ConformingServer
{
    public const string Tool =
        """{"name":"echo","description":"Says it again.","inputSchema":{"type":"object","properties":{"text":{"type":"string"}}},"outputSchema":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]},"annotations":{"readOnlyHint":true}}""";

    public const string Content = """{"content":[{"type":"text","text":"{\"n\":1}"}],"structuredContent":{"n":1},"resultType":"complete"}""";

    /// <param name="tools">The list of tools, as JSON.</param>
    /// <param name="change">What the server answers in place of the right answer; null leaves it.</param>
    public static Task<StubMcp> StatelessAsync(Func<Call, Answer, Answer?>? change = null, string tools = Tool) =>
        StartAsync(call => change?.Invoke(call, Stateless(call, tools)) ?? Stateless(call, tools));

    public static Task<StubMcp> HandshakeAsync(Func<Call, Answer, Answer?>? change = null, string tools = Tool)
    {
        var open = new ConcurrentDictionary<string, bool>();
        var count = 0;
        return StartAsync(call =>
        {
            var right = Handshake(call, tools, open, ref count);
            return change?.Invoke(call, right) ?? right;
        });
    }

    private static Answer Stateless(Call call, string tools)
    {
        if (call.HttpMethod != "POST")
            return new Answer(405);
        if (call.Header("Origin") is not null)
            return new Answer(403);
        var meta = Member(Member(call.Message, "params"), "_meta");
        var version = Member(meta, "io.modelcontextprotocol/protocolVersion");
        if (call.Header("Mcp-Method") != call.Method || call.Header("MCP-Protocol-Version") != version.GetString())
            return Answer.Error(-32020, "Header mismatch") with { Status = 400 };
        if (version.GetString() != "2026-07-28")
            return Answer.Error(-32022, "Unsupported protocol version", """{"supported":["2026-07-28"]}""") with { Status = 400 };
        if (Member(meta, "io.modelcontextprotocol/clientCapabilities").ValueKind is not JsonValueKind.Object)
            return Answer.Error(-32602, "Invalid params") with { Status = 400 };
        return call.Method switch
        {
            "server/discover" => Answer.Result("""
                {"supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true}},"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"good","version":"1"}},"resultType":"complete","ttlMs":0,"cacheScope":"public"}
                """),
            "tools/list" => Answer.Result($$"""{"tools":[{{tools}}],"resultType":"complete","ttlMs":1000,"cacheScope":"public"}"""),
            "tools/call" => Answer.Result(Content),
            "subscriptions/listen" => Answer.Events(
                """data: {"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":7},"notifications":{"toolsListChanged":true}}}"""),
            _ => Answer.Error(-32601, "Method not found") with { Status = 404 },
        };
    }

    private static Answer Handshake(Call call, string tools, ConcurrentDictionary<string, bool> open, ref int count)
    {
        var session = call.Header("Mcp-Session-Id")?.Replace(' ', '-');
        if (call.Header("Origin") is not null)
            return new Answer(403);
        if (call.Method == "initialize")
        {
            var id = $"session-{Interlocked.Increment(ref count)}";
            open[id] = true;
            return Answer.Result("""{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"good","version":"1"}}""") with { Headers = [("Mcp-Session-Id", id)] };
        }

        if (call.Header("MCP-Protocol-Version") is not (null or "2025-11-25"))
            return Answer.Error(-32600, "Bad version") with { Status = 400 };
        if (session is null)
            return Answer.Error(-32600, "No session") with { Status = 400 };
        if (!open.ContainsKey(session))
            return new Answer(404);
        if (call.HttpMethod == "DELETE")
            return new Answer(open.TryRemove(session, out _) ? 200 : 404);
        return call.ToString() switch
        {
            "POST notifications/initialized" => new Answer(202),
            "POST tools/list" => Answer.Result($$"""{"tools":[{{tools}}]}"""),
            "POST tools/call" => Answer.Result(Content.Replace(",\"resultType\":\"complete\"", "", StringComparison.Ordinal)),
            "GET" => new Answer(405),
            _ => Answer.Error(-32601, "Method not found"),
        };
    }

    private static JsonElement Member(JsonElement parent, string name) =>
        parent.ValueKind is JsonValueKind.Object && parent.TryGetProperty(name, out var member) ? member : default;
}
