using McpProbe.Model;

namespace McpProbe.Drift;

/// <summary>
/// What a probe's catalogue means against the baseline. A catalogue counts only after two equal observations in a row, both
/// when it leaves the baseline and when it comes back: replicas behind a load balancer that answer in turns are not drift.
/// </summary>
public static class DriftWatch
{
    /// <summary>Pure: what the observation does to the state's baselines and candidate.</summary>
    public static DriftStep Next(EndpointState state, DateTimeOffset slot, ProbeResult result)
    {
        // A catalogue that made the probe fail is the outage's business; two incidents for one cause wake nobody better.
        if (result is not { Verdict: Verdict.Healthy or Verdict.Degraded, Catalog.Hash: var hash, ProtocolVersion: { } version })
            return DriftStep.None;

        var seen = new CatalogVersion(version, hash);
        if (state.Baseline is not { } known)
            return new DriftStep(DriftStepKind.FirstBaseline, seen, From: null);

        var baseline = new CatalogVersion(known.ProtocolVersion, known.Reference.Hash);
        var current = Current(state)!;
        if (seen == current)
            return state.Candidate is null ? DriftStep.None : new DriftStep(DriftStepKind.CandidateDropped, seen, baseline);

        var seenBefore = state.Candidate is { } candidate
            && seen == new CatalogVersion(candidate.ProtocolVersion, candidate.Hash) && candidate.Slot < slot;
        if (!seenBefore)
            return new DriftStep(DriftStepKind.Candidate, seen, baseline);
        if (seen == baseline)
            return new DriftStep(DriftStepKind.Returned, seen, current);
        return new DriftStep(current == baseline ? DriftStepKind.Drifted : DriftStepKind.DriftedAgain, seen, baseline);
    }

    /// <summary>The catalogue that the state expects, by hash: observing it at its protocol version changes nothing. Null before the first.</summary>
    public static string? CurrentHash(EndpointState state, string protocolVersion) =>
        Current(state) is { } current && current.ProtocolVersion == protocolVersion ? current.Hash : null;

    private static CatalogVersion? Current(EndpointState state) =>
        state.Drifted is { } drifted ? new CatalogVersion(drifted.ProtocolVersion, drifted.Hash)
        : state.Baseline is { } baseline ? new CatalogVersion(baseline.ProtocolVersion, baseline.Reference.Hash)
        : null;
}

/// <param name="To">The catalogue that was observed.</param>
/// <param name="From">
/// What it is compared with: the baseline, or the drifted catalogue when the baseline is back; null for the first one seen.
/// </param>
public sealed record DriftStep(DriftStepKind Kind, CatalogVersion To, CatalogVersion? From)
{
    public static readonly DriftStep None = new(DriftStepKind.None, new("", ""), null);

    /// <summary>Whether the endpoint's catalogue is another one from now on, so that the changes are wanted.</summary>
    public bool IsConfirmed => Kind is DriftStepKind.Drifted or DriftStepKind.DriftedAgain or DriftStepKind.Returned;
}

/// <summary>A catalogue by its hash, at the protocol version that it was read with: what servers list depends on it.</summary>
public sealed record CatalogVersion(string ProtocolVersion, string Hash);

public enum DriftStepKind
{
    None,

    /// <summary>The first catalogue becomes the baseline, not yet reviewed.</summary>
    FirstBaseline,

    /// <summary>Another catalogue than the current one, seen once.</summary>
    Candidate,

    /// <summary>The candidate was not seen a second time.</summary>
    CandidateDropped,

    /// <summary>Seen twice: the catalogue left its baseline.</summary>
    Drifted,

    /// <summary>Seen twice: a third catalogue, while the drift is still open.</summary>
    DriftedAgain,

    /// <summary>Seen twice: the baseline is back.</summary>
    Returned,
}
