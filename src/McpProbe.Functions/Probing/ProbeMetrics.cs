using System.Diagnostics.Metrics;

namespace McpProbe.Functions.Probing;

/// <summary>What an operator of the prober watches.</summary>
internal static class ProbeMetrics
{
    internal const string MeterName = "McpProbe.Functions";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> LostSlots = Meter.CreateCounter<long>(
        "mcpprobe.slots.lost", "{slot}", "Slots that were sent and not probed");

    private static readonly Counter<long> OverloadedProbes = Meter.CreateCounter<long>(
        "mcpprobe.probes.overloaded", "{probe}", "Probes during which this process itself stood still, so that they say nothing of the server's failures and times");

    internal static void Overloaded(string location) => OverloadedProbes.Add(1, new KeyValuePair<string, object?>("location", location));

    /// <param name="reason"><c>late</c>: the next slot was due; <c>poison</c>: its message failed too often.</param>
    internal static void Lost(string location, string reason, long slots = 1) => LostSlots.Add(
        slots, new KeyValuePair<string, object?>("location", location), new KeyValuePair<string, object?>("reason", reason));
}
