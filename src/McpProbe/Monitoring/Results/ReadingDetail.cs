using System.Text.Json.Serialization;
using McpProbe.Model;

namespace McpProbe.Monitoring.Results;

/// <summary>What only some results have: why the probe failed.</summary>
/// <param name="Conditions">All of the result's, when one of them failed; null takes those of the facts.</param>
internal sealed record ReadingDetail(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Failure? Failure,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ConditionResult>? Conditions);
