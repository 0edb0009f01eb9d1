using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Model;

/// <summary>
/// One step of an incident, with all that an alert says: it is complete in itself, so that it can be delivered after its
/// endpoint has changed or is gone.
/// </summary>
/// <param name="Id">Incident and sequence; the name of every delivery and, as <c>webhook-id</c>, of every repeat of it.</param>
/// <param name="At">The slot that caused it, or the instant of the request that did.</param>
/// <param name="Incident">As it is after this transition.</param>
/// <param name="Verdict">The endpoint's verdict over all locations at that time.</param>
/// <param name="Failure">The failure that the transition is about; null for drift and for a resolve.</param>
/// <param name="Changes">What drifted, worst first, at most <see cref="MostChanges"/>.</param>
/// <param name="Channels">Names of the channels that hear of it.</param>
public sealed record Transition(
    string Id,
    TransitionType Type,
    DateTimeOffset At,
    Incident Incident,
    EndpointReference Endpoint,
    Verdict Verdict,
    Failure? Failure,
    IReadOnlyList<Change> Changes,
    IReadOnlyList<string> Channels)
{
    public const int MostChanges = 20;
    public const int MostFindings = 20;

    /// <summary>The suspicious text that the transition is about, hard findings first, at most <see cref="MostFindings"/>.</summary>
    // Rows that were stored before there were any lack the member, which the generated reader takes for null.
    public IReadOnlyList<Finding> Findings { get => field ?? []; init; } = [];

    /// <summary>What it is instead of an incident's step: a report that goes the way of alerts. Its incident is none, and is kept nowhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ReportDigest? Report { get; init; }
}

/// <summary>What an alert says of its endpoint; no credentials, no headers.</summary>
/// <param name="Url">The URL or the command line, as everybody may read it.</param>
public sealed record EndpointReference(string Id, string Name, string? Group, string Url)
{
    public static EndpointReference To(Endpoints.Endpoint endpoint) =>
        new(endpoint.Id, endpoint.DisplayName, endpoint.Group, endpoint.PublicTarget);
}

[JsonConverter(typeof(WireNameConverter<TransitionType>))]
public enum TransitionType
{
    Opened,
    Reminded,
    Escalated,

    /// <summary>Somebody has it now, or has it until another time.</summary>
    Acknowledged,

    /// <summary>Whoever had it gave it back: nobody has it.</summary>
    Unacknowledged,
    Resolved,
}
