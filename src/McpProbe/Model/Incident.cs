using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Model;

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
    string Summary)
{
    /// <summary>The failure that it is about, where it is about one; the newest.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Failure? Failure { get; init; }

    /// <summary>When all its channels were told of it last: its last transition that is no escalation.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ToldAt { get; init; }

    /// <summary>Steps of the policy's escalation that were taken.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Escalations { get; init; }

    /// <summary>It is known, but not on disk yet: a store that cannot write says so of what it gives.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool NotRecorded { get; init; }

    /// <summary>The endpoint changes state too often: the incident stays open until it is steady.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Flapping { get; init; }
}

[JsonConverter(typeof(WireNameConverter<IncidentKind>))]
public enum IncidentKind
{
    Outage,
    Degraded,
    Drift,
    Suspicious,
    Certificate,

    /// <summary>The server began, or ceased, to ask for credentials.</summary>
    Gated,

    /// <summary>Nobody knows how it is: probes say nothing of it for too long, or McpProbe itself cannot do its work.</summary>
    Unwatched,
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

    /// <summary>The endpoint and the kind that an incident's id names; null for what is no such id.</summary>
    public static (string EndpointId, IncidentKind Kind)? Read(string incidentId) =>
        incidentId.Split('_') is [var endpoint, var kind, _] && WireNames.TryParse<IncidentKind>(kind, out var known) ? (endpoint, known) : null;
}
