using McpProbe.Incidents;
using McpProbe.Probing;

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

        if (!state.Baselines.TryGetValue(version, out var baseline))
            return new DriftStep(DriftStepKind.FirstBaseline, version, null, hash);

        var drift = DriftAt(state, version);
        if (hash == CurrentHash(state, version))
            return state.Candidate is { } old && old.ProtocolVersion == version
                ? new DriftStep(DriftStepKind.CandidateDropped, version, baseline.Hash, hash)
                : DriftStep.None;

        var seenBefore = state.Candidate is { } candidate
            && candidate.ProtocolVersion == version && candidate.Hash == hash && candidate.Slot < slot;
        var kind = seenBefore switch
        {
            false => DriftStepKind.Candidate,
            true when hash == baseline.Hash => DriftStepKind.Returned,
            true when drift is not null => DriftStepKind.DriftedAgain,
            true => DriftStepKind.Drifted,
        };
        return new DriftStep(kind, version, baseline.Hash, hash);
    }

    /// <summary>The catalogue that the state expects at a protocol version: observing it changes nothing. Null before the first.</summary>
    public static string? CurrentHash(EndpointState state, string protocolVersion) =>
        DriftAt(state, protocolVersion)?.Hash ?? state.Baselines.GetValueOrDefault(protocolVersion)?.Hash;

    private static DriftCandidate? DriftAt(EndpointState state, string protocolVersion) =>
        state.Drifted?.ProtocolVersion == protocolVersion ? state.Drifted : null;
}

/// <param name="BaselineHash">Null for the first catalogue seen at this protocol version.</param>
/// <param name="Hash">The catalogue that was observed.</param>
public sealed record DriftStep(DriftStepKind Kind, string ProtocolVersion, string? BaselineHash, string Hash)
{
    public static readonly DriftStep None = new(DriftStepKind.None, "", null, "");

    /// <summary>Whether the changes against the baseline are wanted.</summary>
    public bool IsDrift => Kind is DriftStepKind.Drifted or DriftStepKind.DriftedAgain;
}

public enum DriftStepKind
{
    None,

    /// <summary>The first catalogue at this protocol version becomes the baseline, not yet reviewed.</summary>
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
