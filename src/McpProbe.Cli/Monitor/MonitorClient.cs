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

    /// <summary>Of a whole probes file.</summary>
    private const int MostDocument = 16 << 20;

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
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, $"api/endpoints/{id}/baseline"));
        request.Content = new ReadOnlyMemoryContent(Body(by, hash)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        var wish = new Wish("nothing was accepted", $"Whether the catalogue was accepted is not known: look at the endpoint {id} in McpProbe.", MostBytes);
        var answer = await SendAsync(request, wish, cancellationToken);
        if (answer.ExitCode != ExitCodes.Ok)
            return MonitorAnswer.Failed(answer.ExitCode, answer.Faults);
        return ReadBaseline(answer.Body.Span) is { } baseline
            ? new MonitorAnswer(ExitCodes.Ok, baseline, [])
            : MonitorAnswer.Failed(ExitCodes.NotHealthy, NotMcpProbe(200));
    }

    /// <summary>What the server watches by its API (<c>GET /api/probes</c>).</summary>
    public async Task<RawAnswer> ExportAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, "api/probes"));
        return await SendAsync(request, new Wish("nothing was written", "Nothing was written.", MostDocument), cancellationToken);
    }

    /// <summary>Makes a probes file what the server watches (<c>PUT /api/probes</c>), or says what that would change.</summary>
    /// <param name="version">The ETag of the plan that this carries out; null for any.</param>
    public async Task<RawAnswer> ApplyAsync(ReadOnlyMemory<byte> file, bool dryRun, bool allowEmpty, string? version, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Put, new Uri(server, $"api/probes?dryRun={(dryRun ? "true" : "false")}&allowEmpty={(allowEmpty ? "true" : "false")}"));
        request.Content = new ReadOnlyMemoryContent(file) { Headers = { ContentType = new MediaTypeHeaderValue("application/yaml") } };
        if (version is not null)
            request.Headers.TryAddWithoutValidation("If-Match", version);
        var wish = new Wish(
            "nothing was changed", dryRun ? "Nothing was changed." : "Whether it was applied, or a part of it, is not known: apply the file again, which does what is left.", MostDocument);
        return await SendAsync(request, wish, cancellationToken);
    }

    /// <summary>Sends a request, and makes an exit code of what came of it.</summary>
    private async Task<RawAnswer> SendAsync(HttpRequestMessage request, Wish wish, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Patience, TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        try
        {
            using var response = await _http.SendAsync(request, both.Token);
            return Judge(wish, response, await ReadAsync(response.Content, wish.MostBytes, both.Token));
        }
        catch (HttpRequestException error)
        {
            return RawAnswer.Failed(ExitCodes.Unreachable, $"{server} cannot be reached: {Hidden(error.Message)}. Is McpProbe running there?");
        }
        catch (IOException error)
        {
            return RawAnswer.Failed(ExitCodes.Unreachable, $"{server} broke off its answer ({Hidden(error.Message)}). {wish.Unsure}");
        }
        catch (OperationCanceledException)
        {
            var what = cancellationToken.IsCancellationRequested ? "interrupted" : $"{server} did not answer within {Patience.TotalSeconds} s";
            return RawAnswer.Failed(ExitCodes.Unreachable, $"{what}. {wish.Unsure}");
        }
    }

    private RawAnswer Judge(Wish wish, HttpResponseMessage response, ReadOnlyMemory<byte> body)
    {
        var said = $"{server} answered {(int)response.StatusCode}";
        switch ((int)response.StatusCode)
        {
            case 200:
                return new RawAnswer(ExitCodes.Ok, body, response.Headers.ETag?.ToString(), []);
            case >= 300 and < 400:
                var target = response.Headers.Location is { } location ? $" to {Hidden(location.ToString())}" : "";
                return RawAnswer.Failed(ExitCodes.NotHealthy, $"{said}, a redirect{target}, which is not followed; give McpProbe's final address as --server.");
            case 401 or 403:
                var remedy = key is null ? "name the variable that holds McpProbe's API key with --api-key-env" : "check that it is the key of this McpProbe";
                return RawAnswer.Failed(ExitCodes.Credentials, [.. Problem(said, body), $"{wish.Nothing}; {remedy}."]);
            case 429 or >= 500:
                return RawAnswer.Failed(ExitCodes.Unreachable, [.. Problem(said, body), wish.Unsure]);
            case 400 when wish.MostBytes == MostDocument:
                return RawAnswer.Failed(ExitCodes.Usage, Problem(said, body));
            default:
                return RawAnswer.Failed(ExitCodes.NotHealthy, Problem(said, body));
        }
    }

    /// <summary>The line for an answer that is none of McpProbe's.</summary>
    public string NotMcpProbe(int status) => $"{server} answered {status}, but not as McpProbe does; check that --server is McpProbe's own address.";

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
            return JsonSerializer.Deserialize(body, ProbeJson.Default.BaselineReference) is { Hash: not null } baseline ? baseline : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, int most, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        using var bytes = new MemoryStream();
        var buffer = new byte[Math.Min(most, 64 * 1024)];
        while (bytes.Length < most && await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, most - bytes.Length)), cancellationToken) is var read and > 0)
            bytes.Write(buffer, 0, read);
        return bytes.ToArray();
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

    // A server may repeat what it was sent.
    private string Hidden(string text) => ForeignText.OneLine(key is null ? text : text.Replace(key, "***", StringComparison.Ordinal), MostWords);

    /// <param name="Nothing">What did not happen, where the server refused.</param>
    /// <param name="Unsure">What to say where nobody knows whether it happened.</param>
    /// <param name="MostBytes">Of an answer.</param>
    private sealed record Wish(string Nothing, string Unsure, int MostBytes);
}
