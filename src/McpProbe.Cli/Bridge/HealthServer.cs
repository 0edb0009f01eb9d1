using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using McpProbe.Text;

namespace McpProbe.Cli.Bridge;

/// <summary>
/// The HTTP side of the bridge: GET and HEAD of three paths, a small JSON body each, one request a connection. It answers whatever
/// Host it is asked by, for platforms ask by addresses and names of their own; HttpListener does that on all addresses only.
/// </summary>
internal sealed class HealthServer(HealthChecks checks, TimeProvider time)
{
    /// <summary>Of a request line with its headers.</summary>
    private const int MostHead = 16 * 1024;

    /// <summary>A platform has a few at a time; whoever opens more waits.</summary>
    private const int MostConnections = 256;

    /// <summary>For the request to come, and for the answer to be taken.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private volatile bool _draining;

    /// <summary>From now on <c>/ready</c> says no; the other checks go on.</summary>
    public void Drain() => _draining = true;

    /// <summary>Answers until cancelled, then waits for the answers under way.</summary>
    public async Task RunAsync(IReadOnlyList<Socket> listeners, CancellationToken cancellationToken)
    {
        using var room = new SemaphoreSlim(MostConnections);
        await Task.WhenAll(listeners.Select(listener => AcceptAsync(listener, room, cancellationToken)));
    }

    private async Task AcceptAsync(Socket listener, SemaphoreSlim room, CancellationToken cancellationToken)
    {
        var answering = new HashSet<Task>();
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await room.WaitAsync(cancellationToken);
                Socket client;
                try
                {
                    client = await listener.AcceptAsync(cancellationToken);
                }
                catch
                {
                    room.Release();
                    throw;
                }

                answering.RemoveWhere(task => task.IsCompleted);
                answering.Add(ServeAsync(client, room, cancellationToken));
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException)
            {
                // The client has gone already, or there are no sockets left for a moment.
                await Task.Delay(TimeSpan.FromMilliseconds(20), time, CancellationToken.None);
            }
        }

        await Task.WhenAll(answering);
    }

    private async Task ServeAsync(Socket client, SemaphoreSlim room, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = new NetworkStream(client, ownsSocket: true);
            using var patience = new CancellationTokenSource(Patience, time);
            using var reading = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            if (await ReadRequestLineAsync(stream, reading.Token) is not { } line)
                return;
            var (status, body) = await AnswerOfAsync(line, cancellationToken);
            await WriteAsync(stream, status, body, isHead: line.StartsWith("HEAD ", StringComparison.Ordinal), cancellationToken);
            await CloseAsync(client, stream, cancellationToken);
        }
        catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Whoever asked has hung up or says nothing, or the bridge ends.
        }
        finally
        {
            room.Release();
        }
    }

    /// <summary>The first line, once the headers after it have ended; null when there is no whole head of a sane size.</summary>
    private static async Task<string?> ReadRequestLineAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var head = new byte[MostHead];
        var length = 0;
        while (length < head.Length)
        {
            var read = await stream.ReadAsync(head.AsMemory(length), cancellationToken);
            if (read == 0)
                return null;
            length += read;
            var seen = head.AsSpan(0, length);
            if (seen.IndexOf("\r\n\r\n"u8) < 0 && seen.IndexOf("\n\n"u8) < 0)
                continue;
            var line = seen[..seen.IndexOf((byte)'\n')];
            return Encoding.Latin1.GetString(line).TrimEnd('\r');
        }

        return "";
    }

    private async Task<(int Status, ReadOnlyMemory<byte> Body)> AnswerOfAsync(string requestLine, CancellationToken cancellationToken)
    {
        // RFC 9112, 3.
        if (requestLine.Split(' ') is not [var method, var target, var version] || !version.StartsWith("HTTP/1.", StringComparison.Ordinal))
            return (400, Body("failing", null, "This is no HTTP/1.1 request: ask by GET for /startup, /ready or /live."));
        if (checks.At(PathOf(target)) is not { } check)
            return (404, Body("failing", null, "There is nothing here: ask for /startup, /ready or /live."));
        if (method is not ("GET" or "HEAD"))
            return (405, Body("failing", null, "Health checks are GET requests."));
        if (_draining && PathOf(target) == "/ready")
            return (503, Body("stopping", null, "The bridge is shutting down, so that no new traffic is sent here."));

        var shared = await check.GetAsync(cancellationToken);
        var passed = PathOf(target) == "/live" ? HealthChecks.IsAlive(shared.Result) : HealthChecks.IsWell(shared.Result);
        return (passed ? 200 : 503, Body(passed ? "ok" : "failing", shared, shared.Result.Failure?.Message));
    }

    /// <summary>Without a query; a proxy asks by the whole address (RFC 9112, 3.2.2).</summary>
    private static string PathOf(string target)
    {
        if (!target.StartsWith('/'))
            return Uri.TryCreate(target, UriKind.Absolute, out var uri) ? uri.AbsolutePath : "";
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }

    private static async Task WriteAsync(NetworkStream stream, int status, ReadOnlyMemory<byte> body, bool isHead, CancellationToken cancellationToken)
    {
        var reason = status switch { 200 => "OK", 400 => "Bad Request", 404 => "Not Found", 405 => "Method Not Allowed", _ => "Service Unavailable" };
        var head = string.Create(CultureInfo.InvariantCulture,
            $"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nCache-Control: no-store\r\nConnection: close\r\n{(status == 405 ? "Allow: GET, HEAD\r\n" : "")}\r\n");
        var answer = new ArrayBufferWriter<byte>();
        Encoding.ASCII.GetBytes(head, answer);
        if (!isHead)
            answer.Write(body.Span);
        await stream.WriteAsync(answer.WrittenMemory, cancellationToken);
    }

    /// <summary>A socket that is closed with a body unread is reset, and the answer may be lost with it (RFC 9112, 9.6).</summary>
    private async Task CloseAsync(Socket client, NetworkStream stream, CancellationToken cancellationToken)
    {
        client.Shutdown(SocketShutdown.Send);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var rest = new byte[1024];
        for (var left = MostHead; left > 0;)
        {
            var read = await stream.ReadAsync(rest, either.Token);
            if (read == 0)
                return;
            left -= read;
        }
    }

    private ReadOnlyMemory<byte> Body(string status, SharedResult? shared, string? message)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("status", status);
            if (shared is not null)
            {
                json.WriteString("verdict", WireNames.Of(shared.Result.Verdict));
                if (shared.Result.Failure is { } failure)
                    json.WriteString("kind", WireNames.Of(failure.Kind));
                if (shared.Result.Catalog is { } catalog)
                    json.WriteNumber("tools", catalog.Tools);
                json.WriteNumber("tookMs", shared.Result.Timings.TotalMs);
                json.WriteNumber("ageMs", Math.Round(time.GetElapsedTime(shared.EndedAt).TotalMilliseconds));
            }

            if (message is not null)
                json.WriteString("message", message);
            json.WriteEndObject();
        }

        return body.WrittenMemory;
    }
}
