namespace McpProbe.Monitoring.Results;

/// <summary>Unsigned integers of seven bits a byte, the lowest first, the top bit set while more follow (LEB128).</summary>
internal static class Varint
{
    public static void Write(Stream to, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            to.WriteByte((byte)(value | 0x80));
        to.WriteByte((byte)value);
    }

    /// <summary>Takes one from the front of <paramref name="from"/>.</summary>
    /// <exception cref="IndexOutOfRangeException">It ends in the middle.</exception>
    /// <exception cref="OverflowException">It is longer than 64 bits.</exception>
    public static ulong Read(ref ReadOnlySpan<byte> from)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            if (shift > 63)
                throw new OverflowException("A number is longer than 64 bits.");
            var next = from[0];
            from = from[1..];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }
    }
}
