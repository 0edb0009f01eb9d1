using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Uptime;

/// <summary>What of a probe is timed: its phases, in their order, and the whole.</summary>
[JsonConverter(typeof(WireNameConverter<LatencyPhase>))]
public enum LatencyPhase
{
    Dns,
    Connect,
    Tls,
    Handshake,
    Catalog,
    Smoke,
    Total,
}
