namespace McpProbe.Incidents;

/// <summary>The names of the rules that make transitions: stable, part of every alert; docs/incidents.md explains each.</summary>
public static class IncidentRules
{
    // Outage.
    public const string FailuresInARow = "failures-in-a-row";
    public const string SuccessesInARow = "successes-in-a-row";
    public const string QuorumDown = "quorum-down";
    public const string QuorumUp = "quorum-up";
    public const string Flapping = "flapping";
    public const string FlappingDigest = "flapping-digest";
    public const string Steady = "steady";
    public const string NoLongerFlapping = "no-longer-flapping";

    // Degraded.
    public const string BudgetExceededInARow = "budget-exceeded-in-a-row";
    public const string ToolsUnusableInARow = "tools-unusable-in-a-row";
    public const string DownAtSomeLocations = "down-at-some-locations";
    public const string P95Regression = "p95-regression";
    public const string WithinLimitsAgain = "within-limits-again";
    public const string BecameOutage = "became-outage";

    // Drift.
    public const string CatalogChangedBreaking = "catalog-changed-breaking";
    public const string CatalogChangedUnknown = "catalog-changed-unknown";
    public const string CatalogChangedWarning = "catalog-changed-warning";
    public const string CatalogChangedInfo = "catalog-changed-info";
    public const string CatalogChangedAgain = "catalog-changed-again";
    public const string CatalogUnstable = "catalog-unstable";
    public const string CatalogStable = "catalog-stable";
    public const string BaselineReturned = "baseline-returned";
    public const string BaselineAccepted = "baseline-accepted";
    public const string AcceptedByPolicy = "accepted-by-policy";
    public const string DriftWithinPolicy = "drift-within-policy";

    // Suspicious; an acceptance resolves it too.
    public const string SuspiciousText = "suspicious-text";
    public const string SuspiciousTextAgain = "suspicious-text-again";
    public const string FindingsGone = "findings-gone";

    // Certificate.
    public const string CertificateRenewed = "certificate-renewed";

    // Gated.
    public const string NowAsksForCredentials = "now-asks-for-credentials";
    public const string NoLongerAsksForCredentials = "no-longer-asks-for-credentials";
    public const string AccessAsExpected = "access-as-expected";

    // Unwatched.
    public const string UnknownTooLong = "unknown-too-long";
    public const string CannotBeProbed = "cannot-be-probed";
    public const string KnownAgain = "known-again";

    // Unwatched, of McpProbe itself.
    public const string StoreFailing = "store-failing";
    public const string StoreGone = "store-gone";
    public const string StoreWorks = "store-works";

    // Slo: see BurnRule.
    public const string BurnRateFast = "burn-rate-fast";
    public const string BurnRateMedium = "burn-rate-medium";
    public const string BurnRateSlow = "burn-rate-slow";
    public const string BurnRateRecovered = "burn-rate-recovered";

    // Session.
    public const string SessionsCutInARow = "sessions-cut-in-a-row";
    public const string SessionsSurvive = "sessions-survive";

    // Every kind.
    public const string StillOpen = "still-open";
    public const string OpenTooLong = "open-too-long";
    public const string Acknowledged = "acknowledged";
    public const string Unacknowledged = "unacknowledged";
    public const string SwitchedOff = "switched-off";
    public const string EndpointDeleted = "endpoint-deleted";
    public const string EndpointPaused = "endpoint-paused";
    public const string EndpointArchived = "endpoint-archived";
    public const string TargetChanged = "target-changed";

    /// <summary>All but those of <see cref="CertificateDays"/>.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        FailuresInARow, SuccessesInARow, QuorumDown, QuorumUp, Flapping, FlappingDigest, Steady, NoLongerFlapping,
        BudgetExceededInARow, ToolsUnusableInARow, DownAtSomeLocations, P95Regression, WithinLimitsAgain, BecameOutage,
        CatalogChangedBreaking, CatalogChangedUnknown, CatalogChangedWarning, CatalogChangedInfo, CatalogChangedAgain,
        CatalogUnstable, CatalogStable, BaselineReturned, BaselineAccepted, AcceptedByPolicy, DriftWithinPolicy,
        SuspiciousText, SuspiciousTextAgain, FindingsGone, CertificateRenewed,
        NowAsksForCredentials, NoLongerAsksForCredentials, AccessAsExpected,
        UnknownTooLong, CannotBeProbed, KnownAgain, StoreFailing, StoreGone, StoreWorks,
        BurnRateFast, BurnRateMedium, BurnRateSlow, BurnRateRecovered, SessionsCutInARow, SessionsSurvive,
        StillOpen, OpenTooLong, Acknowledged, Unacknowledged, SwitchedOff, EndpointDeleted, EndpointPaused, EndpointArchived, TargetChanged,
    ];

    /// <summary><c>certificate-21-days</c>: a certificate has that many days left, or fewer.</summary>
    public static string CertificateDays(int days) => $"certificate-{days}-days";
}
