using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Monitor;

/// <summary>A client of McpProbe's own API (docs/http-api.md). No redirects, cookies or proxy: the key goes to the named server only.</summary>
/// <param name="server">Ends in a slash; the API may be below a path.</param>
/// <param name="key">Null for a server without one.</param>
internal sealed class MonitorClient(Uri server, string? key) : IDisposable
{
    private const int MostBytes = 64 * 1024;

    /// <summary>Our own server's words: a hash of 71 characters is among them.</summary>
    private const int MostWords = 500;

    /// <summary>Accepting writes to a store and probes nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false });

    public void Dispose() => _http.Dispose();

    /// <summary>Accepts the catalogue that an endpoint has now (<c>POST /api/endpoints/{id}/baseline</c>).</summary>
    /// <param name="hash">What was reviewed; null accepts whatever the catalogue is.</param>
    public async Task<MonitorAnswer> AcceptAsync(string id, string by, string? hash, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Patience, TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, $"api/endpoints/{id}/baseline"));
        request.Content = new ReadOnlyMemoryContent(Body(by, hash)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        try
        {
            using var response = await _http.SendAsync(request, both.Token);
            return Judge(id, response, await ReadAsync(response.Content, both.Token));
        }
        catch (HttpRequestException error)
        {
            return MonitorAnswer.Failed(ExitCodes.Unreachable, $"{server} cannot be reached: {Hidden(error.Message)}. Is McpProbe running there?");
        }
        catch (IOException error)
        {
            return MonitorAnswer.Failed(ExitCodes.Unreachable, $"{server} broke off its answer ({Hidden(error.Message)}). {Unsure(id)}");
        }
        catch (OperationCanceledException)
        {
            var what = cancellationToken.IsCancellationRequested ? "interrupted" : $"{server} did not answer within {Patience.TotalSeconds} s";
            return MonitorAnswer.Failed(ExitCodes.Unreachable, $"{what}. {Unsure(id)}");
        }
    }

    private MonitorAnswer Judge(string id, HttpResponseMessage response, ReadOnlyMemory<byte> body)
    {
        var said = $"{server} answered {(int)response.StatusCode}";
        switch ((int)response.StatusCode)
        {
            case 200:
                return ReadBaseline(body.Span) is { } baseline
                    ? new MonitorAnswer(ExitCodes.Ok, baseline, [])
                    : MonitorAnswer.Failed(ExitCodes.NotHealthy, $"{said}, but not as McpProbe does; check that --server is McpProbe's own address.");
            case >= 300 and < 400:
                var target = response.Headers.Location is { } location ? $" to {Hidden(location.ToString())}" : "";
                return MonitorAnswer.Failed(ExitCodes.NotHealthy, $"{said}, a redirect{target}, which is not followed; give McpProbe's final address as --server.");
            case 401 or 403:
                var remedy = key is null ? "name the variable that holds McpProbe's API key with --api-key-env" : "check that it is the key of this McpProbe";
                return MonitorAnswer.Failed(ExitCodes.Credentials, [.. Problem(said, body), $"nothing was accepted; {remedy}."]);
            case 429 or >= 500:
                return MonitorAnswer.Failed(ExitCodes.Unreachable, [.. Problem(said, body), Unsure(id)]);
            default:
                return MonitorAnswer.Failed(ExitCodes.NotHealthy, Problem(said, body));
        }
    }

    /// <summary>The detail and the mistakes of a problem document (RFC 9457); the status alone when it is none.</summary>
    private List<string> Problem(string said, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root && Text(root, "detail") is { } detail)
            {
                List<string> lines = [$"{said}: {Hidden(detail)}"];
                if (root.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array)
                    lines.AddRange(errors.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.Object).Select(one => $"{Hidden(Text(one, "path") ?? "")}: {Hidden(Text(one, "message") ?? "")}"));
                return lines;
            }
        }
        catch (JsonException)
        {
            // A proxy's page, perhaps: the status says what there is to say.
        }

        return [$"{said} without saying why; check that --server is McpProbe's own address."];
    }

    private static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static BaselineReference? ReadBaseline(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, EngineJson.Default.BaselineReference) is { Hash: not null } baseline ? baseline : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var bytes = new byte[MostBytes];
        return bytes.AsMemory(0, await stream.ReadAtLeastAsync(bytes, MostBytes, throwOnEndOfStream: false, cancellationToken));
    }

    private static ReadOnlyMemory<byte> Body(string by, string? hash)
    {
        var body = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("by", by);
        if (hash is not null)
            json.WriteString("hash", hash);
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }

    private static string Unsure(string id) => $"Whether the catalogue was accepted is not known: look at the endpoint {id} in McpProbe.";

    // A server may repeat what it was sent.
    private string Hidden(string text) => ForeignText.OneLine(key is null ? text : text.Replace(key, "***", StringComparison.Ordinal), MostWords);
}
