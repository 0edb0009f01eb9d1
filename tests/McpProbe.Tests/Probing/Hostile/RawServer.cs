using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace McpProbe.Tests.Probing.Hostile;

/// <summary>A server on a socket, which can break HTTP in ways that a web server cannot. Notes every request, and every connection without one.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly Func<Exchange, Task> _answer;
    private readonly X509Certificate2? _certificate;
    private readonly bool _onConnect;
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Task _accepting;
    private int _accepted;

    private RawServer(Func<Exchange, Task> answer, X509Certificate2? certificate, bool onConnect)
    {
        (_answer, _certificate, _onConnect) = (answer, certificate, onConnect);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections that were made, whatever was sent on them.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    public ConcurrentQueue<string> Requests { get; } = new();

    /// <param name="answer">Called with each request; what it throws ends the connection.</param>
    /// <param name="certificate">With one it speaks TLS.</param>
    /// <param name="onConnect">It is called with each connection instead, before anything is read.</param>
    public static RawServer Start(Func<Exchange, Task> answer, X509Certificate2? certificate = null, bool onConnect = false) => new(answer, certificate, onConnect);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_ending.Token);
                Interlocked.Increment(ref _accepted);
                _connections.Add(Task.Run(() => ServeAsync(client)));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var ended = client;
        try
        {
            client.NoDelay = true;
            Stream stream = client.GetStream();
            if (_certificate is not null)
            {
                var tls = new SslStream(stream);
                stream = tls;
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _ending.Token);
            }

            if (_onConnect)
            {
                await _answer(new Exchange("", "", stream, client, _ending.Token));
                return;
            }

            while (await ReadRequestAsync(stream, client) is { } exchange)
            {
                Requests.Enqueue(exchange.Head + exchange.Body);
                await _answer(exchange);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or SocketException or ObjectDisposedException
            or System.Security.Authentication.AuthenticationException)
        {
            // The prober hung up, or the test is over.
        }
    }

    private async Task<Exchange?> ReadRequestAsync(Stream stream, TcpClient client)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _ending.Token) == 0)
                return null;
            head.Append((char)one[0]);
        }

        var text = head.ToString();
        var length = text.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        var body = new byte[length is null ? 0 : int.Parse(length.Split(':')[1], CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, _ending.Token);
        return new Exchange(text, Encoding.UTF8.GetString(body), stream, client, _ending.Token);
    }
}

/// <summary>One request, and the connection to answer it on.</summary>
internal sealed class Exchange(string head, string body, Stream stream, TcpClient client, CancellationToken cancellation)
{
    private readonly JsonElement _message = body.Length > 0 ? JsonSerializer.Deserialize<JsonElement>(body) : default;

    public string Head => head;

    public string Body => body;

    public CancellationToken Cancellation => cancellation;

    /// <summary>Such as <c>initialize</c>; the HTTP method for a request without a message.</summary>
    public string Method => _message.ValueKind is JsonValueKind.Object ? _message.GetProperty("method").GetString()! : head[..head.IndexOf(' ', StringComparison.Ordinal)];

    /// <summary>The path and query.</summary>
    public string Path => head.Split(' ')[1];

    public string Id => _message.ValueKind is JsonValueKind.Object && _message.TryGetProperty("id", out var id) ? id.GetRawText() : "null";

    /// <summary>Writes ASCII text as it is; <c>$ID</c> stands for the request's id.</summary>
    public Task WriteAsync(string text) => WriteAsync(Encoding.UTF8.GetBytes(text.Replace("$ID", Id, StringComparison.Ordinal)));

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(bytes, cancellation);
        await stream.FlushAsync(cancellation);
    }

    /// <summary>A whole answer, well-formed as HTTP.</summary>
    public Task AnswerAsync(int status, string? type, ReadOnlyMemory<byte> body, params string[] headers) => WriteAsync((byte[])
    [
        .. Encoding.Latin1.GetBytes($"HTTP/1.1 {status} X\r\n{(type is null ? "" : $"Content-Type: {type}\r\n")}{string.Concat(headers.Select(header => header + "\r\n"))}Content-Length: {body.Length}\r\n\r\n"),
        .. body.Span,
    ]);

    public Task AnswerAsync(int status, string? type = null, string body = "", params string[] headers) =>
        AnswerAsync(status, type, Encoding.UTF8.GetBytes(body.Replace("$ID", Id, StringComparison.Ordinal)), headers);

    public Task ResultAsync(string result) => AnswerAsync(200, "application/json", $$"""{"jsonrpc":"2.0","id":$ID,"result":{{result}}}""");

    public Task ErrorAsync(int code, string message, int status = 200) =>
        AnswerAsync(status, "application/json", $$$"""{"jsonrpc":"2.0","id":$ID,"error":{"code":{{{code}}},"message":"{{{message}}}"}}""");

    /// <summary>Writes on and on, until the prober hangs up.</summary>
    public async Task RepeatAsync(string text, TimeSpan pause = default)
    {
        var bytes = Encoding.UTF8.GetBytes(pause > TimeSpan.Zero ? text : string.Concat(Enumerable.Repeat(text, Math.Max(1, 16_384 / text.Length))));
        while (true)
        {
            await WriteAsync(bytes);
            if (pause > TimeSpan.Zero)
                await Task.Delay(pause, TimeProvider.System, cancellation);
        }
    }

    /// <summary>Says nothing more, until the prober hangs up.</summary>
    public Task HangAsync() => stream.CopyToAsync(Stream.Null, cancellation);

    /// <summary>Ends the connection with a RST.</summary>
    public void Reset()
    {
        client.LingerState = new LingerOption(true, 0);
        client.Close();
    }

    /// <summary>Ends the connection with a FIN.</summary>
    public void Close() => client.Close();
}
