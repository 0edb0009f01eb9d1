using McpProbe.Catalog;
using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Gate;

/// <summary>The post-deploy gate: every check is judged, none stops another. Pure.</summary>
public static class VerifyJudge
{
    public static GateReport Judge(VerifyFacts facts)
    {
        var (result, baseline) = (facts.Result, facts.Baseline?.Snapshot);
        var unstable = facts.Baseline?.Unstable ?? [];
        var now = result.Snapshot is { } seen ? UnstablePlaces.LeaveOut(seen, unstable) : null;
        var comparison = baseline is not null && now is not null && facts.RefusedVersion is null
            ? Comparison.Of(RevisionDiffer.Compare(
                baseline.Catalog.Canonical, now.Catalog.Canonical, baseline.ProtocolVersion, now.ProtocolVersion), DriftJudge.New(result.Findings, facts.BaselineFindings))
                with
            { Ignored = unstable.Count == 0 ? null : unstable }
            : Comparison.None;

        List<GateCheck> checks =
        [
            Baseline(facts),
            ProbeChecks.Handshake(result),
            Protocol(facts),
            Catalog(facts),
            ProbeChecks.Conditions(result, facts.Strict, usable: true),
            Drift(facts, comparison, now?.Catalog.Hashes.Hash),
            result.Catalog is null ? ProbeChecks.NotReached("findings", result) : DriftJudge.Findings(result.Findings, facts.BaselineFindings),
            ProbeChecks.Smoke(facts.Endpoint, result),
            Latency(facts),
            ProbeChecks.Certificate(result, facts.Strict),
        ];
        if (facts.Opinion is { } opinion)
            checks.Add(SdkClient(result, opinion));
        return GateReport.Of(checks, result, comparison);
    }

    private static GateCheck Baseline(VerifyFacts facts) => facts.Baseline is { } baseline
        ? GateCheck.Passed("baseline", $"{ForeignText.Brief(baseline.Target)}, {UtcInstant.Format(baseline.TakenAt)}, {baseline.Snapshot.ProtocolVersion}")
        : GateCheck.Failed("baseline", ExitCodes.NoBaseline, facts.BaselineFault ?? "there is none");

    private static GateCheck Protocol(VerifyFacts facts)
    {
        var check = ProbeChecks.Protocol(facts.Result);
        if (check.Status is not CheckStatus.Passed || facts.Baseline?.Snapshot.ProtocolVersion is not { } expected)
            return check;
        if (facts.RefusedVersion is { } refusal)
            return GateCheck.Failed(check.Name, ExitCodes.NoBaseline,
                $"the server refused {expected}, the baseline's version, and speaks {facts.Result.ProtocolVersion} ({ForeignText.OneLine(refusal.Message)}) Review the new catalogue and take a new baseline of it.");
        return facts.Result.ProtocolVersion == expected
            ? GateCheck.Passed(check.Name, $"{expected}, as in the baseline")
            : GateCheck.Warned(check.Name, $"{facts.Result.ProtocolVersion} against the baseline's {expected}: compared without what only one of them has");
    }

    private static GateCheck Catalog(VerifyFacts facts)
    {
        var check = ProbeChecks.Catalog(facts.Result);
        var seen = facts.Samples.Prepend(facts.Result).Select(sample => StableHash(sample, facts.Baseline?.Unstable ?? [])).OfType<string>().Distinct().Count();
        if (check.Status is CheckStatus.Passed && seen > 1)
            return GateCheck.Failed(check.Name, ExitCodes.NotHealthy,
                $"{seen} different catalogues in {facts.Samples.Count + 1} probes; finish the deployment to every instance, for the specification forbids catalogues that vary by connection");
        return check;
    }

    private static string? StableHash(ProbeResult sample, IReadOnlyList<UnstablePlace> unstable) =>
        unstable.Count > 0 && sample.Snapshot is { } snapshot ? UnstablePlaces.LeaveOut(snapshot, unstable).Catalog.Hashes.Hash : sample.Catalog?.Hash;

    private static GateCheck Drift(VerifyFacts facts, Comparison comparison, string? hash)
    {
        const string name = "drift";
        if (facts.Baseline is not { } baseline)
            return GateCheck.Skipped(name, "there is no baseline to compare with");
        if (facts.RefusedVersion is not null)
            return GateCheck.Skipped(name, "not comparable: the server refused the baseline's protocol version");
        if (facts.Result.Catalog is null)
            return ProbeChecks.NotReached(name, facts.Result);
        return hash == baseline.Snapshot.Catalog.Hashes.Hash
            ? GateCheck.Passed(name, $"the same SHA-256 as the baseline{DriftJudge.LeftOut(baseline.Unstable)}")
            : DriftJudge.Drift(comparison, facts.FailOn);
    }

    private static GateCheck Latency(VerifyFacts facts)
    {
        const string name = "latency";
        if (facts.Baseline is not { } baseline)
            return GateCheck.Skipped(name, "there is no baseline to compare with");
        if (baseline.Latency is not { } latency)
            return GateCheck.Skipped(name, "the baseline holds no latency; take a new one with 'mcpprobe snapshot --samples 20'");
        if (facts.Result.ProtocolVersion is { } version && version != baseline.Snapshot.ProtocolVersion)
            return GateCheck.Skipped(name, "the handshakes of two protocol versions are not the same work");

        // The first sample that failed ended the sampling: after a good probe that is an instance that fails now and then.
        if (facts.Samples.FirstOrDefault(sample => sample.Snapshot is null)?.Failure is { } failure)
            return GateCheck.Failed(name, failure.ExitCodeOf(),
                $"probe {facts.Samples.Count} of the samples failed after earlier ones had passed ({WireNames.Of(failure.Kind)}: {ForeignText.OneLine(failure.Message)})");

        var handshakes = facts.Samples.Select(sample => sample.Timings.HandshakeMs).OfType<double>().ToList();
        return handshakes.Count == 0 && facts.Result.Snapshot is null
            ? ProbeChecks.NotReached(name, facts.Result)
            : LatencyJudge.Judge(handshakes, latency).Taking(facts.Samples.Sum(sample => sample.Timings.TotalMs));
    }

    private static GateCheck SdkClient(ProbeResult result, SdkOpinion opinion)
    {
        const string name = "client-sdk";
        if (opinion.Fault is { } fault)
            return GateCheck.Failed(name, ExitCodes.NotHealthy, fault).Taking(opinion.Ms);

        var seen = $"the official C# client {opinion.ClientVersion} connected at {opinion.ProtocolVersion} and lists {opinion.Tools.Count} tools";
        var missing = (result.Snapshot?.Catalog.ToolNames ?? []).Except(opinion.Tools, StringComparer.Ordinal).ToList();
        return missing.Count == 0
            ? GateCheck.Passed(name, seen).Taking(opinion.Ms)
            : GateCheck.Failed(name, ExitCodes.NotHealthy,
                $"{seen}, without {ForeignText.Brief(string.Join(", ", missing))}: clients built on it cannot see what the server offers; correct the definition of what is missing").Taking(opinion.Ms);
    }
}

/// <summary>What <see cref="VerifyJudge"/> judges.</summary>
/// <param name="Endpoint">What was probed; its conditions and smoke call say what was asked for.</param>
/// <param name="Result">The first probe. It is not among the samples.</param>
public sealed record VerifyFacts(Endpoint Endpoint, ProbeResult Result)
{
    /// <summary>Null when there is none to compare with; <see cref="BaselineFault"/> says why.</summary>
    public SavedSnapshot? Baseline { get; init; }

    /// <summary>Why there is no baseline, and how to make one.</summary>
    public string? BaselineFault { get; init; }

    public IReadOnlyList<Finding> BaselineFindings { get; init; } = [];

    /// <summary>How the server refused the baseline's protocol version; then <see cref="Result"/> is of a version of its own choice.</summary>
    public Failure? RefusedVersion { get; init; }

    /// <summary>Warm probes for the latency; a failed one can only be the last.</summary>
    public IReadOnlyList<ProbeResult> Samples { get; init; } = [];

    /// <summary>What the official client says; null when it was not asked.</summary>
    public SdkOpinion? Opinion { get; init; }

    public ChangeClass FailOn { get; init; } = ChangeClass.Breaking;

    /// <summary>Whether being outside a latency or certificate budget fails.</summary>
    public bool Strict { get; init; }
}
