namespace McpProbe.Endpoints;

/// <summary>Which of an endpoint's troubles become incidents, and who hears of them again: <c>alerts</c> in the probes file.</summary>
public sealed record AlertPolicy
{
    public static readonly AlertPolicy Default = new();

    /// <summary>How often an open incident is told again; at least 5 minutes.</summary>
    /// <value>Null: never.</value>
    public TimeSpan? RemindEvery { get; init; }

    /// <summary>Who hears of an incident that stays open, by the time since it opened, shortest first.</summary>
    public IReadOnlyList<Escalation> Escalate { get; init; } = [];

    /// <summary>When an endpoint changes state too often to tell each change; null tells each.</summary>
    public FlappingRule? Flapping { get; init; } = FlappingRule.Default;

    /// <summary>The least class of change that opens an incident; a smaller one is recorded and shown only.</summary>
    public DriftAlert Drift { get; init; } = DriftAlert.Warning;

    /// <summary>
    /// How many probes of a location have to see other catalogues, none of them twice in a row, for an incident about that; at least 2.
    /// </summary>
    /// <value>5; null: never.</value>
    public int? UnstableAfter { get; init; } = 5;

    /// <summary>The least level of finding that opens an incident.</summary>
    public SuspicionAlert Suspicious { get; init; } = SuspicionAlert.Hard;

    /// <summary>Days that a certificate is still valid when its incident opens (the most), and is told again (the others); none for never.</summary>
    public IReadOnlyList<int> CertificateDays { get; init; } = [21, 7, 1];

    /// <summary>Whether budgets that are exceeded several times in a row open an incident.</summary>
    public bool Degraded { get; init; } = true;

    /// <summary>When an hour is much slower than the 7 days before; null for never.</summary>
    public LatencyRegressionRule? Latency { get; init; } = LatencyRegressionRule.Default;

    /// <summary>Whether a server that begins, or ceases, to ask for credentials opens an incident.</summary>
    public bool Gated { get; init; } = true;

    /// <summary>How many sessions of the canary have to be cut in a row, over all locations, for an incident.</summary>
    /// <value>2; null: never.</value>
    public int? SessionsCut { get; init; } = 2;

    /// <summary>When an endpoint of which nothing is known opens an incident; null for never.</summary>
    public UnwatchedRule? Unwatched { get; init; } = UnwatchedRule.Default;

    /// <summary>How many of the locations that report must see it down; null for more than half of them.</summary>
    public int? Quorum { get; init; }
}

/// <param name="After">Since the incident opened.</param>
/// <param name="Channels">Hear of the incident from then on, besides the endpoint's own.</param>
public sealed record Escalation(TimeSpan After, IReadOnlyList<string> Channels);

/// <param name="Changes">More changes of state than this</param>
/// <param name="Within">in this time are flapping.</param>
public sealed record FlappingRule(int Changes, TimeSpan Within)
{
    public static readonly FlappingRule Default = new(6, TimeSpan.FromHours(1));
}

/// <param name="Factor">An hour's p95 of the handshake that is this many times that of the 7 days before,</param>
/// <param name="AtLeast">and this much above it, is a regression.</param>
public sealed record LatencyRegressionRule(double Factor, TimeSpan AtLeast)
{
    public static readonly LatencyRegressionRule Default = new(2, TimeSpan.FromMilliseconds(100));
}

/// <param name="After">Since the first probe that said nothing; null for three intervals, and a quarter of an hour at least.</param>
public sealed record UnwatchedRule(TimeSpan? After)
{
    public static readonly UnwatchedRule Default = new(After: null);

    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(15);

    public TimeSpan AfterOf(Endpoint endpoint) => After ?? (3 * endpoint.Interval is var three && three > Shortest ? three : Shortest);
}

public enum DriftAlert
{
    Info,
    Warning,

    /// <summary>What cannot be proved safe counts as breaking.</summary>
    Breaking,
    Never,
}

public enum SuspicionAlert
{
    Soft,
    Hard,
    Never,
}
