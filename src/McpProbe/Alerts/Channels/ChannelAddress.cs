using System.Security.Cryptography;
using System.Text;
using McpProbe.Text;

namespace McpProbe.Alerts.Channels;

/// <summary>
/// Tells whether a channel that was disabled has another address by now, without keeping the address, which is a secret for
/// most types.
/// </summary>
public static class ChannelAddress
{
    /// <returns>Null when a secret that it is made of is missing.</returns>
    public static string? HashOf(Channel channel, Func<string, string?> secrets)
    {
        // PagerDuty has one address for all, and the routing key says to whom.
        var key = channel.Type is ChannelType.Pagerduty ? channel.Secret ?? "" : "";
        if (!SecretReference.TryResolve(channel.Url, secrets, out var address, out _)
            || !SecretReference.TryResolve(key, secrets, out var routing, out _))
            return null;
        var text = $"{WireNames.Of(channel.Type)}\n{address}\n{routing}\n{string.Join(',', channel.To)}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));
    }
}
