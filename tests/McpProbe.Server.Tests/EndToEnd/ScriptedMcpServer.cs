using System.Text.Json;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>An MCP server of the handshake era with one tool, that can be stopped, started again on its port, and held up.</summary>
internal sealed class ScriptedMcpServer : IAsyncDisposable
{
    private StubServer? _stub;
    private TaskCompletionSource? _hold;
    private int _lists;

    public string Url { get; private set; } = "";

    /// <summary>How often the tools were asked for.</summary>
    public int Lists => Volatile.Read(ref _lists);

    public static async Task<ScriptedMcpServer> StartAsync()
    {
        var server = new ScriptedMcpServer();
        server._stub = await StubServer.StartAsync(server.AnswerAsync);
        server.Url = server._stub.Url;
        return server;
    }

    public async Task StopAsync()
    {
        if (_stub is not null)
            await _stub.DisposeAsync();
        _stub = null;
    }

    public async Task StartAgainAsync() => _stub = await StubServer.StartAsync(AnswerAsync, Url);

    /// <summary>From now on <c>tools/list</c> is not answered until <see cref="Release"/>.</summary>
    public void Hold() => _hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => Interlocked.Exchange(ref _hold, null)?.SetResult();

    public async ValueTask DisposeAsync()
    {
        Release();
        await StopAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }
        using var request = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var method = request.RootElement.GetProperty("method").GetString();
        if (!request.RootElement.TryGetProperty("id", out var id))
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }
        var answer = method switch
        {
            "initialize" => """
                "result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"scripted","version":"1"}}
                """,
            "tools/list" => """
                "result":{"tools":[{"name":"echo","description":"Echoes.","inputSchema":{"type":"object"}}]}
                """,
            _ => """
                "error":{"code":-32601,"message":"Method not found"}
                """,
        };
        if (method == "tools/list")
        {
            Interlocked.Increment(ref _lists);
            if (_hold is { } hold)
                await hold.Task.WaitAsync(context.RequestAborted);
        }
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync($$"""{"jsonrpc":"2.0","id":{{id.GetRawText()}},{{answer}}}""", context.RequestAborted);
    }
}
