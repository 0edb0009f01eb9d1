using McpProbe.Model;

namespace McpProbe.Drift;

/// <summary>
/// What a probe's catalogue means against the one that its location had before. A catalogue counts only after two equal observations
/// in a row at one location, both when it leaves the baseline and when it comes back: replicas behind a load balancer that answer in
/// turns are not drift. What differs and is not seen twice leaves the location unsettled: <see cref="UnsettledCatalog"/>.
/// </summary>
public static class DriftWatch
{
    /// <summary>Pure: what the observation does to the state's baselines, and to what is known of the location.</summary>
    public static DriftStep Next(EndpointState state, string location, ProbeResult result)
    {
        // A catalogue that made the probe fail is the outage's business; two incidents for one cause wake nobody better.
        if (result is not { Verdict: Verdict.Healthy or Verdict.Degraded, Catalog.Hash: var hash, ProtocolVersion: { } version })
            return DriftStep.None;

        var seen = new CatalogVersion(version, hash);
        if (Current(state, location) is not { } current)
            return new DriftStep(DriftStepKind.FirstBaseline, seen, From: null);
        var (known, baseline) = (state.Baseline!.Value.Reference, BaselineOf(state)!);
        var unsettled = state.SeenAt(location)?.Unsettled;
        if (seen == current)
        {
            if (unsettled is not null)
                return new DriftStep(unsettled.Back ? DriftStepKind.Settled : DriftStepKind.Back, seen, current);
            if (seen == baseline && state.Drifted is { } gone && !IsDriftedElsewhere(state, location))
                return new DriftStep(DriftStepKind.Returned, seen, gone.Version);
            return seen == baseline && known.Provisional ? new DriftStep(DriftStepKind.SeenAgain, seen, current) : DriftStep.None;
        }

        if (unsettled is not { Back: false } || unsettled.Last.Version != seen)
            return new DriftStep(DriftStepKind.Candidate, seen, current);
        // The first catalogue was one of many that the server made up, and was never seen again.
        if (known.Provisional && state.UnstableTold)
            return new DriftStep(DriftStepKind.FirstBaseline, seen, From: null);
        if (seen == baseline)
            return new DriftStep(IsDriftedElsewhere(state, location) ? DriftStepKind.Joined : DriftStepKind.Returned, seen, state.Drifted?.Version);
        if (seen == state.Drifted?.Version)
            return new DriftStep(DriftStepKind.Joined, seen, current);
        return new DriftStep(state.Drifted is null ? DriftStepKind.Drifted : DriftStepKind.DriftedAgain, seen, baseline);
    }

    /// <summary>The catalogue that a location is expected to see, by hash: observing it at its protocol version changes nothing. Null before the first.</summary>
    public static string? CurrentHash(EndpointState state, string location, string protocolVersion) =>
        Current(state, location) is { } current && current.ProtocolVersion == protocolVersion ? current.Hash : null;

    /// <summary>The catalogue that a location saw last twice in a row; before that, what the endpoint has. Null before the first.</summary>
    internal static CatalogVersion? Current(EndpointState state, string location)
    {
        if (state.SeenAt(location)?.Settled is { } settled)
            return settled;
        // A state of an older version says what the endpoint drifted to, and not where.
        if (state.Drifted is { } drifted && !state.Catalogs.Values.Any(seen => seen.Settled is not null))
            return drifted.Version;
        return BaselineOf(state);
    }

    private static CatalogVersion? BaselineOf(EndpointState state) =>
        state.Baseline is { } baseline ? new CatalogVersion(baseline.ProtocolVersion, baseline.Reference.Hash) : null;

    /// <summary>A location that no longer reports holds nothing up.</summary>
    private static bool IsDriftedElsewhere(EndpointState state, string location)
    {
        foreach (var (other, seen) in state.Catalogs)
        {
            if (other != location && seen.Settled is not null && state.Reports(other))
                return true;
        }

        return false;
    }
}

/// <param name="To">The catalogue that was observed.</param>
/// <param name="From">
/// What it is compared with: the baseline for a drift, what the location had for a candidate, the drifted catalogue when the
/// baseline is back; null for the first one seen.
/// </param>
public sealed record DriftStep(DriftStepKind Kind, CatalogVersion To, CatalogVersion? From)
{
    public static readonly DriftStep None = new(DriftStepKind.None, new("", ""), null);

    /// <summary>Whether the endpoint's catalogue is another one from now on, so that the changes are wanted.</summary>
    public bool IsConfirmed => Kind is DriftStepKind.Drifted or DriftStepKind.DriftedAgain or DriftStepKind.Returned;

    /// <summary>Whether the state refers to a content from now on that it did not refer to before.</summary>
    public bool NeedsContent => Kind is DriftStepKind.FirstBaseline or DriftStepKind.Drifted or DriftStepKind.DriftedAgain;
}

public enum DriftStepKind
{
    None,

    /// <summary>
    /// The first catalogue becomes the baseline, not yet reviewed; or the first one seen twice, where the first one of all was told
    /// as one of many.
    /// </summary>
    FirstBaseline,

    /// <summary>The first catalogue was seen a second time: it is no accident.</summary>
    SeenAgain,

    /// <summary>Another catalogue than the location's, or yet another one.</summary>
    Candidate,

    /// <summary>The location's catalogue again, once, after others.</summary>
    Back,

    /// <summary>The location's catalogue twice in a row after others: they were nothing.</summary>
    Settled,

    /// <summary>Seen twice: what another location has, the baseline or the drifted catalogue.</summary>
    Joined,

    /// <summary>Seen twice: the catalogue left its baseline.</summary>
    Drifted,

    /// <summary>Seen twice: a third catalogue, while the drift is still open.</summary>
    DriftedAgain,

    /// <summary>Seen twice: the baseline is back, and no other location that reports sees anything else.</summary>
    Returned,
}
