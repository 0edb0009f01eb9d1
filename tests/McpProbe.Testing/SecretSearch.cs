using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace McpProbe.Testing;

/// <summary>Makes of what a head stores and says a text in which a secret can be searched for.</summary>
public static partial class SecretSearch
{
    /// <summary>The text, and what readers make of it: JSON escapes some characters, and pages others.</summary>
    public static string Readable(string text) =>
        text + WebUtility.HtmlDecode(text) + EscapedCharacter().Replace(text, match => $"{(char)Convert.ToInt32(match.Groups[1].Value, 16)}");

    /// <summary>As text, out of gzip where it is in it.</summary>
    public static string Unpacked(byte[] bytes)
    {
        if (bytes is not [0x1f, 0x8b, ..])
            return Encoding.UTF8.GetString(bytes);
        using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);
        return reader.ReadToEnd();
    }

    /// <summary>Where it was found, for whoever reads why the test failed.</summary>
    public static string Around(string all, string secret) =>
        all.IndexOf(secret, StringComparison.OrdinalIgnoreCase) is >= 0 and var at ? all[Math.Max(0, at - 200)..Math.Min(all.Length, at + 100)] : "";

    [GeneratedRegex(@"\\u([0-9a-fA-F]{4})")]
    private static partial Regex EscapedCharacter();
}
