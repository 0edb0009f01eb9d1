using System.Globalization;
using McpProbe.Model;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.Net;

/// <summary>Reads a response's body, after decompression, up to a limit, whatever the server says of its length.</summary>
internal sealed class LimitedStream : Stream
{
    private readonly Stream _body;
    private readonly int _limit;
    private int _left;

    /// <param name="limit">Bytes.</param>
    public LimitedStream(Stream body, int limit) => (_body, _limit, _left) = (body, limit, limit);

    /// <summary>Bytes that follow the body's own; empty for none.</summary>
    public ReadOnlyMemory<byte> Ending { get; init; }

    /// <summary>Whether the body is over, and what comes now is the <see cref="Ending"/>.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Gives the next answer on a long stream the whole limit again.</summary>
    public void Reset() => _left = _limit;

    /// <exception cref="ProbeFailedException">There is more than the limit (kind <c>too-large</c>).</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // One byte over the limit is asked for, to tell a body that ends there from a larger one.
        if (buffer.Length > _left + 1)
            buffer = buffer[..(_left + 1)];
        var read = await _body.ReadAsync(buffer, cancellationToken);
        if (read == 0 && buffer.Length > 0 && !HasEnded)
        {
            HasEnded = true;
            // Readers give buffers of KiBs.
            var ending = Ending[..Math.Min(Ending.Length, buffer.Length)];
            ending.CopyTo(buffer);
            return ending.Length;
        }

        _left -= read;
        return _left >= 0
            ? read
            : throw new ProbeFailedException(FailureKind.TooLarge, string.Create(CultureInfo.InvariantCulture,
                $"The answer is larger than {_limit / 1024.0:0.#} KiB after decompression; make the server send less, or raise the limit."));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _body.Dispose();
        base.Dispose(disposing);
    }
}
