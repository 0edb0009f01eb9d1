using McpProbe.Probing.Net;
using McpProbe.Probing.OAuth;

namespace McpProbe.Probing;

/// <summary>What a prober keeps between its probes to say who it is: in memory only, bounded, and never older than its source.</summary>
internal sealed class Credentials
{
    public TlsMaterialCache Tls { get; } = new();

    public AccessTokens Tokens { get; } = new();
}
