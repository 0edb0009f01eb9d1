using System.Net.Sockets;

namespace McpProbe.Probing.Net;

/// <summary>
/// A socket's stream that keeps the first bytes that came, for a server that speaks another protocol says so in them. After the
/// first read it costs nothing.
/// </summary>
internal sealed class FirstBytesStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    /// <summary>The head of an HTTP/2 frame has nine; that of a TLS record five.</summary>
    private const int Most = 16;

    private static ReadOnlySpan<byte> NoHead => [0, 0, 0, 0];

    private byte[]? _first;

    /// <summary>Whether anything came at all.</summary>
    public bool IsSilent => _first is null;

    public bool IsHttp => _first is { } first && (first.AsSpan().StartsWith("HTTP/"u8) || first is [(byte)'<', ..]);

    /// <summary>A TLS record of an alert or a handshake (RFC 8446, 5.1).</summary>
    public bool IsTls => _first is [0x15 or 0x16, 3, <= 4, ..];

    /// <summary>A frame of settings, or of good-bye, on stream 0 (RFC 9113, 4.1).</summary>
    public bool IsHttp2 => _first is { Length: >= 9 } first && first[0] == 0 && (first[3] is 4 or 7) && first[4] <= 1 && first.AsSpan(5, 4).SequenceEqual(NoHead);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _first is null && !buffer.IsEmpty ? NoteAsync(buffer, cancellationToken) : base.ReadAsync(buffer, cancellationToken);

    private async ValueTask<int> NoteAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await base.ReadAsync(buffer, cancellationToken);
        if (read > 0)
            _first = buffer[..Math.Min(read, Most)].ToArray();
        return read;
    }
}
