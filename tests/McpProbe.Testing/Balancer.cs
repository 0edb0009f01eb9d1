using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Testing;

/// <summary>
/// A small load balancer: new sessions go to the instances in turns, a session stays with its instance, and whoever's instance is away
/// is sent to another one.
/// </summary>
public sealed class Balancer : IAsyncDisposable
{
    private const string SessionHeader = "Mcp-Session-Id";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    private readonly ConcurrentDictionary<string, int> _instanceOf = new();
    private readonly IReadOnlyList<string> _instances;
    private StubServer _stub = null!;
    private int _turn;

    private Balancer(IReadOnlyList<string> instances) => _instances = instances;

    public string Url => _stub.Url;

    /// <param name="instances">Their addresses, without a trailing slash.</param>
    public static async Task<Balancer> StartAsync(params IReadOnlyList<string> instances)
    {
        var balancer = new Balancer(instances);
        balancer._stub = await StubServer.StartAsync(balancer.AnswerAsync);
        return balancer;
    }

    public async ValueTask DisposeAsync()
    {
        await _stub.DisposeAsync();
        _http.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var first = context.Request.Headers[SessionHeader].FirstOrDefault() is { } known && _instanceOf.TryGetValue(known, out var own)
            ? own
            : Interlocked.Increment(ref _turn) % _instances.Count;
        for (var i = 0; i < _instances.Count; i++)
        {
            var instance = (first + i) % _instances.Count;
            try
            {
                using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), _instances[instance] + context.Request.Path);
                if (body.Length > 0)
                    request.Content = new ByteArrayContent(body.ToArray());
                foreach (var header in context.Request.Headers.Where(header => header.Key is not ("Host" or "Content-Length")))
                {
                    if (!request.Headers.TryAddWithoutValidation(header.Key, header.Value.ToArray()))
                        request.Content?.Headers.TryAddWithoutValidation(header.Key, header.Value.ToArray());
                }

                using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
                if (response.Headers.TryGetValues(SessionHeader, out var opened))
                {
                    _instanceOf[opened.First()] = instance;
                    context.Response.Headers[SessionHeader] = opened.First();
                }

                context.Response.StatusCode = (int)response.StatusCode;
                context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
                await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
                return;
            }
            catch (HttpRequestException) when (!context.Response.HasStarted)
            {
                // That instance is away.
            }
        }

        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
    }
}
