using System.Net;
using System.Net.Http.Headers;
using McpProbe.Model;
using McpProbe.Probing.Protocol;

namespace McpProbe.Bench;

/// <summary>The peer with nothing but HTTP in it: sends the requests of a probe, and reads the answers without looking at them.</summary>
internal sealed class PlainClient(Uri url) : IDisposable
{
    // The prober's own settings: they decide what is sent, and which handlers an answer passes.
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate | DecompressionMethods.Brotli,
    });
    private readonly bool _isStateless = url.AbsolutePath.StartsWith(StubServer.Stateless, StringComparison.Ordinal);

    public async Task ProbeAsync()
    {
        await PostAsync(McpRequest.Discover(McpRequest.DiscoverId, ProtocolVersions.NewestStateless), null);
        if (_isStateless)
        {
            await PostAsync(McpRequest.ListTools(McpRequest.FirstListId, ProtocolVersions.NewestStateless, null), null);
            return;
        }

        var session = await PostAsync(McpRequest.Initialize(ProtocolVersions.NewestHandshake), null);
        await PostAsync(McpRequest.Initialized(ProtocolVersions.NewestHandshake), session);
        await PostAsync(McpRequest.ListTools(McpRequest.FirstListId, ProtocolVersions.NewestHandshake, null), session);
        await SendAsync(new HttpRequestMessage(HttpMethod.Delete, url), ProtocolVersions.NewestHandshake, session);
    }

    public void Dispose() => _http.Dispose();

    private Task<string?> PostAsync(McpRequest message, string? session)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new ByteArrayContent(message.ToJson()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        if (message.ProtocolVersion is { } version && ProtocolVersions.EraOf(version) is Era.Stateless)
            request.Headers.TryAddWithoutValidation("Mcp-Method", message.Method);
        return SendAsync(request, message.ProtocolVersion, session);
    }

    private async Task<string?> SendAsync(HttpRequestMessage message, string? version, string? session)
    {
        using var request = message;
        request.Headers.TryAddWithoutValidation("User-Agent", "mcpprobe-bench");
        if (version is not null)
            request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", version);
        if (session is not null)
            request.Headers.TryAddWithoutValidation("Mcp-Session-Id", session);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await response.Content.CopyToAsync(Stream.Null);
        return response.Headers.TryGetValues("Mcp-Session-Id", out var values) ? values.First() : null;
    }
}
