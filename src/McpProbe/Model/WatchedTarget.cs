using System.Security.Cryptography;
using System.Text;
using McpProbe.Endpoints;

namespace McpProbe.Model;

/// <summary>
/// What a definition watches: the URL or the command, and the instance behind it. Where this changes, another server is watched,
/// and nothing that is known of the one before counts for it. Everything else changes only how, and how strictly, it is watched.
/// </summary>
public static class WatchedTarget
{
    /// <summary>Enough to tell two targets of one endpoint apart.</summary>
    private const int Bytes = 8;

    /// <summary>A short hash: a state shows no address.</summary>
    public static string Of(Endpoint endpoint)
    {
        string[] parts = endpoint.Url is { } url
            ? ["url", url.IsAbsoluteUri ? url.AbsoluteUri : url.OriginalString, endpoint.ConnectTo ?? ""]
            : ["command", .. endpoint.Command ?? []];
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts.Select(part => $"{part.Length}:{part}"))));
        return Convert.ToHexStringLower(hash.AsSpan(0, Bytes));
    }
}
