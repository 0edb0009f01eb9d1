namespace McpProbe.Drift;

/// <summary>A confirmed change of a catalogue: from which content to which, and what changed.</summary>
/// <param name="At">The slot of the second equal observation.</param>
public sealed record DriftRecord(
    string EndpointId, DateTimeOffset At, string ProtocolVersion, string BeforeHash, string AfterHash, IReadOnlyList<Change> Changes);
