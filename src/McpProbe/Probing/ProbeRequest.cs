using McpProbe.Endpoints;
using McpProbe.Model;

namespace McpProbe.Probing;

/// <summary>One scheduled probe: what travels from the scheduler (on Azure: through the queue) to the prober.</summary>
/// <param name="Slot">The scheduled instant; with the endpoint and the location it names the result.</param>
/// <param name="Repeat">The request may have been worked before: look for its result first, do not probe twice.</param>
public sealed record ProbeRequest(Endpoint Endpoint, DateTimeOffset Slot, string Location, bool Repeat = false)
{
    /// <summary>The generation of the definition; 0 for one that was sent, or stored, before there were generations.</summary>
    public long Generation { get; init; }

    /// <summary>
    /// Why the slot is not probed: its result says so, and is judged as any other, so that what cannot be probed is not silent. Null
    /// for a probe.
    /// </summary>
    public Failure? Unprobed { get; init; }
}
