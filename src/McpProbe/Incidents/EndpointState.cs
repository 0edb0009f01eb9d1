using System.Text.Json.Serialization;
using McpProbe.Probing;

namespace McpProbe.Incidents;

/// <summary>
/// All that is remembered of an endpoint between probes, and all that its judging depends on. A healthy probe that changes
/// nothing leaves it equal, so that it need not be written.
/// </summary>
public sealed record EndpointState
{
    public static readonly EndpointState New = new();

    /// <summary>One entry a location that reported.</summary>
    public IReadOnlyDictionary<string, LocationState> Locations { get; init; } = new Dictionary<string, LocationState>();

    /// <summary>The verdict over all locations; unknown until the first probe.</summary>
    public Verdict Verdict { get; init; } = Verdict.Unknown;

    /// <summary>Since when the verdict stands.</summary>
    public DateTimeOffset? Since { get; init; }

    public IReadOnlyList<Incident> OpenIncidents { get; init; } = [];

    /// <summary>Catalogue hash of the last baseline at each protocol version.</summary>
    public IReadOnlyDictionary<string, BaselineReference> Baselines { get; init; } = new Dictionary<string, BaselineReference>();

    /// <summary>The protocol version of the baseline that counts; null stands for that of the newest.</summary>
    public string? BaselineProtocol { get; init; }

    /// <summary>A catalogue that differs from the current one and was seen once: drift needs a second look.</summary>
    public DriftCandidate? Candidate { get; init; }

    /// <summary>The catalogue that the open drift incident is about.</summary>
    public DriftCandidate? Drifted { get; init; }

    /// <summary>
    /// When passing time alone does something next: a reminder, an escalation, the end of a maintenance or of flapping. Null while
    /// nothing can fall due. The store finds endpoints by it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>The protocol version and the hash that every catalogue is compared with; null before the first.</summary>
    [JsonIgnore]
    public (string ProtocolVersion, BaselineReference Reference)? Baseline =>
        (BaselineProtocol ?? Baselines.OrderBy(one => one.Value.At).LastOrDefault().Key) is { } version
            && Baselines.TryGetValue(version, out var reference) ? (version, reference) : null;

    /// <summary>The state once a catalogue is the baseline: nothing differs from it any more.</summary>
    public EndpointState WithBaseline(string protocolVersion, BaselineReference baseline) => this with
    {
        Baselines = new Dictionary<string, BaselineReference>(Baselines) { [protocolVersion] = baseline },
        BaselineProtocol = protocolVersion,
        Candidate = null,
        Drifted = null,
    };
}

/// <summary>What one location saw last.</summary>
/// <param name="LastSlot">The newest slot whose judging changed something; not newer slots are never judged again.</param>
/// <param name="Failures">Failed probes in a row.</param>
/// <param name="Successes">Good probes in a row since the last failure, counted up to the success threshold.</param>
public sealed record LocationState(DateTimeOffset LastSlot, Verdict Verdict, int Failures, int Successes);

/// <param name="AcceptedBy">
/// Who accepted it, or <see cref="ByPolicy"/>; null for the first catalogue seen, which nobody has reviewed yet.
/// </param>
public sealed record BaselineReference(string Hash, DateTimeOffset At, string? AcceptedBy)
{
    public const string ByPolicy = "policy accept-compatible";
}

/// <param name="Slot">When it was first seen.</param>
public sealed record DriftCandidate(string ProtocolVersion, string Hash, DateTimeOffset Slot);
