using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Protocol;
using McpProbe.Testing;
using static McpProbe.Model.FailureKind;

namespace McpProbe.Tests.Probing.Hostile;

/// <summary>Every hostile server there is a test for.</summary>
internal static class Scenarios
{
    /// <summary>What a command of this very run of the tests may leave behind.</summary>
    public static readonly string Sleep = $"sleep {100_000 + Environment.ProcessId}";

    private const string Json = "application/json";
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private const string Events = "text/event-stream";
    private const string Handshaken = """{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}""";
    private const string Discovered = """{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}""";
    private const string Listed = """{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}""";

    /// <param name="other">The URL of a server on another origin, which nothing may be sent to.</param>
    public static IEnumerable<Scenario> All(string other) =>
    [
        .. Statuses(), .. Bodies(), .. Envelopes(), .. Hangs(), .. Floods(), .. Pages(), .. OtherOrigins(other), .. Resets(), .. Framing(),
        .. Tls(), .. Sockets(), .. Stdio(),
    ];

    /// <summary>A well-behaved server of the stateless era.</summary>
    public static Task StatelessAsync(Exchange exchange) => exchange.Method switch
    {
        "server/discover" => exchange.ResultAsync(Discovered),
        "tools/list" => exchange.ResultAsync(Listed),
        _ => exchange.ErrorAsync(-32601, "Method not found", 404),
    };

    /// <summary>One of the handshake era, with a session.</summary>
    private static Task HandshakeAsync(Exchange exchange) => exchange.Method switch
    {
        "initialize" => exchange.AnswerAsync(200, Json, $$"""{"jsonrpc":"2.0","id":$ID,"result":{{Handshaken}}}""", "Mcp-Session-Id: s-1"),
        "notifications/initialized" => exchange.AnswerAsync(202),
        "tools/list" => exchange.ResultAsync(Listed),
        "DELETE" => exchange.AnswerAsync(200),
        _ => exchange.ErrorAsync(-32601, "Method not found"),
    };

    /// <summary>Well-behaved but for the answer to one method.</summary>
    private static Func<Exchange, Task> But(string method, Func<Exchange, Task> answer) => exchange =>
        exchange.Method == method ? answer(exchange)
        : method is "server/discover" or "tools/list" ? StatelessAsync(exchange)
        : HandshakeAsync(exchange);

    private static Func<Exchange, Task> List(Func<Exchange, Task> answer) => But("tools/list", answer);

    private static Scenario InList(string name, FailureKind? kind, Func<Exchange, Task> answer) => new(name, kind, kind is null ? null : Phase.Catalog, List(answer));

    private static Scenario InDiscover(string name, FailureKind? kind, Func<Exchange, Task> answer) => new(name, kind, Phase.Handshake, But("server/discover", answer));

    private static IEnumerable<Scenario> Statuses()
    {
        (int Status, FailureKind Kind)[] statuses =
        [
            (204, NoReply), (300, Redirect), (304, Redirect), (400, HttpStatus), (401, AuthFailed), (402, AuthFailed), (403, AuthFailed), (404, HttpStatus),
            (405, WrongTransport), (406, WrongTransport), (407, AuthFailed), (408, HttpStatus), (410, HttpStatus), (415, WrongTransport), (421, HostRefused), (426, HostRefused),
            (429, HttpStatus), (500, HttpStatus), (501, HttpStatus), (502, HttpStatus), (503, HttpStatus), (504, HttpStatus), (505, HostRefused), (599, HttpStatus), (999, HttpStatus),
        ];
        foreach (var (status, kind) in statuses)
            yield return new($"status {status}", kind, Phase.Handshake, exchange => exchange.AnswerAsync(status));
        yield return InList("status 500 for the list", HttpStatus, exchange => exchange.AnswerAsync(500, "text/html", "<h1>Oops</h1>"));
        yield return InList("status 202 for the list", NoReply, exchange => exchange.AnswerAsync(202));
        yield return new("status 202 for everything", NoReply, Phase.Handshake, exchange => exchange.AnswerAsync(202));
        yield return new("status 101", HttpStatus, Phase.Handshake, async exchange =>
        {
            await exchange.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
            exchange.Close();
        });
        yield return new("status not a number", NotMcp, Phase.Handshake, exchange => exchange.WriteAsync("HTTP/1.1 abc OK\r\n\r\n"));
    }

    private static IEnumerable<Scenario> Bodies()
    {
        yield return new("HTML", NotMcp, Phase.Handshake, exchange => exchange.AnswerAsync(200, "text/html", "<html><h1>Login</h1></html>"));
        yield return InList("HTML for the list", NotMcp, exchange => exchange.AnswerAsync(200, "text/html", "<html></html>"));
        yield return InList("HTML that says it is JSON", BadJson, exchange => exchange.AnswerAsync(200, Json, "<html></html>"));
        yield return InList("text", NotMcp, exchange => exchange.AnswerAsync(200, "text/plain", "hello"));
        yield return InList("no media type", NotMcp, exchange => exchange.AnswerAsync(200, null, """{"jsonrpc":"2.0","id":$ID,"result":{"tools":[]}}"""));
        yield return InList("unreadable media type", NotMcp, exchange => exchange.AnswerAsync(200, ";;;\u0001", "{}"));
        yield return InList("array", NotMcp, exchange => exchange.AnswerAsync(200, Json, $$"""[{"jsonrpc":"2.0","id":$ID,"result":{{Listed}}}]"""));
        yield return InList("string", NotMcp, exchange => exchange.AnswerAsync(200, Json, "\"ok\""));
        yield return InList("null", NotMcp, exchange => exchange.AnswerAsync(200, Json, "null"));
        yield return InList("empty body", NoReply, exchange => exchange.AnswerAsync(200, Json));
        yield return InList("only a BOM", NoReply, exchange => exchange.AnswerAsync(200, Json, "\uFEFF"));
        yield return InList("BOM before the answer", null, exchange => exchange.AnswerAsync(200, Json, $$"""{{"\uFEFF"}}{"jsonrpc":"2.0","id":$ID,"result":{{Listed}}}"""));
        yield return InList("bad JSON", BadJson, exchange => exchange.AnswerAsync(200, Json, """{"jsonrpc":"2.0","id":$ID,"result":{"tools":[},}"""));
        yield return InList("truncated JSON", BadJson, exchange => exchange.AnswerAsync(200, Json, """{"jsonrpc":"2.0","id":$ID,"result":{"to"""));
        yield return InList("two answers in one body", BadJson, exchange => exchange.AnswerAsync(200, Json, $$"""{"jsonrpc":"2.0","id":$ID,"result":{{Listed}}} {"jsonrpc":"2.0"}"""));
        yield return InList("deep nesting", BadJson, exchange => exchange.ResultAsync($$"""{"tools":[],"x":{{new string('[', 100_000)}}{{new string(']', 100_000)}}}"""));
        yield return InList("deep nesting never closed", BadJson, exchange => exchange.AnswerAsync(200, Json, new string('[', 4_000_000)));
        yield return InList("deep objects in a tool", BadJson, exchange => exchange.ResultAsync(
            Tools("{\"name\":\"a\",\"inputSchema\":" + string.Concat(Enumerable.Repeat("{\"properties\":", 300)) + "1" + new string('}', 301))));
        yield return InList("wrong UTF-8", NotMcp, exchange => exchange.AnswerAsync(200, Json, Encoding.Latin1.GetBytes(
            $$$"""{"jsonrpc":"2.0","id":{{{exchange.Id}}},"result":{"tools":[{"name":"{{{"\u00ff"}}}"}]}}""")));
        yield return InList("UTF-16", BadJson, exchange => exchange.AnswerAsync(200, Json, Encoding.Unicode.GetBytes($$"""{"jsonrpc":"2.0","id":{{exchange.Id}},"result":{{Listed}}}""")));
        yield return InList("duplicate keys in a tool", null, exchange => exchange.ResultAsync("""{"tools":[{"name":"a","name":"b","inputSchema":{"type":"object","type":"object"}}]}"""));
        yield return InList("lone surrogates", null, exchange => exchange.ResultAsync("""{"tools":[{"name":"\ud83d","description":"\udc00\ud83d","inputSchema":{"\ud83d":1}}]}"""));
        yield return InList("lone surrogates in the names of members", NotMcp, exchange => exchange.AnswerAsync(200, Json, """{"i\ud83d":4,"resul\udc00":{},"id":$ID,"result":{"tool\ud83d":[]}}"""));
        yield return InList("numbers beyond a double", null, exchange => exchange.ResultAsync("""{"tools":[{"name":"a","inputSchema":{"maximum":1e99999,"minimum":-1E-99999,"const":123456789012345678901234567890}}]}"""));
        yield return InList("zstd that was not asked for", NotMcp, exchange => exchange.AnswerAsync(200, Json, new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0 }, "Content-Encoding: zstd"))
            with
        { Says = "compressed with zstd" };
        yield return InList("compressed twice", NotMcp, exchange => exchange.AnswerAsync(200, Json, Zip("gzip", Zip("gzip", "{}"u8.ToArray())), "Content-Encoding: gzip, gzip"));
        yield return InList("not gzip", NotMcp, exchange => exchange.AnswerAsync(200, Json, "hello", "Content-Encoding: gzip"));
        yield return InList("truncated gzip", BadJson, exchange => exchange.AnswerAsync(200, Json, Zip("gzip", new byte[100_000]).AsMemory()[..60], "Content-Encoding: gzip"));
    }

    private static IEnumerable<Scenario> Envelopes()
    {
        yield return InList("string id", NoReply, exchange => exchange.AnswerAsync(200, Json, $$"""{"jsonrpc":"2.0","id":"$ID","result":{{Listed}}}"""));
        yield return InList("wrong id", NoReply, exchange => exchange.AnswerAsync(200, Json, $$"""{"jsonrpc":"2.0","id":4711,"result":{{Listed}}}"""));
        yield return InList("missing id", NoReply, exchange => exchange.AnswerAsync(200, Json, $$"""{"jsonrpc":"2.0","result":{{Listed}}}"""));
        yield return InList("neither result nor error", NotMcp, exchange => exchange.AnswerAsync(200, Json, """{"jsonrpc":"2.0","id":$ID}"""));
        yield return InList("error that is an array", NotMcp, exchange => exchange.AnswerAsync(200, Json, """{"jsonrpc":"2.0","id":$ID,"error":["x"]}"""));
        yield return InList("error with nothing in it", FailureKind.RpcError, exchange => exchange.AnswerAsync(200, Json, """{"jsonrpc":"2.0","id":$ID,"error":{}}"""));
        yield return new("error to everything", FailureKind.RpcError, Phase.Handshake, exchange => exchange.ErrorAsync(-32603, "boom"));
        yield return new("error to initialize", FailureKind.RpcError, Phase.Handshake, But("initialize", exchange => exchange.ErrorAsync(-32603, "boom")));
        yield return new("initialized refused", HttpStatus, Phase.Handshake, But("notifications/initialized", exchange => exchange.AnswerAsync(500)));
        yield return new("error in the body of initialized's answer", null, null, But("notifications/initialized", exchange => exchange.ErrorAsync(-1, "no")));
        yield return InList("error to the list", FailureKind.RpcError, exchange => exchange.ErrorAsync(-32603, new string('x', 100_000)));
        yield return new("unknown protocol version", ProtocolMismatch, Phase.Handshake, But("initialize", exchange =>
            exchange.ResultAsync("""{"protocolVersion":"1999-01-01","capabilities":{},"serverInfo":{}}""")));
        yield return InDiscover("unknown versions only", ProtocolMismatch, exchange => exchange.ResultAsync("""{"supportedVersions":["2099-01-01"]}"""));
        yield return InDiscover("unsupported version, again and again", ProtocolMismatch, exchange => exchange.AnswerAsync(
            400, Json, """{"jsonrpc":"2.0","id":$ID,"error":{"code":-32022,"message":"no","data":{"supported":["2026-07-28"]}}}"""));
        yield return InDiscover("half a million supported versions", ProtocolMismatch, exchange => exchange.ResultAsync(
            $$"""{"supportedVersions":[{{string.Join(',', Enumerable.Repeat("\"\\ud83d\"", 400_000))}}]}"""));
        yield return new("initialize without a version", NotMcp, Phase.Handshake, But("initialize", exchange => exchange.ResultAsync("""{"capabilities":{}}""")));
        yield return new("an empty result to everything", NotMcp, Phase.Handshake, exchange => exchange.ResultAsync("{}"));
        yield return InList("no tools member", NotMcp, exchange => exchange.ResultAsync("{}"));
        yield return InList("tools that is a string", NotMcp, exchange => exchange.ResultAsync("""{"tools":"none"}"""));
        yield return InList("a tool without a name", NotMcp, exchange => exchange.ResultAsync("""{"tools":[{"title":"x"}]}"""));
        yield return InList("a name that is a number", NotMcp, exchange => exchange.ResultAsync("""{"tools":[{"name":7}]}"""));
        yield return InList("no tools at all", EmptyCatalog, exchange => exchange.ResultAsync("""{"tools":[]}"""));
        yield return InList("duplicate tools", DuplicateTool, exchange => exchange.ResultAsync("""{"tools":[{"name":"a"},{"name":"a"}]}"""));
        yield return InList("events that end without the reply", NoReply, exchange => exchange.AnswerAsync(200, Events, "data: {\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n\n"));
        yield return InList("events that are not JSON", BadJson, exchange => exchange.AnswerAsync(200, Events, "data: junk\n\n"));
        yield return new("echoes of the credentials everywhere", null, null, exchange =>
        {
            var secret = exchange.Head.Split("\r\n").First(line => line.StartsWith("Authorization:", StringComparison.Ordinal))["Authorization: Bearer ".Length..];
            var said = JsonSerializer.Serialize(secret, Relaxed)[1..^1];
            var escaped = JsonSerializer.Serialize(secret)[1..^1].Replace("/", "\\/", StringComparison.Ordinal);
            return exchange.Method switch
            {
                "server/discover" => exchange.ResultAsync(
                    """{"supportedVersions":["2026-07-28","SAID"],"capabilities":{"x":"SAID"},"instructions":"SAID","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"SAID","version":"ESCAPED"}}}"""
                        .Replace("SAID", said, StringComparison.Ordinal).Replace("ESCAPED", escaped, StringComparison.Ordinal)),
                _ => exchange.ResultAsync(
                    """{"tools":[{"name":"SAID","description":"Bearer ESCAPED","inputSchema":{"ESCAPED":["SAID"],"a":{"SAID":1,"SAID":2}}}]}"""
                        .Replace("SAID", said, StringComparison.Ordinal).Replace("ESCAPED", escaped, StringComparison.Ordinal)),
            };
        });
        yield return InList("an echo of the credentials in an error", FailureKind.RpcError, exchange =>
            exchange.ErrorAsync(-1, JsonSerializer.Serialize(exchange.Head, Relaxed)[1..^1])) with
        { Says = "***" };
    }

    private static IEnumerable<Scenario> Hangs()
    {
        static async Task Then(Exchange exchange, string text)
        {
            await exchange.WriteAsync(text);
            await exchange.HangAsync();
        }

        yield return new Scenario("hang before headers", FailureKind.Timeout, Phase.Handshake, exchange => exchange.HangAsync()).Hangs();
        yield return InList("hang before the list's headers", FailureKind.Timeout, exchange => exchange.HangAsync()).Hangs();
        yield return new Scenario("hang mid-header", FailureKind.Timeout, Phase.Handshake, exchange => Then(exchange, "HTTP/1.1 200 OK\r\nContent-Ty")).Hangs();
        yield return InList("hang mid-body", FailureKind.Timeout, exchange => Then(exchange, $"HTTP/1.1 200 OK\r\nContent-Type: {Json}\r\nContent-Length: 500\r\n\r\n{{\"jsonrpc\"")).Hangs();
        yield return InList("hang mid-SSE", FailureKind.Timeout, exchange => Then(exchange, $"HTTP/1.1 200 OK\r\nContent-Type: {Events}\r\n\r\ndata: {{\"jsonrpc\"")).Hangs();
        yield return InList("hang in a refusal's body", FailureKind.Timeout, exchange => Then(exchange, $"HTTP/1.1 500 X\r\nContent-Type: {Json}\r\nContent-Length: 500\r\n\r\n{{")).Hangs();
        yield return new Scenario("hang in a final refusal's body", AuthFailed, Phase.Handshake, exchange => Then(exchange, "HTTP/1.1 401 X\r\nContent-Length: 500\r\n\r\n{"));
        yield return InList("comment drip", FailureKind.Timeout, async exchange =>
        {
            await exchange.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Type: {Events}\r\n\r\n");
            await exchange.RepeatAsync(": still here\n\n", TimeSpan.FromMilliseconds(20));
        }).Hangs();
        yield return InList("byte-per-second drip", FailureKind.Timeout, async exchange =>
        {
            await exchange.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Type: {Json}\r\nContent-Length: 500\r\n\r\n");
            await exchange.RepeatAsync(" ", TimeSpan.FromSeconds(1));
        }).Hangs();
        yield return new Scenario("header drip", FailureKind.Timeout, Phase.Handshake, async exchange =>
        {
            await exchange.WriteAsync("HTTP/1.1 200 OK\r\n");
            await exchange.RepeatAsync("A: b\r\n", TimeSpan.FromMilliseconds(50));
        }).Hangs();
        yield return new Scenario("1xx drip", FailureKind.Timeout, Phase.Handshake, exchange => exchange.RepeatAsync("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", TimeSpan.FromMilliseconds(20))).Hangs();
        yield return new("DELETE that hangs", null, null, But("DELETE", exchange => exchange.HangAsync()));
        yield return new("DELETE that drips", null, null, But("DELETE", exchange => exchange.RepeatAsync("HTTP/1.1 100 Continue\r\n\r\n", TimeSpan.FromMilliseconds(50))));
        yield return new Scenario("hang after a slow handshake", FailureKind.Timeout, Phase.Catalog, exchange => exchange.Method is "tools/list" or "DELETE" ? exchange.HangAsync() : HandshakeAsync(exchange)).Hangs();
        yield return new Scenario("HTTP+SSE that names no address", HttpStatus, Phase.Handshake, exchange =>
            exchange.Method == "GET" ? Then(exchange, $"HTTP/1.1 200 OK\r\nContent-Type: {Events}\r\n\r\n") : exchange.AnswerAsync(400)).Hangs();
        yield return new Scenario("HTTP+SSE that never replies", FailureKind.Timeout, Phase.Handshake, exchange =>
            exchange.Method == "GET" ? Then(exchange, $"HTTP/1.1 200 OK\r\nContent-Type: {Events}\r\n\r\nevent: endpoint\ndata: /message\n\n")
            : exchange.AnswerAsync(exchange.Path == "/message" ? 202 : 405)).Hangs();
    }

    private static IEnumerable<Scenario> Floods()
    {
        static Func<Exchange, Task> Endless(string type, string text, string start = "") => async exchange =>
        {
            await exchange.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\n\r\n{start}");
            await exchange.RepeatAsync(text);
        };

        yield return InList("endless JSON", TooLarge, Endless(Json, "[1,", "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":"));
        yield return InList("endless white space", TooLarge, Endless(Json, " "));
        yield return InList("endless string", TooLarge, Endless(Json, "x", "\""));
        yield return InList("endless HTML", TooLarge, Endless("text/html", "<p>"));
        yield return InList("endless SSE of notifications", TooLarge, Endless(Events, "data: {\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n\n"));
        yield return InList("endless SSE comments", TooLarge, Endless(Events, ": x\n\n"));
        yield return InList("endless data lines of one event", TooLarge, Endless(Events, "data: x\n"));
        yield return InList("huge single line", TooLarge, Endless(Events, "x", "data: "));
        yield return new("endless JSON in a refusal", TooLarge, Phase.Handshake, async exchange =>
        {
            await exchange.WriteAsync($"HTTP/1.1 500 X\r\nContent-Type: {Json}\r\n\r\n");
            await exchange.RepeatAsync(" ");
        });
        foreach (var encoding in (string[])["gzip", "br", "deflate"])
        {
            var bomb = new Lazy<byte[]>(() => Zip(encoding, new byte[64 << 20]));
            yield return InList($"{encoding} bomb", TooLarge, exchange => exchange.AnswerAsync(200, Json, bomb.Value, $"Content-Encoding: {encoding}"));
        }

        yield return InList("20,000 tools", TooLarge, exchange => exchange.ResultAsync(
            Tools(20_000, i => $$$"""{"name":"tool-{{{i}}}","inputSchema":{"type":"object"}}"""))) with
        { Says = "10000 tools" };
        yield return InList("a tool of a million values", NotMcp, exchange => exchange.ResultAsync(
            Tools(1, _ => "{\"name\":\"a\",\"inputSchema\":{\"enum\":[" + Many(1_000_000, _ => "1") + "]}}")));
        yield return InList("numbers that grow", NotMcp, exchange => exchange.ResultAsync(
            Tools(12, i => $"{{\"name\":\"t{i}\",\"inputSchema\":{{\"enum\":[{Many(60_000, _ => "1e20")}]}}}}")));
        // Each key that stands twice is looked for in the whole tool, and these are gone with the member around them.
        yield return InList("repeated keys in what a repeated key hides", null, exchange => exchange.ResultAsync(
            Tools(20, i => $"{{\"name\":\"t{i}\",\"x\":[{Many(30_000, _ => "1")}],\"a\":{{{Many(8_000, key => $"\"{key:x}\":1,\"{key:x}\":2")}}},\"a\":1}}")));
        var properties = Many(8, key => $"\"p{key}\":{{\"type\":\"string\"}}");
        yield return InList("the largest catalogue", null, exchange => exchange.ResultAsync(Tools(9_000, i =>
            $"{{\"name\":\"t{i}\",\"description\":\"{new string('d', 150)}\",\"inputSchema\":{{\"type\":\"object\",\"properties\":{{" + properties + "}}}")));
        yield return new("header flood", TooLarge, Phase.Handshake, async exchange =>
        {
            await exchange.WriteAsync("HTTP/1.1 200 OK\r\n");
            await exchange.RepeatAsync("X-Header: value\r\n");
        });
        yield return new("one endless header", TooLarge, Phase.Handshake, async exchange =>
        {
            await exchange.WriteAsync("HTTP/1.1 200 OK\r\nX: ");
            await exchange.RepeatAsync("x");
        });
        yield return new("1xx flood", TooLarge, Phase.Handshake, exchange => exchange.RepeatAsync("HTTP/1.1 100 Continue\r\n\r\n"));
        yield return new("HTTP+SSE that floods before it names an address", HttpStatus, Phase.Handshake, async exchange =>
        {
            if (exchange.Method != "GET")
            {
                await exchange.AnswerAsync(404);
                return;
            }

            await exchange.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Type: {Events}\r\n\r\n");
            await exchange.RepeatAsync("event: x\ndata: y\n\n");
        });
    }

    private static IEnumerable<Scenario> Pages()
    {
        static Scenario Endless(string name, FailureKind kind, Func<int, string> page)
        {
            var asked = 0;
            return InList(name, kind, exchange => exchange.ResultAsync(page(++asked)));
        }

        yield return Endless("endless paging, same cursor", TooManyPages, _ => """{"tools":[],"nextCursor":"same"}""");
        yield return Endless("endless paging, empty cursor", TooManyPages, _ => """{"tools":[],"nextCursor":""}""");
        yield return Endless("endless paging, new cursors", TooManyPages, page => $$"""{"tools":[],"nextCursor":"{{page}}"}""");
        yield return Endless("endless paging, same cursor spelt anew", TooManyPages, page => $$"""{"tools":[],"nextCursor":"{{(page % 2 == 0 ? "a" : "\\u0061")}}"}""");
        yield return Endless("pages that are too large together", TooLarge, page => $$"""{"tools":[],"nextCursor":"{{page}}","x":"{{new string('x', 1 << 20)}}"}""");
        yield return Endless("a cursor that is a number", NotMcp, page => $$"""{"tools":[],"nextCursor":{{page}}}""");
    }

    private static IEnumerable<Scenario> OtherOrigins(string other)
    {
        foreach (var status in (int[])[301, 302, 303, 307, 308])
            yield return new($"redirect {status} to another host", Redirect, Phase.Handshake, exchange => exchange.AnswerAsync(status, null, "", $"Location: {other}/mcp?token=abc")) { Says = $"redirects to {other}/mcp;" };
        yield return InList("redirect of the list", Redirect, exchange => exchange.AnswerAsync(307, null, "", $"Location: {other}/mcp"));
        yield return new("redirect to a path", Redirect, Phase.Handshake, exchange => exchange.AnswerAsync(302, null, "", "Location: /login?token=abc")) { Says = "/login;" };
        yield return new("redirect to nowhere", Redirect, Phase.Handshake, exchange => exchange.AnswerAsync(302, null, "", "Location: http://[::1"));
        foreach (var (name, address) in ((string, string)[])
            [
                ("an address", other + "/message"), ("a scheme-less address", other["http:".Length..] + "/message"),
                ("another scheme", "https://127.0.0.1/message"), ("a file", "file:///etc/passwd"),
            ])
        {
            yield return new($"SSE endpoint on another origin: {name}", CrossOrigin, Phase.Handshake, async exchange =>
            {
                if (exchange.Method != "GET")
                {
                    await exchange.AnswerAsync(405);
                    return;
                }

                await exchange.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Type: {Events}\r\n\r\nevent: endpoint\ndata: {address}\n\n");
                await exchange.HangAsync();
            });
        }

        yield return new("a session that is another request", null, null, But("initialize", exchange => exchange.AnswerAsync(
            200, Json, $$"""{"jsonrpc":"2.0","id":$ID,"result":{{Handshaken}}}""", $"Mcp-Session-Id: a, b; Location={other}", $"Alt-Svc: h2=\"{other["http://".Length..]}\"", $"Refresh: 0; url={other}")));
    }

    private static IEnumerable<Scenario> Resets()
    {
        static Func<Exchange, Task> Then(string text, Action<Exchange> end) => async exchange =>
        {
            await exchange.WriteAsync(text);
            end(exchange);
        };
        const string Head = $"HTTP/1.1 200 OK\r\nContent-Type: {Json}\r\nContent-Length: 500\r\n\r\n";

        foreach (var (name, end) in ((string, Action<Exchange>)[])[("reset", exchange => exchange.Reset()), ("close", exchange => exchange.Close())])
        {
            yield return new($"{name} on connect", FailureKind.Reset, Phase.Handshake, Then("", end)) { OnConnect = true, OrPhase = Phase.Connect };
            yield return new($"{name} before headers", FailureKind.Reset, Phase.Handshake, Then("", end));
            yield return new($"{name} mid-header", FailureKind.Reset, Phase.Handshake, Then("HTTP/1.1 200 OK\r\nConte", end));
            foreach (var method in (string[])["server/discover", "initialize", "notifications/initialized"])
                yield return new($"{name} at {method}", FailureKind.Reset, Phase.Handshake, But(method, Then("", end)));
            yield return InList($"{name} at the list", FailureKind.Reset, Then("", end));
            yield return InList($"{name} mid-body", FailureKind.Reset, Then(Head + "{\"json", end));
            yield return InList($"{name} mid-chunk", FailureKind.Reset, Then($"HTTP/1.1 200 OK\r\nContent-Type: {Json}\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{{", end));
            yield return InList($"{name} mid-event", FailureKind.Reset, Then($"HTTP/1.1 200 OK\r\nContent-Type: {Events}\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ndata: x\r\n", end));
            yield return new($"{name} at DELETE", null, null, But("DELETE", Then("", end)));
        }
    }

    private static IEnumerable<Scenario> Framing()
    {
        var answer = $$"""{"jsonrpc":"2.0","id":{{McpRequest.FirstListId}},"result":{{Listed}}}""";
        static Func<Exchange, Task> Raw(string headers, string body) => async exchange =>
        {
            await exchange.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Type: {Json}\r\n{headers}\r\n{body}");
            exchange.Close();
        };

        yield return new("not HTTP", NotMcp, Phase.Handshake, exchange => exchange.WriteAsync("SSH-2.0-OpenSSH_9.9\r\n\r\n"));
        yield return InList("Content-Length too long", FailureKind.Reset, Raw($"Content-Length: {answer.Length + 1}\r\n", answer));
        yield return InList("Content-Length too short", BadJson, Raw($"Content-Length: {answer.Length - 1}\r\n", answer));
        // Lengths that are none count as absent: the answer goes on to the connection's end, and is whole.
        yield return InList("Content-Length beyond all numbers", null, Raw("Content-Length: 99999999999999999999999\r\n", answer));
        yield return InList("negative Content-Length", null, Raw("Content-Length: -5\r\n", answer));
        yield return InList("two Content-Lengths", null, Raw($"Content-Length: {answer.Length}\r\nContent-Length: 5\r\n", answer));
        yield return InList("chunk size that is no number", NotMcp, Raw("Transfer-Encoding: chunked\r\n", "xyz\r\n" + answer));
        yield return InList("chunk size beyond all numbers", NotMcp, Raw("Transfer-Encoding: chunked\r\n", "ffffffffffffffffffff\r\n" + answer));
        yield return InList("chunk longer than it says", NotMcp, Raw("Transfer-Encoding: chunked\r\n", "5\r\n" + answer + "\r\n0\r\n\r\n"));
        // The HTTP client does not say that it hung up itself.
        yield return InList("endless chunk extension", FailureKind.Reset, async exchange =>
        {
            await exchange.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Type: {Json}\r\nTransfer-Encoding: chunked\r\n\r\n5;x=");
            await exchange.RepeatAsync("y");
        });
        yield return InList("a chunk a byte", TooLarge, async exchange =>
        {
            await exchange.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Type: {Json}\r\nTransfer-Encoding: chunked\r\n\r\n");
            await exchange.RepeatAsync("1\r\n \r\n");
        });
        yield return InList("endless trailers", TooLarge, async exchange =>
        {
            await exchange.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Type: {Json}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
            await exchange.RepeatAsync("X-Trailer: value\r\n");
        });
        yield return new("answers to questions that were not asked", null, null, async exchange =>
        {
            await StatelessAsync(exchange);
            if (exchange.Method == "server/discover")
                await exchange.AnswerAsync(200, Json, $$$"""{"jsonrpc":"2.0","id":{{{McpRequest.FirstListId}}},"result":{"tools":[{"name":"smuggled"}]}}""");
        });
    }

    private static IEnumerable<Scenario> Tls()
    {
        yield return new("self-signed certificate", FailureKind.Tls, Phase.Tls, StatelessAsync) { Certificate = CertificateFault.SelfSigned, Says = "is not trusted" };
        yield return new("certificate of another host", FailureKind.Tls, Phase.Tls, StatelessAsync) { Certificate = CertificateFault.OtherHost, Says = "for another host name" };
        yield return new("expired certificate", FailureKind.Tls, Phase.Tls, StatelessAsync) { Certificate = CertificateFault.Expired, Says = "expired at" };
        yield return new("HTTP on a TLS port", FailureKind.Tls, Phase.Tls, exchange => exchange.WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"))
        { OnConnect = true, Endpoint = Https, Says = "speaks plain HTTP" };
        yield return new Scenario("a TLS port that never shakes hands", FailureKind.Timeout, Phase.Tls, exchange => exchange.HangAsync()) { OnConnect = true, Endpoint = Https }.Hangs();
        yield return new("a TLS port that closes", FailureKind.Tls, Phase.Tls, exchange =>
        {
            exchange.Close();
            return Task.CompletedTask;
        })
        { OnConnect = true, Endpoint = Https };
        yield return new("TLS on an HTTP port", FailureKind.Reset, Phase.Handshake, async exchange =>
        {
            // The alert that a TLS server answers plain HTTP with.
            await exchange.WriteAsync((byte[])[0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46]);
            exchange.Close();
        })
        { Says = "speaks TLS on this port" };

        static Endpoint Https(Endpoint endpoint) => endpoint with { Url = new Uri(endpoint.Url!.OriginalString.Replace("http:", "https:", StringComparison.Ordinal)) };
    }

    private static IEnumerable<Scenario> Sockets()
    {
        static Scenario Named(string name, FailureKind kind, Phase phase, Func<int, CancellationToken, Task<IPAddress[]>> resolve)
        {
            var lookUps = 0;
            return new(name, kind, phase, async exchange =>
            {
                // Each request needs a connection of its own, and so a look-up.
                await exchange.AnswerAsync(200, Json, $$"""{"jsonrpc":"2.0","id":$ID,"result":{{(exchange.Method == "tools/list" ? Listed : Discovered)}}}""", "Connection: close");
                exchange.Close();
            })
            {
                Endpoint = endpoint => endpoint with { Url = new Uri($"http://rebinding.test:{endpoint.Url!.Port}/mcp") },
                Options = options => options with { Resolver = (_, cancellation) => resolve(++lookUps, cancellation) },
            };
        }

        yield return Named("DNS rebinding to a link-local address", BlockedAddress, Phase.Connect, (lookUp, _) =>
            Task.FromResult<IPAddress[]>([lookUp == 1 ? IPAddress.Loopback : IPAddress.Parse("169.254.169.254")])) with
        { Says = "169.254.169.254 (link-local)" };
        yield return Named("DNS rebinding to a mapped link-local address", BlockedAddress, Phase.Connect, (lookUp, _) =>
            Task.FromResult<IPAddress[]>([lookUp == 1 ? IPAddress.Loopback : IPAddress.Parse("::ffff:169.254.169.254")]));
        yield return Named("DNS failure", FailureKind.Dns, Phase.Dns, (_, _) => throw new SocketException((int)SocketError.HostNotFound));
        yield return Named("DNS servers that do not answer", FailureKind.Dns, Phase.Dns, (_, _) => throw new SocketException((int)SocketError.TryAgain)) with { Says = "name servers" };
        yield return Named("DNS without addresses", FailureKind.Dns, Phase.Dns, (_, _) => Task.FromResult<IPAddress[]>([]));
        yield return Named("DNS that hangs", FailureKind.Timeout, Phase.Dns, async (_, cancellation) =>
        {
            await Task.Delay(System.Threading.Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            return [];
        }).Hangs();
        yield return new("nobody listens", Refused, Phase.Connect, StatelessAsync)
        { Endpoint = endpoint => endpoint with { Url = new Uri($"http://127.0.0.1:{RealServer.FreePort()}/mcp") } };
        yield return new("the metadata service's own address", BlockedAddress, Phase.Connect, StatelessAsync)
        { Endpoint = endpoint => endpoint with { Url = new Uri("http://169.254.169.254/mcp") } };
    }

    private static IEnumerable<Scenario> Stdio()
    {
        static Scenario Shell(string name, FailureKind? kind, string script) => new(name, kind, kind is null ? null : Phase.Handshake, StatelessAsync)
        {
            Endpoint = endpoint => new Endpoint { Id = endpoint.Id, Timeout = endpoint.Timeout, Command = ["sh", "-c", script] },
        };
        var answer = $$"""
            while read -r line; do case $line in
              *server/discover*) echo '{"jsonrpc":"2.0","id":1,"result":{{Discovered}}}';;
              *tools/list*) echo '{"jsonrpc":"2.0","id":{{McpRequest.FirstListId}},"result":{{Listed}}}';;
            esac; done
            """;

        yield return Shell("stdio: endless line", TooLarge, "tr '\\0' x < /dev/zero");
        yield return Shell("stdio: endless lines", NotMcp, "yes junk");
        yield return Shell("stdio: endless notifications", TooLarge, """yes '{"jsonrpc":"2.0","method":"notifications/message"}'""");
        yield return Shell("stdio: flood on standard error in one line", FailureKind.Timeout, "tr '\\0' x < /dev/zero >&2").Hangs();
        yield return Shell("stdio: flood on standard error beside answers", null, "yes error >&2 &\n" + answer + "; kill $!");
        yield return Shell("stdio: junk between the answers", null, "echo starting...\n" + answer);
        yield return Shell("stdio: never reads", FailureKind.Timeout, $"exec {Sleep}").Hangs();
        yield return Shell("stdio: exits at once", ProcessExited, "echo 'no licence' >&2; exit 3") with { Says = "last words: no licence" };
        yield return Shell("stdio: closes its output and lives on", ProcessExited, $"exec 1>&-; exec {Sleep}") with { Timeout = Scenario.Short + Scenario.Short };
        yield return Shell("stdio: ignores the end of its input, and signals, and forks", null, $"trap '' TERM HUP INT; {Sleep} & ({Sleep} &)\n" + answer + $"; {Sleep}; {Sleep}");
        yield return Shell("stdio: leaves a daemon behind", null, $"(setsid {Sleep} >/dev/null 2>&1 &)\n" + answer);
    }

    private static string Tools(string tool) => $$"""{"tools":[{{tool}}]}""";

    private static string Tools(int count, Func<int, string> tool) => Tools(Many(count, tool));

    private static string Many(int count, Func<int, string> item) => string.Join(',', Enumerable.Range(0, count).Select(item));

    private static byte[] Zip(string encoding, byte[] content)
    {
        using var zipped = new MemoryStream();
        using (Stream zip = encoding switch
        {
            "gzip" => new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(zipped, CompressionLevel.Fastest, leaveOpen: true),
            _ => new ZLibStream(zipped, CompressionLevel.Fastest, leaveOpen: true),
        })
            zip.Write(content);
        return zipped.ToArray();
    }
}
