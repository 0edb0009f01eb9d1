using McpProbe.Model;

namespace McpProbe.Incidents;

/// <summary>What follows from an event.</summary>
/// <param name="State">The same instance when nothing changed.</param>
/// <param name="Incidents">Those that changed, as they are now.</param>
/// <param name="Drift">The change of the catalogue that was confirmed.</param>
public sealed record Judgement(
    EndpointState State, IReadOnlyList<Incident> Incidents, IReadOnlyList<Transition> Transitions, DriftRecord? Drift);
