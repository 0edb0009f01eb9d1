using McpProbe.Drift;
using McpProbe.Probing;

namespace McpProbe.Incidents;

/// <summary>One probe's outcome, as it is judged.</summary>
/// <param name="Drift">What its catalogue means: <see cref="DriftWatch.Next"/>.</param>
/// <param name="Changes">Against the baseline, worst first, where <paramref name="Drift"/> is a drift.</param>
public sealed record Observation(
    DateTimeOffset Slot, string Location, ProbeResult Result, DriftStep Drift, IReadOnlyList<Change> Changes);

/// <summary>What follows from an observation.</summary>
/// <param name="State">The same instance when nothing changed.</param>
/// <param name="Incidents">Those that changed, as they are now.</param>
public sealed record Judgement(
    EndpointState State, IReadOnlyList<Incident> Incidents, IReadOnlyList<Transition> Transitions, DriftRecord? Drift);
