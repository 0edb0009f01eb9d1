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
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? BeforeProtocolVersion = null)
{
    /// <summary>What a model reads of the two catalogues; null where one of them was not stored any more, and in records of older versions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TokenChange? Tokens { get; init; }
}

/// <summary>The tokens of a catalogue before and after a change, counted as <see cref="CatalogSummary.Tokens"/> is.</summary>
public sealed record TokenChange(long Before, long After);
