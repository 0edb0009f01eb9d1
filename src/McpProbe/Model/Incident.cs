using System.Globalization;
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

    /// <summary>What its opening said: it stays as it is, whatever fires later. Null in rows that an older version wrote.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IncidentOpening? Opening { get; init; }

    /// <summary>The worst so far: it rises, and never falls. Null in rows that an older version wrote.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IncidentSeverity? Severity { get; init; }

    /// <summary>The worst class of the changes that it told of so far; null where it is about none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ChangeClass? Class { get; init; }

    /// <summary>The changes that were told last, worst first, at most <see cref="MostKept"/>, and of each no long value.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Change>? Changes { get; init; }

    /// <summary>The suspicious text that was told last, hard findings first, at most <see cref="MostKept"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Finding>? Findings { get; init; }

    /// <summary>Who took it on, oldest first: the last one may stand (<see cref="AcknowledgementAt"/>).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Acknowledgement>? Acknowledgements { get; init; }

    /// <summary>What people wrote about it, oldest first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<IncidentNote>? Notes { get; init; }

    /// <summary>How often it changed without a transition: noted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Revision { get; init; }

    /// <summary>When all its channels were told of it last: its last transition that is no escalation.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ToldAt { get; init; }

    /// <summary>Steps of the policy's escalation that were taken.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Escalations { get; init; }

    /// <summary>Transitions that told who has it, or that nobody has.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Handovers { get; init; }

    /// <summary>It is known, but not on disk yet: a store that cannot write says so of what it gives.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool NotRecorded { get; init; }

    /// <summary>The endpoint changes state too often: the incident stays open until it is steady.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Flapping { get; init; }

    /// <summary>As many changes, and findings, as an alert shows: an open incident is read with every probe.</summary>
    public const int MostKept = 5;

    /// <summary>The first failed slot; the opening where that is not known.</summary>
    [JsonIgnore]
    public DateTimeOffset Since => Opening?.Since ?? OpenedAt;

    /// <summary>The rule that opened it; the last one where that is not known.</summary>
    [JsonIgnore]
    public string OpeningRule => Opening?.Rule ?? Rule;

    /// <summary>Rises with every change, whatever made it: of two rows of one incident the higher one is newer.</summary>
    [JsonIgnore]
    public int Version => Sequence + Revision;

    /// <summary>
    /// Without what people did and wrote, but for the notes that are meant for everybody, which name nobody: who works here is not for
    /// everybody.
    /// </summary>
    public Incident ForThePublic() => this with
    {
        Acknowledgements = null,
        Notes = Notes?.Where(note => note.Public).Select(note => note with { By = "" }).ToList() is { Count: > 0 } open ? open : null,
    };

    /// <summary>Who has it at a time; null when nobody does.</summary>
    public Acknowledgement? AcknowledgementAt(DateTimeOffset now) =>
        ResolvedAt is null && Acknowledgements is [.., { EndedAt: null } last] && last.Until > now ? last : null;
}

/// <summary>What the opening of an incident said.</summary>
/// <param name="Rule">The rule that opened it.</param>
/// <param name="Failure">The first failure, where it is about one.</param>
/// <param name="Since">The first failed slot of the row that opened it; null when nobody kept it.</param>
public sealed record IncidentOpening(
    string Rule,
    string Summary,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Failure? Failure = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Since = null);

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

    /// <summary>Sessions of the server are cut: its clients are not told that they are over.</summary>
    Session,

    /// <summary>The error budget of its objective is spent too fast.</summary>
    Slo,
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
        incidentId.Split('_') is [{ Length: > 0 and <= 63 } endpoint, var kind, var opened] && WireNames.TryParse<IncidentKind>(kind, out var known)
            && TryParse(opened) is not null ? (endpoint, known) : null;

    /// <summary>The opening that an incident's id names, to the millisecond.</summary>
    /// <exception cref="ArgumentException">It is no such id (<see cref="Read"/>).</exception>
    public static DateTimeOffset OpenedAt(string incidentId) => TryParse(incidentId[(incidentId.LastIndexOf('_') + 1)..])
        ?? throw new ArgumentException($"'{incidentId}' is no incident's id.", nameof(incidentId));

    private static DateTimeOffset? TryParse(string opened) => DateTimeOffset.TryParseExact(
        opened, "yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
        ? at
        : null;
}
