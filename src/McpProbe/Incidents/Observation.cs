using McpProbe.Drift;
using McpProbe.Model;

namespace McpProbe.Incidents;

/// <summary>One probe's outcome, as it is judged.</summary>
/// <param name="Drift">What its catalogue means: <see cref="DriftWatch.Next"/>.</param>
/// <param name="Changes">
/// Against the baseline, worst first, where <paramref name="Drift"/> is a drift or <see cref="IncidentMachine.WantsChanges"/> says so.
/// </param>
public sealed record Observation(
    DateTimeOffset Slot, string Location, ProbeResult Result, DriftStep Drift, IReadOnlyList<Change> Changes) : EndpointEvent(Slot)
{
    /// <summary>
    /// Where <see cref="Drift"/> is a candidate: what it differs in from what the location has, worst first; null when one of the
    /// contents is not stored any more.
    /// </summary>
    public IReadOnlyList<Change>? Unsettled { get; init; }

    /// <summary>The result of the slot before, where this one saw another catalogue; null otherwise, and when there is none.</summary>
    public ProbeResult? Previous { get; init; }

    /// <summary>What the canary saw in the same slot; null without one, and when it did not look.</summary>
    public SessionLook? Session { get; init; }

    /// <summary>How long the server took to wake up for this slot; null where that was not measured.</summary>
    public ColdStartLook? ColdStart { get; init; }

    /// <summary>What a model reads of the catalogues that <see cref="Changes"/> compare; null when nothing is compared.</summary>
    public TokenChange? Tokens { get; init; }

    /// <summary>When it is judged, for maintenance that began after the slot; null for the slot itself.</summary>
    public DateTimeOffset? JudgedAt { get; init; }

    /// <summary>Whether it says something of the server.</summary>
    internal bool IsConclusive => Result.Verdict is not Verdict.Unknown;
}
