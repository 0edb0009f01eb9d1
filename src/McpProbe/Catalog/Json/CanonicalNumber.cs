using System.Buffers.Text;
using System.Globalization;
using McpProbe.Text;

namespace McpProbe.Catalog.Json;

/// <summary>
/// Numbers as RFC 8785, 3.2.2.3 writes them: by the value of the nearest double, in the notation of ECMAScript's
/// <c>Number::toString</c>. A number that no double is near to (<c>1e400</c>, <c>1e-400</c>) keeps its own text.
/// </summary>
internal static class CanonicalNumber
{
    // Integers of up to 15 digits are exact and already in canonical notation.
    private const int ExactDigits = 15;

    /// <summary>Appends a number token of valid JSON.</summary>
    public static void Write(ReadOnlySpan<byte> token, PooledBuffer output)
    {
        if (token.Length <= ExactDigits && !token.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            output.Add(token);
            return;
        }

        if (!Utf8Parser.TryParse(token, out double value, out var consumed) || consumed != token.Length
            || !double.IsFinite(value) || (value == 0 && HasNonZeroDigit(token)))
        {
            output.Add(token);
            return;
        }

        Write(value, output);
    }

    private static bool HasNonZeroDigit(ReadOnlySpan<byte> token)
    {
        var exponent = token.IndexOfAny((byte)'e', (byte)'E');
        return (exponent < 0 ? token : token[..exponent]).ContainsAnyInRange((byte)'1', (byte)'9');
    }

    /// <summary>Appends a finite number.</summary>
    public static void Write(double value, PooledBuffer output)
    {
        if (value == 0)
        {
            output.Add((byte)'0');
            return;
        }

        // .NET's shortest round-trip digits are ECMAScript's; only the layout differs. E16 would not be the shortest.
        Span<byte> text = stackalloc byte[32];
        value.TryFormat(text, out var length, "R", CultureInfo.InvariantCulture);
        text = text[..length];
        if (text[0] == '-')
        {
            output.Add((byte)'-');
            text = text[1..];
        }

        Span<byte> digits = stackalloc byte[32];
        var (count, point) = Split(text, digits);
        Lay(digits[..count], point, output);
    }

    // Significant digits, and the place of the decimal point after the first of them: value = 0.digits × 10^point.
    private static (int Count, int Point) Split(ReadOnlySpan<byte> text, Span<byte> digits)
    {
        var exponent = 0;
        var e = text.IndexOf((byte)'E');
        if (e >= 0)
        {
            exponent = int.Parse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            text = text[..e];
        }

        var dot = text.IndexOf((byte)'.');
        var point = (dot < 0 ? text.Length : dot) + exponent;
        var count = 0;
        foreach (var c in text)
        {
            if (c == '.') continue;
            if (count == 0 && c == '0') point--;
            else digits[count++] = c;
        }

        while (count > 1 && digits[count - 1] == '0') count--;
        return (count, point);
    }

    // ECMA-262, 6.1.6.1.20 (Number::toString), steps 6 to 10.
    private static void Lay(ReadOnlySpan<byte> digits, int point, PooledBuffer output)
    {
        if (digits.Length <= point && point <= 21)
        {
            output.Add(digits);
            output.Reserve(point - digits.Length).Fill((byte)'0');
        }
        else if (point is > 0 and <= 21)
        {
            output.Add(digits[..point]);
            output.Add((byte)'.');
            output.Add(digits[point..]);
        }
        else if (point is > -6 and <= 0)
        {
            output.Add("0."u8);
            output.Reserve(-point).Fill((byte)'0');
            output.Add(digits);
        }
        else
        {
            output.Add(digits[0]);
            if (digits.Length > 1)
            {
                output.Add((byte)'.');
                output.Add(digits[1..]);
            }

            output.Add(point > 0 ? "e+"u8 : "e-"u8);
            Span<byte> exponent = stackalloc byte[8];
            Utf8Formatter.TryFormat(Math.Abs(point - 1), exponent, out var length);
            output.Add(exponent[..length]);
        }
    }
}
