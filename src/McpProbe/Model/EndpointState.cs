using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Model;

/// <summary>
/// All that is remembered of an endpoint between probes, and all that its judging depends on. A healthy probe that changes
/// nothing leaves it equal, so that it need not be written.
/// </summary>
/// <remarks>Longer than other files: what is written at a commit is read at one place, with the small records that it is made of.</remarks>
public sealed record EndpointState
{
    private static readonly Dictionary<IncidentKind, DateTimeOffset> NoTransitions = [];
    private static readonly Dictionary<string, SeenCatalog> NoCatalogs = [];
    private static readonly Dictionary<string, LocationState> NoLocations = [];
    private static readonly Dictionary<string, BaselineReference> NoBaselines = [];

    public static readonly EndpointState New = new();

    /// <summary>The generation of the definition that it was judged by last: a probe of an older one is not judged any more.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Generation { get; init; }

    /// <summary>What is watched, as <see cref="WatchedTarget"/> says; null in a state of an older version.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Target { get; init; }

    /// <summary>Who hears of its incidents, for when its definition cannot be read any more; null for nobody, and in a state of an older version.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Channels { get; init; }

    /// <summary>When the target became another one: what was probed in slots up to then is not judged. Null while it is the first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? TargetSince { get; init; }

    /// <summary>When its definition became another one, of the same target; null while it is the first. Other credentials see other tools.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? DefinedAt { get; init; }

    /// <summary>
    /// Since when every slot that says something is kept for each location (<see cref="LocationState.Said"/>), because it matters
    /// who reports. Null while all locations are well, or there is one only.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? WatchfulSince { get; init; }

    /// <summary>One entry a location that reported.</summary>
    public IReadOnlyDictionary<string, LocationState> Locations { get; init; } = NoLocations;

    /// <summary>The verdict over all locations; unknown until the first probe.</summary>
    public Verdict Verdict { get; init; } = Verdict.Unknown;

    /// <summary>Since when the verdict stands.</summary>
    public DateTimeOffset? Since { get; init; }

    public IReadOnlyList<Incident> OpenIncidents { get; init; } = [];

    /// <summary>Catalogue hash of the last baseline at each protocol version.</summary>
    public IReadOnlyDictionary<string, BaselineReference> Baselines { get; init; } = NoBaselines;

    /// <summary>The protocol version of the baseline that counts; null stands for that of the newest.</summary>
    public string? BaselineProtocol { get; init; }

    /// <summary>What locations see that is not the baseline, or not always the same; no entry for one that sees what is expected.</summary>
    // States that were stored before there were any lack the member, which the generated reader takes for null.
    public IReadOnlyDictionary<string, SeenCatalog> Catalogs { get => field ?? NoCatalogs; init; } = NoCatalogs;

    /// <summary>A catalogue that differs from what its location has and was seen once, the newest of them: drift needs a second look.</summary>
    public DriftCandidate? Candidate => Catalogs.Values
        .Select(seen => seen.Unsettled).Where(unsettled => unsettled is { Back: false })
        .Select(unsettled => unsettled!.Last).MaxBy(candidate => candidate.Slot);

    /// <summary>The open drift incident tells that the catalogue never repeats.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool UnstableTold { get; init; }

    /// <summary>The catalogue that the endpoint has instead of its baseline, seen twice; whether an incident is open about it is the policy's.</summary>
    public DriftCandidate? Drifted { get; init; }

    /// <summary>What the open suspicious incident is about.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Suspicion? Suspicion { get; init; }

    /// <summary>What its catalogue does to the tools of its group; null for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Shadowing? Shadowing { get; init; }

    /// <summary>What the newest deep look found; null before the first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DeepLook? Deep { get; init; }

    /// <summary>What the open certificate incident has told.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CertificateWatch? Certificate { get; init; }

    /// <summary>Whether the server is expected to ask for credentials; null before the first probe that could tell.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AccessWatch? Access { get; init; }

    /// <summary>Since when no probe has said anything of it, at any location; null while one does.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public UnknownWatch? Unknown { get; init; }

    /// <summary>The latency of the hour that was much slower than the week before it; null while none is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LatencyMeasured? Regression { get; init; }

    /// <summary>While the error budget of its objective is watched: a probe failed lately, or an incident about it is open. Null otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BudgetWatch? Budget { get; init; }

    /// <summary>What the server changed although it had said that it may be kept for longer; null for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EarlyChange? ChangedEarly { get; init; }

    /// <summary>What its canary knows; null where there is none, and before its first session.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SessionHistory? Sessions { get; init; }

    /// <summary>How long its server took to wake up; null where that is not measured.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ColdStartSeries? ColdStarts { get; init; }

    /// <summary>When the outage opened and resolved lately; null when it did not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OutageHistory? Outages { get; init; }

    /// <summary>The time without alerts that somebody asked for; it may lie ahead.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AdHocMaintenance? Maintenance { get; init; }

    /// <summary>The instant of the last transition of each kind of incident: none of them is dated before it.</summary>
    // States that were stored before there were any lack the member, which the generated reader takes for null.
    public IReadOnlyDictionary<IncidentKind, DateTimeOffset> LastTransitions { get => field ?? NoTransitions; init; } = NoTransitions;

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

    /// <summary>What a location sees; null when that is what is expected.</summary>
    public SeenCatalog? SeenAt(string location) => Catalogs.GetValueOrDefault(location);

    /// <summary>Whether a location has a say: a probe of its said something, and lately.</summary>
    internal bool Reports(string location) => Locations.TryGetValue(location, out var seen) && seen.Counted is not Verdict.Unknown;

    /// <summary>Whether what a location saw still stands: it reports, or nobody does who could say otherwise.</summary>
    internal bool Stands(string location) => Reports(location) || !Locations.Keys.Any(Reports);

    /// <summary>The state once a location sees something else; null for what is expected.</summary>
    internal EndpointState WithSeen(string location, SeenCatalog? seen)
    {
        var catalogs = new Dictionary<string, SeenCatalog>(Catalogs);
        if (seen is null or { Settled: null, Unsettled: null })
            catalogs.Remove(location);
        else
            catalogs[location] = seen;
        return this with { Catalogs = catalogs };
    }

    /// <summary>The state once no location is known to have anything but the baseline.</summary>
    internal EndpointState WithoutSettled() => this with
    {
        Catalogs = Catalogs.Where(seen => seen.Value.Unsettled is not null)
            .ToDictionary(seen => seen.Key, seen => seen.Value with { Settled = null }),
    };

    /// <summary>The same, made of what the states of other endpoints have in common with it: to be kept in memory.</summary>
    public EndpointState Slim() => this with
    {
        Target = Shared.Text(Target),
        Channels = Channels is null ? null : Shared.List(Channels),
        Locations = Slim(Locations, NoLocations, each => each),
        OpenIncidents = OpenIncidents is { Count: > 0 } ? OpenIncidents : [],
        Baselines = Slim(Baselines, NoBaselines, each => each with { Hash = Shared.Text(each.Hash), AcceptedBy = Shared.Text(each.AcceptedBy) }),
        BaselineProtocol = Shared.Text(BaselineProtocol),
        Catalogs = Slim(Catalogs, NoCatalogs, each => each),
        LastTransitions = LastTransitions.Count == 0 ? NoTransitions : LastTransitions,
    };

    private static Dictionary<string, T> Slim<T>(IReadOnlyDictionary<string, T>? entries, Dictionary<string, T> none, Func<T, T> slim)
    {
        // A state that lacks the member is read as null.
        if (entries is null or { Count: 0 })
            return none;
        var slimmed = new Dictionary<string, T>(entries.Count);
        foreach (var (key, value) in entries)
            slimmed.Add(Shared.Text(key), slim(value));
        return slimmed;
    }

    /// <summary>The state of an endpoint that nothing is known of yet.</summary>
    public static EndpointState Of(Endpoints.Endpoint endpoint, long generation) =>
        New with { Generation = generation, Target = WatchedTarget.Of(endpoint), Channels = ChannelsOf(endpoint) };

    internal static IReadOnlyList<string>? ChannelsOf(Endpoints.Endpoint endpoint) => endpoint.Channels.Count > 0 ? endpoint.Channels : null;

    /// <summary>The state once a catalogue is the baseline: nothing differs from it any more.</summary>
    public EndpointState WithBaseline(string protocolVersion, BaselineReference baseline) => this with
    {
        Baselines = new Dictionary<string, BaselineReference>(Baselines) { [protocolVersion] = baseline },
        BaselineProtocol = protocolVersion,
        Catalogs = NoCatalogs,
        Drifted = null,
    };
}

/// <summary>What one location saw last.</summary>
/// <param name="LastSlot">The newest slot whose judging changed something; not newer slots are never judged again.</param>
/// <param name="Failures">Failed probes in a row.</param>
/// <param name="Successes">Good probes in a row since the last failure, counted up to the success threshold.</param>
public sealed record LocationState(DateTimeOffset LastSlot, Verdict Verdict, int Failures, int Successes)
{
    /// <summary>While <see cref="Verdict"/> is unknown: what it said before, which counts until it is too old; then null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Verdict? Before { get; init; }

    /// <summary>
    /// The newest slot that is known to have said something, or a later change of the definition. Kept for every slot only while it
    /// matters (<see cref="EndpointState.WatchfulSince"/>), and exact while <see cref="Verdict"/> is unknown.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Said { get; init; }

    /// <summary>What it counts for among the locations; unknown when it does not.</summary>
    [JsonIgnore]
    public Verdict Counted => Verdict is Verdict.Unknown ? Before ?? Verdict.Unknown : Verdict;

    /// <summary>What the failed probes in a row ran into: the one that lengthened the row last.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Failure? Failure { get; init; }

    /// <summary>The slot of the first of the failed probes in a row; null when there is none, or an older version counted it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>Probes in a row that exceeded a latency budget.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Slow { get; init; }

    /// <summary>Probes in a row within all budgets since the last slow one, counted up to the success threshold.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Swift { get; init; }

    /// <summary>The slot of the first of the slow probes in a row; null when there is none, or an older version counted it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? SlowSince { get; init; }

    /// <summary>Which budget the slow probes exceeded, and by how much.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Failure? Slowness { get; init; }
}

/// <param name="AcceptedBy">
/// Who accepted it, or <see cref="ByPolicy"/>; null for the first catalogue seen, which nobody has reviewed yet.
/// </param>
public sealed record BaselineReference(string Hash, DateTimeOffset At, string? AcceptedBy)
{
    public const string ByPolicy = "policy accept-compatible";

    /// <summary>The first catalogue, seen once so far: it may be one of many that the server makes up.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Provisional { get; init; }
}

/// <param name="Slot">When it was first seen.</param>
public sealed record DriftCandidate(string ProtocolVersion, string Hash, DateTimeOffset Slot)
{
    [JsonIgnore]
    public CatalogVersion Version => new(ProtocolVersion, Hash);

    /// <summary>Of a drifted catalogue: the worst class of its changes against the baseline; null when it was not kept.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ChangeClass? Class { get; init; }

    /// <summary>Of a drifted catalogue: nobody was told of it, because of a maintenance or because it is too small for the policy.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Untold { get; init; }
}

/// <param name="Hash">The newest catalogue that the findings were seen in.</param>
/// <param name="Findings">A hash of the findings that were told.</param>
public sealed record Suspicion(string ProtocolVersion, string Hash, string Findings);

/// <param name="Hash">The catalogue that was compared with the others.</param>
public sealed record Shadowing(string Hash, IReadOnlyList<Finding> Findings)
{
    /// <summary>Tools that a model cannot tell from one of another endpoint: notes, which open no incident.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Finding>? Alike { get; init; }
}

/// <param name="Told">The smallest of the policy's days that was told.</param>
/// <param name="Longer">Slots in a row that saw more days than the policy's most.</param>
public sealed record CertificateWatch(int Told, int Longer)
{
    /// <summary>The slot that was counted last: several locations count a slot once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Slot { get; init; }
}

/// <param name="Gated">Whether the server is expected to ask for credentials.</param>
/// <param name="WithCredentials">Whether the endpoint had some when that was found out; it is found out again when that changes.</param>
/// <param name="Others">Slots in a row that saw the opposite.</param>
/// <param name="Back">Slots in a row since that saw what is expected.</param>
public sealed record AccessWatch(bool Gated, bool WithCredentials, int Others, int Back)
{
    /// <summary>The first slot of those that saw the opposite; null when there is none, or an older version counted it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Since { get; init; }

    /// <summary>The slot that was counted last: several locations count a slot once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Slot { get; init; }
}

/// <param name="Since">The first slot of the row.</param>
/// <param name="Failure">Why the newest of these probes says nothing.</param>
public sealed record UnknownWatch(DateTimeOffset Since, Failure? Failure);

/// <param name="LookAt">When its probes are counted next.</param>
/// <param name="Rule">While an incident is open: the worst rule that was told.</param>
public sealed record BudgetWatch(DateTimeOffset LookAt, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Rule = null);

/// <summary>Changes inside the time to live that the server had given (specification 2026-07-28, Caching).</summary>
/// <param name="Times">How often it was seen.</param>
/// <param name="Last">The slot that saw it last.</param>
/// <param name="Method">What changed then: the result of <c>tools/list</c> or of <c>server/discover</c>.</param>
/// <param name="TtlMs">How long it was to be kept, in milliseconds.</param>
/// <param name="AfterMs">How long after it was read it was another one, at most.</param>
public sealed record EarlyChange(int Times, DateTimeOffset Last, string Method, long TtlMs, long AfterMs);

/// <param name="Changes">Instants of changes between up and down, newest last, as many as a flapping endpoint needs.</param>
/// <param name="Down">While the incident is flapping: how it is now.</param>
/// <param name="Untold">While the incident is flapping: changes since the last alert.</param>
public sealed record OutageHistory(IReadOnlyList<DateTimeOffset> Changes, bool Down = false, int Untold = 0)
{
    /// <summary>While the incident is flapping: slots since the last change that said something, as many as it takes to be steady.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Seen { get; init; }

    /// <summary>The slot that was counted last: several locations count a slot once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? SeenSlot { get; init; }
}
