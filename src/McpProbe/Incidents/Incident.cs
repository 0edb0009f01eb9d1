using System.Text.Json.Serialization;

namespace McpProbe.Incidents;

/// <summary>Something wrong with an endpoint, from the transition that opened it to the one that resolves it.</summary>
/// <param name="Id">Endpoint, kind and opening slot: see <see cref="IncidentIds"/>.</param>
/// <param name="Rule">The rule that fired last.</param>
/// <param name="Summary">What is wrong, in a sentence; it stays when the incident resolves.</param>
/// <param name="Sequence">Number of transitions so far; the last transition's id ends in it.</param>
public sealed record Incident(
    string Id,
    string EndpointId,
    IncidentKind Kind,
    DateTimeOffset OpenedAt,
    DateTimeOffset? ResolvedAt,
    string Rule,
    int Sequence,
    string Summary);

[JsonConverter(typeof(WireNameConverter<IncidentKind>))]
public enum IncidentKind
{
    Outage,
    Degraded,
    Drift,
    Suspicious,
    Certificate,
}

/// <summary>
/// Ids that can be computed again: the same observation judged twice gives the same incident and the same transition, so a
/// repeat is recognised everywhere, down to the receiver of a webhook. An endpoint id has no underscore, so the parts are unambiguous.
/// </summary>
public static class IncidentIds
{
    public static string Of(string endpointId, IncidentKind kind, DateTimeOffset openingSlot) =>
        $"{endpointId}_{WireNames.Of(kind)}_{openingSlot.UtcDateTime:yyyyMMdd'T'HHmmssfff'Z'}";

    public static string OfTransition(string incidentId, int sequence) => $"{incidentId}_{sequence}";
}
