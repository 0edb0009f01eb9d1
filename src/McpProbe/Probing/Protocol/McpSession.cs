using McpProbe.Model;

namespace McpProbe.Probing.Protocol;

/// <summary>What the handshake settled.</summary>
/// <param name="SupportedVersions">What the server says it speaks; just the negotiated version in the handshake era.</param>
internal sealed record McpSession(
    TransportKind Transport, Era Era, string ProtocolVersion, IReadOnlyList<string> SupportedVersions, ServerDescription Server)
{
    /// <summary>How long what <c>server/discover</c> says may be kept; null where it does not say.</summary>
    public CacheHints? Hints { get; init; }
}
