using System.Text.Json.Serialization;

namespace McpProbe.Model;

/// <summary>
/// A confirmed change of a catalogue, its return to the baseline included: from which content to which, and what changed. The
/// records of an endpoint, in their order, say which catalogue it had at any time.
/// </summary>
/// <param name="At">The slot of the second equal observation.</param>
/// <param name="BeforeProtocolVersion">Null when it is <paramref name="ProtocolVersion"/> too.</param>
public sealed record DriftRecord(
    string EndpointId,
    DateTimeOffset At,
    string ProtocolVersion,
    string BeforeHash,
    string AfterHash,
    IReadOnlyList<Change> Changes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? BeforeProtocolVersion = null);
