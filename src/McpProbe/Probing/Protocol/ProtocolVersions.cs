using McpProbe.Model;

namespace McpProbe.Probing.Protocol;

/// <summary>The revisions of the protocol that the prober speaks (modelcontextprotocol.io/specification, Versioning).</summary>
public static class ProtocolVersions
{
    public const string NewestStateless = "2026-07-28";
    public const string NewestHandshake = "2025-11-25";

    /// <summary>From this revision on, requests name the negotiated version in the <c>MCP-Protocol-Version</c> header.</summary>
    private const string FirstWithHeader = "2025-06-18";

    /// <summary>Newest first.</summary>
    public static IReadOnlyList<string> Known => Revisions;

    private static readonly string[] Revisions = [NewestStateless, NewestHandshake, "2025-06-18", "2025-03-26", "2024-11-05"];

    public static bool IsKnown(string version) => Array.IndexOf(Revisions, version) >= 0;

    /// <summary>Revisions are dates: their order is that of their text.</summary>
    public static Era EraOf(string version) =>
        string.CompareOrdinal(version, NewestStateless) >= 0 ? Era.Stateless : Era.Handshake;

    public static bool HasHeader(string version) => string.CompareOrdinal(version, FirstWithHeader) >= 0;

    /// <summary>The newest version that both sides speak; null when there is none.</summary>
    public static string? NewestCommon(IReadOnlyList<string> advertised)
    {
        string? newest = null;
        for (var i = 0; i < advertised.Count; i++)
        {
            if (IsKnown(advertised[i]) && string.CompareOrdinal(advertised[i], newest) > 0)
                newest = advertised[i];
        }

        return newest;
    }
}
