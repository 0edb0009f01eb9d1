using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Incidents.Rules;

/// <summary>The catalogue left its baseline, by as much as the policy asks for; <see cref="DriftWatch"/> says when it did.</summary>
internal static class CatalogRule
{
    internal static void Update(Judging judging, Observation probe)
    {
        var (kind, to, from) = probe.Drift;
        var state = judging.State;
        judging.State = kind switch
        {
            DriftStepKind.FirstBaseline => state.WithBaseline(to.ProtocolVersion, new(to.Hash, probe.Slot, AcceptedBy: null)),
            DriftStepKind.Candidate => state with { Candidate = new(to.ProtocolVersion, to.Hash, probe.Slot) },
            DriftStepKind.CandidateDropped => state with { Candidate = null },
            DriftStepKind.Returned => state with { Candidate = null, Drifted = null },
            DriftStepKind.Drifted or DriftStepKind.DriftedAgain when IsAcceptedByPolicy(judging.Endpoint, probe) =>
                state.WithBaseline(to.ProtocolVersion, new(to.Hash, probe.Slot, BaselineReference.ByPolicy)),
            DriftStepKind.Drifted or DriftStepKind.DriftedAgain => state with
            {
                Candidate = null,
                Drifted = new(to.ProtocolVersion, to.Hash, probe.Slot) { Class = WorstOf(probe.Changes), Untold = true },
            },
            _ => state,
        };

        if (probe.Drift.IsConfirmed)
        {
            judging.Drift = new DriftRecord(
                judging.Endpoint.Id, probe.Slot, to.ProtocolVersion, from!.Hash, to.Hash, probe.Changes,
                from.ProtocolVersion == to.ProtocolVersion ? null : from.ProtocolVersion);
        }
    }

    internal static void Update(Judging judging, BaselineAccepted accepted)
    {
        if (judging.State.Baseline is not { } baseline)
            return;
        var (version, hash) = judging.State.Drifted is { } drifted
            ? (drifted.ProtocolVersion, drifted.Hash)
            : (baseline.ProtocolVersion, baseline.Reference.Hash);
        judging.State = judging.State.WithBaseline(version, new BaselineReference(hash, accepted.At, accepted.By));
    }

    internal static void Reconcile(Judging judging)
    {
        var open = judging.Find(IncidentKind.Drift);
        if (judging.State.Drifted is not { } drifted)
        {
            if (open is not null)
                judging.Resolve(open, RuleOfEnd(judging.State, open));
        }
        else if (!IsTold(judging.Policy.Drift, drifted))
        {
            if (open is not null && judging.Policy.Drift is not DriftAlert.Never)
                judging.Resolve(open, IncidentRules.DriftWithinPolicy);
        }
        else if (judging.Probe is { } probe && !judging.IsQuiet && (open is null || drifted.Untold))
        {
            if (open is null)
                judging.Open(IncidentKind.Drift, RuleOf(drifted), SummaryOf(probe.Changes), changes: probe.Changes);
            else
                judging.Remind(open with { Summary = SummaryOf(probe.Changes) }, IncidentRules.CatalogChangedAgain, probe.Changes);
            judging.State = judging.State with { Drifted = drifted with { Untold = false } };
        }
    }

    /// <summary>Whether an incident should be open, or told again, about a catalogue that drifted before.</summary>
    internal static bool IsOwed(EndpointState state, Endpoint endpoint) =>
        state.Drifted is { } drifted && IsTold(endpoint.Alerts.Drift, drifted)
        && (drifted.Untold || !state.OpenIncidents.Any(incident => incident.Kind is IncidentKind.Drift));

    private static bool IsTold(DriftAlert policy, DriftCandidate drifted) => policy switch
    {
        DriftAlert.Info => true,
        DriftAlert.Warning => drifted.Class is not ChangeClass.Info,
        DriftAlert.Breaking => drifted.Class is null or ChangeClass.Unknown or ChangeClass.Breaking,
        _ => false,
    };

    private static string RuleOf(DriftCandidate drifted) => drifted.Class switch
    {
        ChangeClass.Info => IncidentRules.CatalogChangedInfo,
        ChangeClass.Warning => IncidentRules.CatalogChangedWarning,
        ChangeClass.Breaking => IncidentRules.CatalogChangedBreaking,
        _ => IncidentRules.CatalogChangedUnknown,
    };

    private static string RuleOfEnd(EndpointState state, Incident open) => state.Baseline?.Reference is { AcceptedBy: { } by, At: var at } && at >= open.OpenedAt
        ? by == BaselineReference.ByPolicy ? IncidentRules.AcceptedByPolicy : IncidentRules.BaselineAccepted
        : IncidentRules.BaselineReturned;

    /// <summary>What a gate would let pass too. Without changes to look at (the baseline's content is gone), nothing is proved.</summary>
    private static bool IsAcceptedByPolicy(Endpoint endpoint, Observation probe) =>
        endpoint.DriftPolicy is DriftPolicy.AcceptCompatible
        && probe.Changes.Count > 0
        && probe.Changes.All(change => change.Class is ChangeClass.Info or ChangeClass.Warning)
        && probe.Result.Findings.All(finding => finding.Level is not FindingLevel.Hard);

    private static ChangeClass WorstOf(IReadOnlyList<Change> changes) =>
        changes.Count == 0 ? ChangeClass.Unknown : changes.Max(change => change.Class);

    private static string SummaryOf(IReadOnlyList<Change> changes)
    {
        if (changes.Count == 0)
            return "The catalogue changed; the baseline's content is not stored any more, so the changes are not known.";
        var byClass = changes.GroupBy(change => change.Class).OrderByDescending(group => group.Key)
            .Select(group => $"{group.Count()} {WireNames.Of(group.Key)}");
        return $"The catalogue changed ({string.Join(", ", byClass)}): {changes[0].Message}";
    }
}
