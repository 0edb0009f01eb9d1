using System.Collections.Concurrent;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Tests.Probing;

/// <summary>Stands before a real server and notes every exchange. Reached by <c>ConnectTo</c>, so that Host stays the server's.</summary>
internal sealed class RecordingProxy : IAsyncDisposable
{
    private readonly HttpMessageInvoker _upstream = new(new SocketsHttpHandler { UseProxy = false });
    private StubServer? _server;

    public ConcurrentQueue<Exchange> Exchanges { get; } = new();

    public string Authority => new Uri(_server!.Url).Authority;

    public static async Task<RecordingProxy> StartAsync(Uri target)
    {
        var proxy = new RecordingProxy();
        proxy._server = await StubServer.StartAsync(context => proxy.ForwardAsync(context, target));
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _upstream.Dispose();
    }

    private async Task ForwardAsync(HttpContext context, Uri target)
    {
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(target, context.Request.Path.Value));
        if (context.Request.ContentLength > 0)
            request.Content = new StreamContent(context.Request.Body);
        foreach (var (name, value) in context.Request.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value.AsEnumerable()))
                request.Content?.Headers.TryAddWithoutValidation(name, value.AsEnumerable());
        }

        using var response = await _upstream.SendAsync(request, context.RequestAborted);
        Exchanges.Enqueue(new Exchange(
            context.Request.Method,
            (string?)context.Request.Headers["Mcp-Session-Id"],
            (int)response.StatusCode,
            response.Headers.TryGetValues("Mcp-Session-Id", out var minted) ? minted.First() : null));

        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
        {
            if (!name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
                context.Response.Headers[name] = values.ToArray();
        }

        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    internal sealed record Exchange(string Method, string? Session, int Status, string? MintedSession);
}
