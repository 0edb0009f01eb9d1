using System.Net;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>Stands before an account of the emulator, and does what the service does on a bad day.</summary>
internal sealed class StorageProxy : IAsyncDisposable
{
    internal enum Mood
    {
        Passes,

        /// <summary>Every request: 403, as long as no role of the asker is effective.</summary>
        Refuses,

        /// <summary>Every connection is cut.</summary>
        Cuts,

        /// <summary>No request is ever answered.</summary>
        Hangs,
    }

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    private readonly List<StubServer> _servers = [];
    private readonly TaskCompletionSource _cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _turnedDown;

    private StorageProxy()
    {
    }

    /// <summary>The account, through here.</summary>
    internal StorageAccount Account { get; private set; } = null!;

    internal volatile Mood Now;

    internal void CutWhatHangs() => _cut.TrySetResult();

    /// <summary>Requests that were not passed on.</summary>
    internal int TurnedDown => Volatile.Read(ref _turnedDown);

    internal static async Task<StorageProxy> StartAsync(StorageAccount account, Mood now)
    {
        var proxy = new StorageProxy { Now = now };
        proxy.Account = await account.ThroughAsync(async service =>
        {
            var server = await StubServer.StartAsync(context => proxy.AnswerAsync(context, service));
            proxy._servers.Add(server);
            return new Uri(new Uri(server.Url), service.AbsolutePath);
        });
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        _client.Dispose();
    }

    private Task AnswerAsync(HttpContext context, Uri service)
    {
        if (Now is Mood.Passes)
            return PassAsync(context, service);
        Interlocked.Increment(ref _turnedDown);
        switch (Now)
        {
            case Mood.Refuses:
                return RefuseAsync(context);
            case Mood.Hangs:
                return HangAsync(context);
            default:
                context.Abort();
                return Task.CompletedTask;
        }
    }

    private async Task HangAsync(HttpContext context)
    {
        await _cut.Task.WaitAsync(context.RequestAborted);
        context.Abort();
    }

    // The code that the service answers when the asker is known and has no role: in the header, and in each service's body.
    private static async Task RefuseAsync(HttpContext context)
    {
        const string Code = "AuthorizationPermissionMismatch";
        const string Message = "This request is not authorized to perform this operation using this permission.";
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        context.Response.Headers["x-ms-error-code"] = Code;
        context.Response.ContentType = "application/xml";
        await context.Response.WriteAsync($"<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{Code}</Code><Message>{Message}</Message></Error>");
    }

    private async Task PassAsync(HttpContext context, Uri service)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method),
            new Uri($"{service.GetLeftPart(UriPartial.Authority)}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (body.Length > 0 || context.Request.ContentLength is not null)
            request.Content = new ByteArrayContent(body.ToArray());
        foreach (var header in context.Request.Headers.Where(header => header.Key is not ("Host" or "Content-Length" or "Connection" or "Expect")))
        {
            if (!request.Headers.TryAddWithoutValidation(header.Key, [.. header.Value]))
                request.Content?.Headers.TryAddWithoutValidation(header.Key, [.. header.Value]);
        }

        using var answer = await _client.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var header in answer.Headers.Concat(answer.Content.Headers).Where(header => header.Key is not ("Transfer-Encoding" or "Connection" or "Keep-Alive")))
            context.Response.Headers[header.Key] = header.Value.ToArray();
        if (answer.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.NotModified) && context.Request.Method != "HEAD")
            await context.Response.Body.WriteAsync(await answer.Content.ReadAsByteArrayAsync(context.RequestAborted), context.RequestAborted);
    }
}
