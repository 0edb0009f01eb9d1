using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using McpProbe.Text;

namespace McpProbe.Catalog.Json;

/// <summary>
/// Strings as RFC 8785, 3.2.2.2 writes them: every character as itself, but for the quotation mark, the backslash and
/// control characters. A lone surrogate, which UTF-8 cannot hold, keeps its escape in lower case (<c>\ud83d</c>), so that foreign
/// text never throws and never collides with other text.
/// </summary>
internal static class CanonicalString
{
    /// <summary>Appends a string token of valid JSON in valid UTF-8.</summary>
    /// <param name="token">Without its quotation marks.</param>
    /// <param name="escaped">Whether it holds a backslash.</param>
    public static void Write(ReadOnlySpan<byte> token, bool escaped, PooledBuffer output)
    {
        output.Add((byte)'"');
        if (escaped) WriteUnescaped(token, output);
        else output.Add(token);
        output.Add((byte)'"');
    }

    /// <summary>Appends a string of ours.</summary>
    public static void Write(ReadOnlySpan<char> text, PooledBuffer output)
    {
        output.Add((byte)'"');
        while (text.Length > 0)
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out var used) == OperationStatus.Done) WriteRune(rune, output);
            else WriteEscape(text[0], output);
            text = text[used..];
        }

        output.Add((byte)'"');
    }

    /// <summary>The text of a canonical string; lone surrogates stay lone surrogates.</summary>
    /// <param name="canonical">With its quotation marks.</param>
    public static string Decode(ReadOnlySpan<byte> canonical) => Unescape(canonical[1..^1]);

    /// <summary>The text of a string token of valid JSON; lone surrogates stay lone surrogates.</summary>
    /// <param name="body">Without its quotation marks. Wrong UTF-8 becomes replacement characters.</param>
    public static string Unescape(ReadOnlySpan<byte> body)
    {
        if (!body.Contains((byte)'\\')) return Encoding.UTF8.GetString(body);
        var rented = ArrayPool<char>.Shared.Rent(body.Length);
        var text = new string(rented, 0, Unescape(body, rented));
        ArrayPool<char>.Shared.Return(rented);
        return text;
    }

    /// <summary>Writes the text of a string token, which is never longer than the token itself; returns its length.</summary>
    /// <param name="body">Without its quotation marks.</param>
    public static int Unescape(ReadOnlySpan<byte> body, Span<char> text)
    {
        var length = 0;
        while (body.Length > 0)
        {
            var plain = body.IndexOf((byte)'\\');
            if (plain < 0) plain = body.Length;
            length += Encoding.UTF8.GetChars(body[..plain], text[length..]);
            body = body[plain..];
            if (body.Length == 0) break;
            text[length++] = ReadEscape(ref body);
        }

        return length;
    }

    /// <summary>The order of UTF-16 code units (RFC 8785, 3.2.3) of two canonical strings.</summary>
    public static int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.SequenceEqual(right)) return 0;
        if (left.Contains((byte)'\\') || right.Contains((byte)'\\'))
            return string.CompareOrdinal(Decode(left), Decode(right));

        // Without the quotation marks, so that a prefix comes first.
        left = left[1..^1];
        right = right[1..^1];
        var at = left.CommonPrefixLength(right);
        if (at == left.Length || at == right.Length) return left.Length - right.Length;
        return Rank(left[at]) - Rank(right[at]);

        // UTF-8 orders like UTF-16 except that surrogate pairs (lead bytes F0 to F4) come before U+E000 and above (EE, EF).
        static int Rank(byte value) => value is 0xEE or 0xEF ? value + 0x10 : value;
    }

    private static void WriteUnescaped(ReadOnlySpan<byte> token, PooledBuffer output)
    {
        while (true)
        {
            var plain = token.IndexOf((byte)'\\');
            if (plain < 0)
            {
                output.Add(token);
                return;
            }

            output.Add(token[..plain]);
            token = token[plain..];
            var unit = ReadEscape(ref token);
            if (!char.IsSurrogate(unit))
            {
                WriteRune(new Rune(unit), output);
                continue;
            }

            var rest = token;
            if (char.IsHighSurrogate(unit) && rest.StartsWith("\\u"u8) && ReadEscape(ref rest) is var low && char.IsLowSurrogate(low))
            {
                WriteRune(new Rune(unit, low), output);
                token = rest;
            }
            else
            {
                WriteEscape(unit, output);
            }
        }
    }

    /// <summary>Reads one character that is ASCII or escaped from the start of a string token's body; of others the first byte.</summary>
    public static char ReadUnit(ref ReadOnlySpan<byte> body)
    {
        if (body[0] == '\\')
            return ReadEscape(ref body);
        var unit = (char)body[0];
        body = body[1..];
        return unit;
    }

    // Reads one escape of valid JSON from the start of the span.
    private static char ReadEscape(ref ReadOnlySpan<byte> span)
    {
        var kind = span[1];
        if (kind == 'u')
        {
            var unit = ushort.Parse(span[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            span = span[6..];
            return (char)unit;
        }

        span = span[2..];
        return kind switch
        {
            (byte)'b' => '\b',
            (byte)'f' => '\f',
            (byte)'n' => '\n',
            (byte)'r' => '\r',
            (byte)'t' => '\t',
            _ => (char)kind,
        };
    }

    private static void WriteRune(Rune rune, PooledBuffer output)
    {
        switch (rune.Value)
        {
            case '"': output.Add("\\\""u8); break;
            case '\\': output.Add("\\\\"u8); break;
            case '\b': output.Add("\\b"u8); break;
            case '\f': output.Add("\\f"u8); break;
            case '\n': output.Add("\\n"u8); break;
            case '\r': output.Add("\\r"u8); break;
            case '\t': output.Add("\\t"u8); break;
            case < 0x20: WriteEscape((char)rune.Value, output); break;
            default: rune.EncodeToUtf8(output.Reserve(rune.Utf8SequenceLength)); break;
        }
    }

    internal static void WriteEscape(char unit, PooledBuffer output)
    {
        output.Add("\\u"u8);
        Span<byte> big = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(big, unit);
        Convert.TryToHexStringLower(big, output.Reserve(4), out _);
    }
}
