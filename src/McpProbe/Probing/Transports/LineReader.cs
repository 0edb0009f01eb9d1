namespace McpProbe.Probing.Transports;

/// <summary>Reads newline-delimited text in one buffer, which grows with the longest line: what bounds that is the stream's business.</summary>
internal sealed class LineReader(Stream stream)
{
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>What was read of a line that has not ended yet.</summary>
    public ReadOnlyMemory<byte> Pending => _buffer.AsMemory(_start.._end);

    /// <summary>The next line without its newline, valid until the next call; null at the end. A last line may lack its newline.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        var searched = _start;
        while (true)
        {
            var newline = _buffer.AsSpan(searched.._end).IndexOf((byte)'\n');
            if (newline >= 0)
                return Take(searched + newline, 1);

            searched = MakeRoom();
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0 && _start == _end)
                return null;
            if (read == 0)
                return Take(_end, 0);
            _end += read;
        }
    }

    private ReadOnlyMemory<byte> Take(int end, int delimiter)
    {
        var line = _buffer.AsMemory(_start..end);
        _start = end + delimiter;
        return line;
    }

    /// <summary>Where to go on searching.</summary>
    private int MakeRoom()
    {
        if (_end == _buffer.Length || _start == _end)
        {
            var kept = _buffer.AsSpan(_start.._end);
            var target = kept.Length > _buffer.Length / 2 ? new byte[2 * _buffer.Length] : _buffer;
            kept.CopyTo(target);
            (_buffer, _start, _end) = (target, 0, kept.Length);
        }

        return _end;
    }
}
