using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace McpProbe.Alerts.Channels;

/// <summary>
/// Signatures of the Standard Webhooks specification 1.0: <c>v1,</c> and base64 of HMAC-SHA256 over <c>id.timestamp.body</c>.
/// </summary>
public static class WebhookSignature
{
    private const string SecretPrefix = "whsec_";
    private const string AsymmetricPrefix = "whsk_";

    /// <summary>The keys in a secret: several, separated by spaces, while an old one is rotated out.</summary>
    /// <param name="error">What is wrong, without the secret itself.</param>
    public static bool TryReadKeys(string secret, out IReadOnlyList<byte[]> keys, [NotNullWhen(false)] out string? error)
    {
        var read = new List<byte[]>();
        keys = read;
        foreach (var part in secret.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.StartsWith(AsymmetricPrefix, StringComparison.Ordinal))
            {
                error = "a webhook secret that begins with 'whsk_' is for asymmetric signatures, which McpProbe does not make; use one that begins with 'whsec_'";
                return false;
            }

            var key = new byte[part.Length];
            if (!part.StartsWith(SecretPrefix, StringComparison.Ordinal)
                || !Convert.TryFromBase64String(part[SecretPrefix.Length..], key, out var length)
                || length is < 24 or > 64)
            {
                error = "a webhook secret is 'whsec_' and the base64 of 24 to 64 random bytes";
                return false;
            }

            read.Add(key[..length]);
        }

        error = read.Count == 0 ? "the webhook secret is empty" : null;
        return error is null;
    }

    /// <summary>The value of the <c>webhook-signature</c> header: one signature a key, separated by spaces.</summary>
    public static string Sign(IReadOnlyList<byte[]> keys, string id, DateTimeOffset timestamp, ReadOnlySpan<byte> body)
    {
        var head = Encoding.UTF8.GetBytes(
            $"{id}.{timestamp.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}.");
        byte[] content = [.. head, .. body];
        return string.Join(' ', keys.Select(key => $"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, content))}"));
    }
}
