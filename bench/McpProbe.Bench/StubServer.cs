using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace McpProbe.Bench;

/// <summary>
/// A server of canned answers over raw sockets: no MCP code, no web framework, so that what is measured is the client. It runs in
/// a process of its own (<c>serve</c>). <c>/stateless</c> speaks 2026-07-28, every other path 2025-11-25 with a session.
/// </summary>
internal static class StubServer
{
    public const string Stateless = "/stateless";
    public const string Handshake = "/handshake";

    /// <summary>As handshake, but the closing DELETE is answered after a second: time to look at the client's memory.</summary>
    public const string Lingering = "/lingering";

    /// <summary>As handshake, with 1,000 tools on one page of some 400 KB.</summary>
    public const string Large = "/large";

    /// <summary>Before the number of an endpoint, such as in <c>/stateless/own/17/mcp</c>: it has a name and tools of its own, as servers have.</summary>
    public const string Own = "/own";

    /// <summary>Answers with the arrivals so far (<see cref="ReadArrival"/>).</summary>
    public const string Arrivals = "/arrivals";

    public const int ArrivalSize = sizeof(int) + sizeof(long);

    // The first request of each connection to a path with an endpoint's number in it: a probe connects afresh.
    private static readonly List<(int Endpoint, long Ticks)> Arrived = [];

    /// <summary>Where an endpoint's number stands, if it has answers of its own.</summary>
    private const char Number = '#';

    private const string Implementation = """{"name":"stub#","version":"1.0.0"}""";

    private static readonly byte[] HeaderEnd = "\r\n\r\n"u8.ToArray();
    private static readonly byte[] LastChunk = "\r\n0\r\n\r\n"u8.ToArray();
    private static readonly string Tools = string.Join(',', Enumerable.Range(0, 10).Select(Tool));
    private static readonly byte[] Ok = Empty("200 OK");
    private static readonly byte[] Accepted = Empty("202 Accepted");
    private static readonly byte[] NotAllowed = Empty("405 Method Not Allowed");

    // What follows the id in an answer.
    private static readonly Canned Discovered = new(
        "\"result\":{\"serverInfo\":" + Implementation
        + ""","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"resultType":"complete","ttlMs":0,"cacheScope":"private"}}""");

    private static readonly Canned Initialized = new(
        "\"result\":{\"serverInfo\":" + Implementation + ""","protocolVersion":"2025-11-25","capabilities":{"tools":{}}}}""");

    private static readonly Canned HandshakeTools = new("\"result\":{\"tools\":[" + Tools + "]}}");

    private static readonly Canned LargeTools = new("\"result\":{\"tools\":[" + string.Join(',', Enumerable.Range(0, 1_000).Select(Tool)) + "]}}");

    private static readonly Canned StatelessTools = new(
        "\"result\":{\"tools\":[" + Tools + """],"resultType":"complete","ttlMs":0,"cacheScope":"private"}}""");

    private static readonly Canned MethodNotFound = new("\"error\":{\"code\":-32601,\"message\":\"Method not found\"}}");

    /// <summary>Serves until the process is ended; prints the address first.</summary>
    public static async Task RunAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1024);
        await Console.Out.WriteLineAsync($"http://{listener.LocalEndPoint}");

        var connections = new HashSet<Task>();
        while (true)
        {
            connections.Add(ServeAsync(await listener.AcceptAsync()));
            if (connections.Count % 1024 == 0)
                connections.RemoveWhere(connection => connection.IsCompleted);
        }
    }

    private static async Task ServeAsync(Socket socket)
    {
        using var connection = socket;
        connection.NoDelay = true;
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        var (filled, isFirst) = (0, true);
        try
        {
            while (true)
            {
                var length = RequestLength(buffer.AsSpan(0, filled));
                if (length == 0 || length > filled)
                {
                    var read = await connection.ReceiveAsync(buffer.AsMemory(filled));
                    if (read == 0)
                        return;
                    filled += read;
                    continue;
                }

                var request = Encoding.UTF8.GetString(buffer, 0, length);
                if (isFirst)
                    NoteArrival(request);
                isFirst = false;
                if (request.StartsWith("DELETE " + Lingering, StringComparison.Ordinal))
                    await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
                await connection.SendAsync(Answer(request));
                buffer.AsSpan(length, filled - length).CopyTo(buffer);
                filled -= length;
            }
        }
        catch (SocketException)
        {
            // The client is gone.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The number of the endpoint in the probed path, and when its probe connected.</summary>
    public static (int Endpoint, DateTimeOffset At) ReadArrival(ReadOnlySpan<byte> bytes) => (
        BinaryPrimitives.ReadInt32LittleEndian(bytes),
        new DateTimeOffset(BinaryPrimitives.ReadInt64LittleEndian(bytes[sizeof(int)..]), TimeSpan.Zero));

    private static void NoteArrival(string request)
    {
        if (!int.TryParse(EndpointOf(request), CultureInfo.InvariantCulture, out var endpoint))
            return;
        lock (Arrived)
            Arrived.Add((endpoint, TimeProvider.System.GetUtcNow().UtcTicks));
    }

    /// <summary>The number in the path; empty where there is none.</summary>
    private static ReadOnlySpan<char> EndpointOf(string request)
    {
        var path = request.AsSpan(request.IndexOf(' ', StringComparison.Ordinal) + 1);
        path = path[..path.IndexOf(' ')];
        foreach (var part in path.Split('/'))
        {
            if (path[part] is [>= '0' and <= '9', ..])
                return path[part];
        }
        return default;
    }

    private static byte[] AllArrivals()
    {
        byte[] body;
        lock (Arrived)
        {
            body = new byte[Arrived.Count * ArrivalSize];
            for (var i = 0; i < Arrived.Count; i++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(i * ArrivalSize), Arrived[i].Endpoint);
                BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(i * ArrivalSize + sizeof(int)), Arrived[i].Ticks);
            }
        }
        return [.. Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];
    }

    /// <summary>Of head and body; 0 while the head is not complete.</summary>
    private static int RequestLength(ReadOnlySpan<byte> bytes)
    {
        var head = bytes.IndexOf(HeaderEnd);
        if (head < 0)
            return 0;

        const string name = "\r\nContent-Length:";
        var text = Encoding.ASCII.GetString(bytes[..head]);
        var at = text.IndexOf(name, StringComparison.OrdinalIgnoreCase);
        if (at < 0 && !text.Contains("\r\nTransfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase))
            return head + HeaderEnd.Length;
        if (at < 0)
            return bytes.IndexOf(LastChunk) is var last and >= 0 ? last + LastChunk.Length : 0;

        var value = text.AsSpan(at + name.Length);
        var end = value.IndexOf('\r');
        return head + HeaderEnd.Length + int.Parse(end < 0 ? value : value[..end], CultureInfo.InvariantCulture);
    }

    private static byte[] Answer(string request)
    {
        var path = request.AsSpan(request.IndexOf(' ', StringComparison.Ordinal) + 1);
        var stateless = path.StartsWith(Stateless);
        if (request.StartsWith("GET " + Arrivals, StringComparison.Ordinal))
            return AllArrivals();
        if (!request.StartsWith("POST", StringComparison.Ordinal))
            return request.StartsWith("DELETE", StringComparison.Ordinal) ? Ok : NotAllowed;

        return Value(request, "\"method\":").Trim('"') switch
        {
            "server/discover" when stateless => Reply(request, Discovered),
            "initialize" when !stateless => Reply(request, Initialized, "Mcp-Session-Id: bench\r\n"),
            "tools/list" when path.StartsWith(Large) => Reply(request, LargeTools),
            "tools/list" => Reply(request, stateless ? StatelessTools : HandshakeTools),
            var method when method.StartsWith("notifications/", StringComparison.Ordinal) => Accepted,
            _ => Reply(request, MethodNotFound),
        };
    }

    private static byte[] Reply(string request, Canned canned, string headers = "")
    {
        var rest = canned.For(request.AsSpan(0, request.IndexOf('\n', StringComparison.Ordinal)).Contains(Own, StringComparison.Ordinal) ? EndpointOf(request) : default);
        var id = Value(request, "\"id\":");
        var start = $$"""{"jsonrpc":"2.0","id":{{id}},""";
        return [.. Encoding.UTF8.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{headers}Content-Length: {start.Length + rest.Length}\r\n\r\n{start}"), .. rest];
    }

    private static byte[] Empty(string status) => Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");

    /// <summary>The token that follows a key.</summary>
    private static string Value(string json, string key)
    {
        var at = json.IndexOf(key, StringComparison.Ordinal);
        if (at < 0)
            return "";
        var value = json.AsSpan(at + key.Length).TrimStart();
        var end = value.IndexOfAny(',', '}');
        return value[..end].Trim().ToString();
    }

    private static string Tool(int number) =>
        $$$"""
        {"name":"tool_{{{number}}}#","title":"Tool {{{number}}}","description":"Searches the records of shop {{{number}}} and returns those that match, newest first.","inputSchema":{"type":"object","properties":{"query":{"type":"string","description":"What to look for"},"limit":{"type":"integer","minimum":1,"maximum":100,"default":10}},"required":["query"],"additionalProperties":false},"annotations":{"readOnlyHint":true}}
        """;

    /// <summary>The text of an answer, made once for those that have it in common.</summary>
    private sealed class Canned(string text)
    {
        private readonly byte[] _plain = Encoding.UTF8.GetBytes(text.Replace($"{Number}", "", StringComparison.Ordinal));

        public byte[] For(ReadOnlySpan<char> endpoint) =>
            endpoint.IsEmpty ? _plain : Encoding.UTF8.GetBytes(text.Replace($"{Number}", $"of{endpoint}", StringComparison.Ordinal));
    }
}
