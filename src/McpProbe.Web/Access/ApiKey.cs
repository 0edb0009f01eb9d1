using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace McpProbe.Web.Access;

/// <summary>A key, and the sessions that are derived from it. Comparisons take the same time whatever differs.</summary>
internal sealed class ApiKey
{
    private readonly byte[] _key;
    private readonly byte[] _digest;

    internal ApiKey(string key)
    {
        _key = Encoding.UTF8.GetBytes(key);
        _digest = SHA256.HashData(_key);
    }

    // Digests are compared, so that not even the key's length shows in the time it takes.
    internal bool Matches(string candidate) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(candidate)), _digest);

    /// <summary>A session: its end and a MAC over it. It tells nothing of the key, and another key ends it.</summary>
    internal string CreateSession(DateTimeOffset expires) =>
        string.Create(CultureInfo.InvariantCulture, $"{expires.ToUnixTimeSeconds()}.{Base64Url.EncodeToString(Mac(expires.ToUnixTimeSeconds()))}");

    internal bool IsSession(string token, DateTimeOffset now)
    {
        var dot = token.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !long.TryParse(token.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var expires))
            return false;
        var mac = new byte[SHA256.HashSizeInBytes];
        return Base64Url.DecodeFromChars(token.AsSpan(dot + 1), mac, out _, out var written) == OperationStatus.Done
            && written == mac.Length
            && CryptographicOperations.FixedTimeEquals(mac, Mac(expires))
            && now.ToUnixTimeSeconds() < expires;
    }

    private byte[] Mac(long expires) => HMACSHA256.HashData(
        _key, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"mcpprobe session 1 {expires}")));
}
