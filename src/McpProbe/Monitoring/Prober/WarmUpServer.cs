using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace McpProbe.Monitoring.Prober;

/// <summary>
/// A little MCP server of our own on a free port of this machine, in the clear or over TLS, with canned answers. <c>/stateless</c> speaks
/// 2026-07-28, every other path 2025-11-25. It lives for the warm-up only, and knows nothing worth stealing.
/// </summary>
internal sealed class WarmUpServer : IAsyncDisposable
{
    private const int LongestRequest = 64 << 10;
    private const string Server = """{"name":"warm-up","version":"1"}""";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2? _certificate;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;

    /// <exception cref="SocketException">There is no port to listen on.</exception>
    /// <exception cref="CryptographicException">There is no certificate to be had.</exception>
    public WarmUpServer(bool tls, TimeProvider time)
    {
        _certificate = tls ? SelfSigned(time.GetUtcNow()) : null;
        _listener.Start();
        Url = new Uri($"{(tls ? "https" : "http")}://{_listener.LocalEndpoint}/");
        _serving = ServeAsync();
    }

    public Uri Url { get; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _serving;
        _certificate?.Dispose();
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using var connection = client;
        try
        {
            Stream stream = client.GetStream();
            if (_certificate is not null)
            {
                var secure = new SslStream(stream);
                stream = secure;
                await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _end.Token);
            }

            await using (stream)
            {
                var buffer = new byte[LongestRequest];
                for (var filled = 0; filled < buffer.Length;)
                {
                    var read = await stream.ReadAsync(buffer.AsMemory(filled), _end.Token);
                    if (read == 0)
                        return;
                    filled += read;
                    if (Whole(Encoding.UTF8.GetString(buffer, 0, filled)) is not { } request)
                        continue;
                    await stream.WriteAsync(Encoding.UTF8.GetBytes(Answer(request)), _end.Token);
                    filled = 0;
                }
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            // The prober has what it wants.
        }
    }

    /// <summary>The request, once its body is there as far as its header says.</summary>
    private static string? Whole(string text)
    {
        const string Length = "content-length:";
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
            return null;
        var at = text.IndexOf(Length, 0, end, StringComparison.OrdinalIgnoreCase);
        var length = at < 0 ? 0 : int.Parse(text.AsSpan(at + Length.Length, text.IndexOf('\r', at) - at - Length.Length), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
        // What the prober sends is ASCII.
        return text.Length >= end + 4 + length ? text : null;
    }

    private static string Answer(string request)
    {
        if (!request.StartsWith("POST ", StringComparison.Ordinal))
            return Http(request.StartsWith("DELETE ", StringComparison.Ordinal) ? "200 OK" : "405 Method Not Allowed", "");
        var stateless = request.StartsWith("POST /stateless", StringComparison.Ordinal);
        const string Complete = ""","resultType":"complete","ttlMs":0,"cacheScope":"private" """;
        string? result = null;
        if (request.Contains("\"initialize\"", StringComparison.Ordinal) && !stateless)
            result = $$$"""{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{{{Server}}}}""";
        else if (request.Contains("\"server/discover\"", StringComparison.Ordinal) && stateless)
            result = $$$"""{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"serverInfo":{{{Server}}}{{{Complete}}}}""";
        else if (request.Contains("\"tools/list\"", StringComparison.Ordinal))
            result = $$$"""{"tools":[{"name":"echo","description":"Says it again.","inputSchema":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}}]{{{(stateless ? Complete : "")}}}}""";
        else if (request.Contains("\"notifications/", StringComparison.Ordinal))
            return Http("202 Accepted", "");

        var id = IdOf(request);
        return Http("200 OK", result is null
            ? $$$"""{"jsonrpc":"2.0","id":{{{id}}},"error":{"code":-32601,"message":"Method not found"}}"""
            : $$$"""{"jsonrpc":"2.0","id":{{{id}}},"result":{{{result}}}}""");
    }

    private static string IdOf(string request)
    {
        const string Id = "\"id\":";
        var at = request.IndexOf(Id, StringComparison.Ordinal);
        if (at < 0)
            return "null";
        at += Id.Length;
        var end = request.IndexOfAny([',', '}'], at);
        return end < 0 ? "null" : request[at..end];
    }

    private static string Http(string status, string body) =>
        $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    private static X509Certificate2 SelfSigned(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=warm-up", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        // Not every platform serves TLS with a key that is in memory only.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
