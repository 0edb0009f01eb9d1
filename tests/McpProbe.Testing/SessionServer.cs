using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Testing;

/// <summary>
/// An MCP server with sessions in memory, that can be deployed anew and shows every way in which a session can end. In the stateless era
/// it has streams of <c>subscriptions/listen</c> instead.
/// </summary>
public sealed class SessionServer
{
    private readonly ConcurrentDictionary<string, bool> _sessions = new();
    private readonly ConcurrentDictionary<int, Stream> _streams = new();
    private int _count;

    /// <summary>A server of the stateless era.</summary>
    public bool Stateless { get; init; }

    /// <summary>What the ids of its sessions begin with: two instances do not know each other's.</summary>
    public string Name { get; init; } = "session";

    /// <summary>What a request of an unknown session gets: a status; 200 for a JSON-RPC error in an answer that is none; 0 for silence.</summary>
    public int Unknown { get; set; } = 404;

    /// <summary>What a new client gets: 200 for a session; 0 for one without an id; another status for a refusal.</summary>
    public int Opening { get; set; } = 200;

    /// <summary>What asking for the rest of a stream gets; 0 gives no ids of events.</summary>
    public int Resuming { get; set; }

    /// <summary>What <c>subscriptions/listen</c> gets: 200 for a stream.</summary>
    public int Listening { get; set; } = 200;

    /// <summary>Awaited before a new client is answered.</summary>
    public Func<Task>? BeforeOpening { get; set; }

    public string Version { get; set; } = "1.0";

    public string Tool { get; set; } = "echo";

    /// <summary>How long the list of tools may be kept.</summary>
    public int TtlMs { get; set; }

    /// <summary>How long what the server says of itself may be kept.</summary>
    public int ServerTtlMs { get; set; }

    public string Instructions { get; set; } = "";

    /// <summary>What every request gets; 200 for what it asks for.</summary>
    public int Refusing { get; set; } = 200;

    private string Identity => $"{{\"name\":\"stub\",\"version\":\"{Version}\"}}";

    /// <summary>Every request that was asked: its method, and the session that it named.</summary>
    public ConcurrentQueue<(string Method, string? Session)> Asked { get; } = [];

    public int Held => _sessions.Count;

    public int Streams => _streams.Count;

    /// <summary>Ends every session, as a restart does; a stream by a reply, or without.</summary>
    public void Forget(bool reply = true)
    {
        _sessions.Clear();
        foreach (var stream in _streams.Values)
            stream.End.TrySetResult(reply);
    }

    /// <summary>Knows a session again.</summary>
    public void Remember(string session) => _sessions[session] = true;

    /// <summary>A new release takes the place of the old one.</summary>
    public void Deploy(string version)
    {
        Version = version;
        Forget();
    }

    /// <summary>Tells every stream that the tools changed.</summary>
    public async Task TellAsync()
    {
        foreach (var stream in _streams.Values)
            await stream.SayAsync("""{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}""");
    }

    public async Task AnswerAsync(HttpContext context)
    {
        var session = context.Request.Headers["Mcp-Session-Id"].FirstOrDefault();
        if (context.Request.Method != "POST")
        {
            Asked.Enqueue((context.Request.Method, session));
            if (context.Request.Method == "DELETE")
                _sessions.TryRemove(session ?? "", out _);
            else
                await ResumeAsync(context, session);
            return;
        }

        var request = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!;
        var method = (string)request["method"]!;
        Asked.Enqueue((method, session));
        if (Refusing != 200)
        {
            await RefuseAsync(context, request, Refusing);
            return;
        }

        if (session is not null && !_sessions.ContainsKey(session))
        {
            await RefuseAsync(context, request, Unknown);
            return;
        }

        switch (method)
        {
            case "server/discover" when Stateless:
                await WriteAsync(context, request, """{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true}},"resultType":"complete","cacheScope":"private","ttlMs":""" + $"{ServerTtlMs},\"instructions\":\"{Instructions}\",\"serverInfo\":" + Identity + "}");
                break;
            case "subscriptions/listen" when Stateless && Listening == 200:
                await ListenAsync(context, request);
                break;
            case "subscriptions/listen" when Stateless:
                await RefuseAsync(context, request, Listening);
                break;
            case "initialize" when !Stateless && Opening is 0 or 200:
                if (BeforeOpening is { } before)
                    await before();
                if (Opening == 200)
                {
                    var id = $"{Name}-{Interlocked.Increment(ref _count)}";
                    _sessions[id] = true;
                    context.Response.Headers["Mcp-Session-Id"] = id;
                }

                await WriteAsync(context, request, """{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":""" + Identity + "}");
                break;
            case "initialize" when !Stateless:
                await RefuseAsync(context, request, Opening);
                break;
            case "notifications/initialized":
                context.Response.StatusCode = 202;
                break;
            case "tools/list":
                await WriteAsync(context, request, $"{{\"tools\":[{{\"name\":\"{Tool}\",\"description\":\"Says it again.\",\"inputSchema\":{{\"type\":\"object\"}}}}]{(Stateless ? $",\"resultType\":\"complete\",\"ttlMs\":{TtlMs},\"cacheScope\":\"private\"" : "")}}}");
                break;
            default:
                await RefuseAsync(context, request, 400, -32601);
                break;
        }
    }

    private async Task ResumeAsync(HttpContext context, string? session)
    {
        context.Response.StatusCode = Resuming is 0 ? 405 : session is not null && _sessions.ContainsKey(session) ? Resuming : Unknown;
        if (context.Response.StatusCode != 200)
            return;
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync(": resumed\n\n", context.RequestAborted);
    }

    private async Task ListenAsync(HttpContext context, JsonNode request)
    {
        context.Response.ContentType = "text/event-stream";
        var (number, stream) = (Interlocked.Increment(ref _count), new Stream(context));
        await stream.SayAsync("""{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":1},"notifications":{"toolsListChanged":true}}}""");
        _streams[number] = stream;
        try
        {
            if (await stream.End.Task.WaitAsync(context.RequestAborted))
                await stream.SayAsync($"{{\"jsonrpc\":\"2.0\",\"id\":{request["id"]},\"result\":" + """{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":1}}}""");
        }
        catch (OperationCanceledException)
        {
            // The client ended it.
        }
        finally
        {
            _streams.TryRemove(number, out _);
        }
    }

    private static async Task RefuseAsync(HttpContext context, JsonNode request, int status, int code = -32600)
    {
        if (status == 0)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(
            $"{{\"jsonrpc\":\"2.0\",\"id\":{request["id"]?.ToJsonString() ?? "null"},\"error\":{{\"code\":{code},\"message\":\"Bad Request: no valid session\"}}}}", context.RequestAborted);
    }

    private async Task WriteAsync(HttpContext context, JsonNode request, string result)
    {
        var message = $"{{\"jsonrpc\":\"2.0\",\"id\":{request["id"]?.ToJsonString()},\"result\":{result}}}";
        if (Resuming == 0)
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(message, context.RequestAborted);
            return;
        }

        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync($"id: event-1\ndata: \n\nid: event-2\ndata: {message}\n\n", context.RequestAborted);
    }

    private sealed class Stream(HttpContext context)
    {
        public TaskCompletionSource<bool> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task SayAsync(string message)
        {
            await context.Response.WriteAsync($"data: {message}\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}
