using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace McpProbe.Drift.Findings;

/// <summary>
/// Runs of base64, base64url, hexadecimal, percent and \x escapes that decode to readable text. What is decoded is shorter than
/// the run, and is decoded once more at most, so the work is in proportion to the text.
/// </summary>
internal static class EncodedText
{
    private const int ShortestRun = 16;

    private static readonly SearchValues<char> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=");
    private static readonly SearchValues<char> Escapes = SearchValues.Create(@"%\");

    /// <summary>The readable texts that are encoded in the text, in its order.</summary>
    public static IEnumerable<string> In(string text) => Decode(text, 2);

    /// <summary>Whether there is a run that is worth decoding; most texts have none.</summary>
    public static bool MayBeIn(ReadOnlySpan<char> text)
    {
        if (text.Count(@"\x") >= ShortestRun / 4 || text.Count('%') >= ShortestRun / 3) return true;
        while (text.IndexOfAny(Alphabet) is var start and >= 0)
        {
            text = text[start..];
            var length = text.IndexOfAnyExcept(Alphabet);
            if (length < 0) length = text.Length;
            if (length >= ShortestRun && LooksEncoded(text[..length])) return true;
            text = text[length..];
        }

        return false;
    }

    private static IEnumerable<string> Decode(string text, int times)
    {
        foreach (var decoded in Runs(text))
        {
            yield return decoded;
            if (times == 1) continue;
            foreach (var again in Decode(decoded, times - 1)) yield return again;
        }
    }

    private static List<string> Runs(string text)
    {
        var found = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var rest = text.AsSpan(at);
            if (Escapes.Contains(rest[0]) && Unescape(rest) is { } escaped)
            {
                Keep(escaped.Bytes, found);
                at += escaped.Length;
                continue;
            }

            var length = rest.IndexOfAnyExcept(Alphabet);
            if (length < 0) length = rest.Length;
            if (length >= ShortestRun && LooksEncoded(rest[..length]))
            {
                Keep(FromHex(rest[..length]), found);
                Keep(FromBase64(rest[..length]), found);
            }

            at += Math.Max(1, length);
        }

        return found;
    }

    // A word of ordinary letters decodes to noise; skipping it saves the work for nearly every text.
    private static bool LooksEncoded(ReadOnlySpan<char> run) => run.IndexOfAnyInRange('A', 'Z') >= 0 || run.IndexOfAnyInRange('0', '9') >= 0;

    private static byte[]? FromHex(ReadOnlySpan<char> run)
    {
        var bytes = new byte[run.Length / 2];
        return Convert.FromHexString(run[..(2 * bytes.Length)], bytes, out _, out _) == OperationStatus.Done ? bytes : null;
    }

    private static byte[]? FromBase64(ReadOnlySpan<char> run)
    {
        run = run.TrimEnd('=');
        run = run[..(run.Length % 4 == 1 ? run.Length - 1 : run.Length)];
        var token = new byte[run.Length];
        for (var i = 0; i < run.Length; i++) token[i] = run[i] switch { '+' => (byte)'-', '/' => (byte)'_', var other => (byte)other };
        var bytes = new byte[Base64Url.GetMaxDecodedLength(token.Length)];
        return Base64Url.DecodeFromUtf8(token, bytes, out _, out var written) == OperationStatus.Done ? bytes[..written] : null;
    }

    // \xHH or %HH, with other characters between the latter as they are in URLs.
    private static (byte[] Bytes, int Length)? Unescape(ReadOnlySpan<char> text)
    {
        var prefix = text.StartsWith(@"\x") ? 2 : text[0] == '%' ? 1 : 0;
        if (prefix == 0) return null;
        var bytes = new List<byte>();
        var (at, escapes) = (0, 0);
        while (at < text.Length)
        {
            var escape = text[at] == text[0] && at + prefix + 2 <= text.Length && (prefix == 1 || text[at + 1] == 'x')
                && char.IsAsciiHexDigit(text[at + prefix]) && char.IsAsciiHexDigit(text[at + prefix + 1]);
            if (escape)
            {
                bytes.Add(Convert.FromHexString(text.Slice(at + prefix, 2))[0]);
                at += prefix + 2;
                escapes++;
            }
            else if (prefix == 1 && text[at] is > ' ' and < '\x7F' and not '%')
            {
                bytes.Add((byte)text[at++]);
            }
            else
            {
                break;
            }
        }

        return escapes * (prefix + 2) >= ShortestRun ? ([.. bytes], Math.Max(at, 1)) : null;
    }

    private static void Keep(byte[]? bytes, List<string> found)
    {
        if (bytes is not { Length: >= ShortestRun / 2 } || !System.Text.Unicode.Utf8.IsValid(bytes)) return;
        var readable = 0;
        foreach (var value in bytes)
        {
            if (value is >= 0x20 and < 0x7F or (byte)'\n' or (byte)'\t' or (byte)'\r') readable++;
        }

        if (readable * 10 >= bytes.Length * 9) found.Add(Encoding.UTF8.GetString(bytes));
    }
}
