using ModelContextProtocol.Client;

namespace McpProbe.Bench;

/// <summary>The official client: connects, lists the tools, ends the session.</summary>
internal sealed class SdkClient(Uri url) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null });

    public async Task ProbeAsync()
    {
        await using var client = await McpClient.CreateAsync(new HttpClientTransport(
            new HttpClientTransportOptions { Endpoint = url, TransportMode = HttpTransportMode.StreamableHttp }, _http, ownsHttpClient: false));
        var tools = await client.ListToolsAsync();
        if (tools.Count != 10)
            throw new InvalidOperationException($"The official client saw {tools.Count} tools, not 10.");
    }

    public void Dispose() => _http.Dispose();
}
