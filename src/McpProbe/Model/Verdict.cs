using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Model;

/// <summary>What one probe says of an endpoint.</summary>
[JsonConverter(typeof(WireNameConverter<Verdict>))]
public enum Verdict
{
    /// <summary>An agent can work with it.</summary>
    Healthy,

    /// <summary>It works, outside a latency or certificate budget, or not for every client.</summary>
    Degraded,

    /// <summary>Alive, and asks for credentials that the probe does not have.</summary>
    Gated,

    /// <summary>An agent cannot work with it.</summary>
    Down,

    /// <summary>Nothing can be said of the endpoint: the prober was offline, the probe was cancelled or is configured wrongly.</summary>
    Unknown,
}
