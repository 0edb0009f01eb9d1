using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.WebUtilities;

namespace McpProbe.Tests.Probing.OAuth;

/// <summary>
/// A web server that notes every request: an authorization server, an MCP server that wants a token at <c>/mcp</c>, or both, as
/// the test's answers say.
/// </summary>
internal sealed class StubAuth : IAsyncDisposable
{
    private static readonly RequestDelegate Mcp = McpScript.Handshake("echo");

    private StubServer? _server;

    public ConcurrentQueue<Asked> Requests { get; } = new();

    public string Url => _server!.Url;

    public IEnumerable<string> Paths => Requests.Select(request => $"{request.Method} {request.Path}");

    public IEnumerable<Asked> TokenRequests => Requests.Where(request => request.Path == "/token");

    public static async Task<StubAuth> StartAsync(Func<StubAuth, Asked, Said?> answer, string url = "http://127.0.0.1:0", Action<KestrelServerOptions>? kestrel = null)
    {
        var stub = new StubAuth();
        stub._server = await StubServer.StartAsync(context => stub.AnswerAsync(context, answer), url, kestrel);
        return stub;
    }

    /// <summary>An authorization server without a path, and the MCP server of the same origin.</summary>
    public static Said? Usual(StubAuth stub, Asked asked) => asked.Path switch
    {
        "/.well-known/oauth-protected-resource/mcp" => Said.Json(new { resource = stub.Url + "/mcp", authorization_servers = new[] { stub.Url } }),
        "/.well-known/oauth-authorization-server" => Said.Json(new { issuer = stub.Url, token_endpoint = stub.Url + "/token" }),
        "/token" => Said.Token("token-1"),
        "/mcp" => Said.Mcp("token-1", null),
        _ => new Said(404),
    };

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    private async Task AnswerAsync(HttpContext context, Func<StubAuth, Asked, Said?> answer)
    {
        var bytes = new MemoryStream();
        await context.Request.Body.CopyToAsync(bytes, context.RequestAborted);
        context.Request.Body = new MemoryStream(bytes.ToArray());
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var asked = new Asked(context.Request.Method, context.Request.Path, headers, Encoding.UTF8.GetString(bytes.ToArray()));
        Requests.Enqueue(asked);

        var said = answer(this, asked);
        if (said is null)
        {
            // Never answered: until the prober gives up.
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        else if (said.McpTokens is { } tokens && tokens.Any(token => asked.Header("Authorization") == "Bearer " + token))
        {
            await Mcp(context);
        }
        else
        {
            context.Response.StatusCode = said.Status;
            context.Response.ContentType = said.ContentType;
            if (said.Challenge is not null)
                context.Response.Headers.WWWAuthenticate = said.Challenge;
            if (said.Location is not null)
                context.Response.Headers.Location = said.Location;
            await context.Response.WriteAsync(said.Body, context.RequestAborted);
        }
    }

    internal sealed record Asked(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body)
    {
        public string? Header(string name) => Headers.GetValueOrDefault(name);

        /// <summary>The body's form, as <c>name=value</c>, in its order.</summary>
        public IEnumerable<string> Form =>
            new FormReader(Body).ReadForm().SelectMany(pair => pair.Value.Select(value => $"{pair.Key}={value}"));

        /// <summary>Everything of the request, decoded and not: to look for what must not be in it.</summary>
        public string Everything => string.Join('\n', [Path, Body, Uri.UnescapeDataString(Body), .. Headers.Select(header => $"{header.Key}: {header.Value}")]);
    }

    internal sealed record Said(int Status, string Body = "", string ContentType = "application/json")
    {
        public string? Challenge { get; init; }

        public string? Location { get; init; }

        /// <summary>Tokens with which the MCP server answers; this answer is for requests without one of them.</summary>
        public string[]? McpTokens { get; init; }

        public static Said Json(object body, int status = 200) => new(status, JsonSerializer.Serialize(body));

        public static Said Token(string token, double expiresIn = 3600) =>
            Json(new { access_token = token, token_type = "Bearer", expires_in = expiresIn });

        /// <summary>An MCP server that wants one of the tokens (separated by spaces).</summary>
        public static Said Mcp(string tokens, string? challenge) => new(401) { McpTokens = tokens.Split(' '), Challenge = challenge };
    }
}
