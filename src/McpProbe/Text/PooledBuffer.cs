using System.Buffers;

namespace McpProbe.Text;

/// <summary>
/// Bytes that grow, in a pooled array. Unlike <see cref="ArrayBufferWriter{T}"/> it gives its array back and can be cut back to a mark.
/// </summary>
internal sealed class PooledBuffer : IDisposable
{
    private const int FirstRead = 16 * 1024;
    private const int FurtherReads = 64 * 1024;
    private const int MostPooled = 1 << 20;

    private byte[] _bytes;

    public PooledBuffer() => _bytes = [];

    /// <param name="capacity">Bytes that it holds without growing.</param>
    public PooledBuffer(int capacity) => _bytes = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public static PooledBuffer Copy(ReadOnlySpan<byte> bytes)
    {
        var buffer = new PooledBuffer();
        buffer.Add(bytes);
        return buffer;
    }

    /// <summary>All that the stream holds; what bounds it is the stream's business.</summary>
    public static async ValueTask<PooledBuffer> ReadToEndAsync(Stream stream, CancellationToken cancellationToken)
    {
        // Nearly every answer fits into the first piece.
        var first = ArrayPool<byte>.Shared.Rent(FirstRead);
        var filled = 0;
        try
        {
            while (filled < first.Length && await stream.ReadAsync(first.AsMemory(filled), cancellationToken) is var read && read > 0)
                filled += read;
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(first);
            throw;
        }

        return filled < first.Length
            ? new PooledBuffer { _bytes = first, Length = filled }
            : await ReadPiecesAsync(first, stream, cancellationToken);
    }

    /// <param name="first">Full; its array is the pool's again afterwards.</param>
    private static async Task<PooledBuffer> ReadPiecesAsync(byte[] first, Stream stream, CancellationToken cancellationToken)
    {
        // A large answer comes in pieces, put together once they are all there: growing would hold twice as much, for as long as
        // the server takes its time, and many servers can do that at once.
        var pieces = new List<byte[]> { first, ArrayPool<byte>.Shared.Rent(FurtherReads) };
        var inLast = 0;
        try
        {
            while (await stream.ReadAsync(pieces[^1].AsMemory(inLast), cancellationToken) is var read && read > 0)
            {
                inLast += read;
                if (inLast < pieces[^1].Length)
                    continue;
                pieces.Add(ArrayPool<byte>.Shared.Rent(FurtherReads));
                inLast = 0;
            }

            var buffer = new PooledBuffer();
            var whole = buffer.Reserve(pieces.SkipLast(1).Sum(piece => piece.Length) + inLast);
            foreach (var piece in pieces)
            {
                var part = piece == pieces[^1] ? piece.AsSpan(0, inLast) : piece;
                part.CopyTo(whole);
                whole = whole[part.Length..];
            }

            return buffer;
        }
        finally
        {
            pieces.ForEach(piece => ArrayPool<byte>.Shared.Return(piece));
            LargeGarbage.Count(pieces.Count * FurtherReads);
        }
    }

    public ReadOnlySpan<byte> Slice(int start, int length) => _bytes.AsSpan(start, length);

    public ReadOnlySpan<byte> Slice(ByteRange range) => _bytes.AsSpan(range.Start, range.Length);

    public ByteRange Since(int start) => new(start, Length - start);

    public void Add(byte value) => Reserve(1)[0] = value;

    public void Add(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    /// <summary>Room for exactly <paramref name="count"/> more bytes, which count as written.</summary>
    public Span<byte> Reserve(int count)
    {
        if (count > _bytes.Length - Length) Grow(count);
        var room = _bytes.AsSpan(Length, count);
        Length += count;
        return room;
    }

    /// <summary>Forgets what was written after <paramref name="length"/>.</summary>
    public void CutTo(int length) => Length = length;

    public void Dispose()
    {
        Return(_bytes);
        _bytes = [];
        Length = 0;
    }

    // The pool keeps what it is given; what only a flood of large answers needs is left to the collector.
    private static void Return(byte[] bytes)
    {
        if (bytes.Length is > 0 and <= MostPooled) ArrayPool<byte>.Shared.Return(bytes);
    }

    private void Grow(int count)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(Length + count), 2 * _bytes.Length));
        Span.CopyTo(larger);
        Return(_bytes);
        _bytes = larger;
    }
}

/// <summary>A part of a <see cref="PooledBuffer"/>; stays valid when the buffer grows.</summary>
internal readonly record struct ByteRange(int Start, int Length)
{
    public int End => Start + Length;
}
