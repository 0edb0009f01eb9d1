using System.Buffers;

namespace McpProbe.Probing;

/// <summary>Bytes in rented memory, which grows as they come.</summary>
internal sealed class PooledBuffer : IDisposable
{
    private const int InitialSize = 16 * 1024;

    private byte[] _bytes;

    private PooledBuffer(int size) => _bytes = ArrayPool<byte>.Shared.Rent(size);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public static PooledBuffer Copy(ReadOnlySpan<byte> bytes)
    {
        var buffer = new PooledBuffer(bytes.Length);
        bytes.CopyTo(buffer._bytes);
        buffer.Length = bytes.Length;
        return buffer;
    }

    public static async Task<PooledBuffer> ReadToEndAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new PooledBuffer(InitialSize);
        try
        {
            while (await stream.ReadAsync(buffer._bytes.AsMemory(buffer.Length), cancellationToken) is var read && read > 0)
            {
                buffer.Length += read;
                if (buffer.Length == buffer._bytes.Length)
                    buffer.Grow();
            }

            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_bytes.Length * 2);
        _bytes.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
