using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;
using Endpoint = McpProbe.Endpoints.Endpoint;

namespace McpProbe.Tests.Probing;

/// <summary>A small MCP server whose every answer a test can change. Notes what it was asked.</summary>
internal sealed class StubMcp : IAsyncDisposable
{
    public const string Tool = """{"name":"echo","inputSchema":{"type":"object"}}""";

    private StubServer? _server;

    public ConcurrentQueue<Call> Calls { get; } = new();

    public string Url => _server!.Url;

    /// <summary>What was asked, in order, as <c>POST initialize</c>.</summary>
    public IEnumerable<string> Asked => Calls.Select(call => call.ToString());

    public static async Task<StubMcp> StartAsync(Func<Call, Answer?> answer)
    {
        var stub = new StubMcp();
        stub._server = await StubServer.StartAsync(context => stub.AnswerAsync(context, answer));
        return stub;
    }

    public Endpoint Endpoint(string path = "/mcp") =>
        new() { Id = "stub", Url = new Uri(Url + path), Timeout = TimeSpan.FromSeconds(30) };

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    /// <summary>A server of the handshake era, with a session.</summary>
    public static Answer Handshake(Call call, string version = "2025-11-25") => call.ToString() switch
    {
        "POST initialize" => Answer.Result($$$"""{"protocolVersion":"{{{version}}}","capabilities":{"tools":{}},"serverInfo":{"name":"stub","version":"1"}}""")
            with
        { Headers = [("Mcp-Session-Id", "session-1")] },
        "POST notifications/initialized" => new Answer(202),
        "POST tools/list" => Answer.Result($$"""{"tools":[{{Tool}}]}"""),
        "DELETE" => new Answer(200),
        "GET" => new Answer(405),
        _ => Answer.Error(-32601, "Method not found"),
    };

    /// <summary>A server of the stateless era.</summary>
    public static Answer Stateless(Call call, string supported = "\"2026-07-28\"") => call.ToString() switch
    {
        "POST server/discover" => Answer.Result(
            "{\"supportedVersions\":[" + supported + """],"capabilities":{"tools":{}},"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"stub","version":"2"}}}"""),
        "POST tools/list" => Answer.Result($$"""{"tools":[{{Tool}}],"resultType":"complete"}"""),
        _ => Answer.Error(-32601, "Method not found") with { Status = 404 },
    };

    private async Task AnswerAsync(HttpContext context, Func<Call, Answer?> answer)
    {
        using var body = new StreamReader(context.Request.Body);
        var text = await body.ReadToEndAsync(context.RequestAborted);
        var message = text.Length > 0 ? JsonSerializer.Deserialize<JsonElement>(text) : default;
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var call = new Call(context.Request.Method, context.Request.Path, message, headers) { Port = context.Connection.RemotePort };
        Calls.Enqueue(call);

        if (answer(call) is not { } given)
        {
            // Never answered: until the prober gives up.
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        context.Response.StatusCode = given.Status;
        if (given.ContentType is not null)
            context.Response.ContentType = given.ContentType;
        foreach (var (name, value) in given.Headers)
            context.Response.Headers.Append(name, value);
        if (given.Stream is not null)
            await given.Stream(context);
        else if (given.Body.Length > 0)
            await context.Response.WriteAsync(given.Body.Replace("$ID", call.Id, StringComparison.Ordinal), context.RequestAborted);
    }

    internal sealed record Call(string HttpMethod, string Path, JsonElement Message, IReadOnlyDictionary<string, string> Headers)
    {
        /// <summary>Of the client: one a connection.</summary>
        public int Port { get; init; }

        public string? Method => Message.ValueKind is JsonValueKind.Object && Message.TryGetProperty("method", out var method) ? method.GetString() : null;

        public string Id => Message.ValueKind is JsonValueKind.Object && Message.TryGetProperty("id", out var id) ? id.GetRawText() : "null";

        public string? Cursor => Message.GetProperty("params").TryGetProperty("cursor", out var cursor) ? cursor.GetRawText() : null;

        public string? Header(string name) => Headers.GetValueOrDefault(name);

        public override string ToString() => Method is null ? HttpMethod : $"{HttpMethod} {Method}";
    }

    /// <param name="Body">In it <c>$ID</c> stands for the request's id.</param>
    internal sealed record Answer(int Status, string? ContentType = null, string Body = "")
    {
        public (string Name, string Value)[] Headers { get; init; } = [];

        /// <summary>Writes the body instead.</summary>
        public Func<HttpContext, Task>? Stream { get; init; }

        public static Answer Json(string body) => new(200, "application/json", body);

        public static Answer Result(string result) => Json($$"""{"jsonrpc":"2.0","id":$ID,"result":{{result}}}""");

        public static Answer Error(int code, string message, string? data = null) =>
            Json($$$"""{"jsonrpc":"2.0","id":$ID,"error":{"code":{{{code.ToString(CultureInfo.InvariantCulture)}}},"message":{{{JsonSerializer.Serialize(message)}}}"""
                + (data is null ? "" : ",\"data\":" + data) + "}}");

        public static Answer Events(params string[] events) => new(200, "text/event-stream", string.Concat(events.Select(text => text + "\n\n")));
    }
}
