using McpProbe.Drift;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Probing;

namespace McpProbe.Monitoring;

/// <summary>Judges a probe: (state, result, evidence) → what to commit. Pure.</summary>
internal static class ProbeJudge
{
    /// <summary>What the catalogue means.</summary>
    public static DriftStep Step(EndpointState state, ProbeRequest request, ProbeResult result, Evidence evidence) =>
        // The state changed since the probe began (the endpoint was made anew, say), and now needs a content that was recognised
        // rather than read. It is not stored any more; the next probe brings it.
        evidence.HasContent ? DriftWatch.Next(state, request.Location, result) : DriftStep.None;

    /// <summary>
    /// Whether what the catalogue differs in is wanted although it was seen only once. Its content is not stored: a server that makes
    /// up a new one each time would fill the store.
    /// </summary>
    public static bool IsUnsettled(DriftStep step, ProbeResult result) => step.Kind is DriftStepKind.Candidate && result.Snapshot is not null;

    /// <summary>Whether another catalogue was seen than the slot before, of a server that says how long one may be kept.</summary>
    public static bool IsAnother(DriftStep step, ProbeResult result) =>
        step.Kind is DriftStepKind.Candidate or DriftStepKind.Back && result.Era is Era.Stateless;

    /// <summary>The catalogues whose differences the judgement wants; null for none.</summary>
    public static (CatalogVersion Before, CatalogVersion After)? ToCompare(
        EndpointState state, DriftStep step, ProbeRequest request, DateTimeOffset now)
    {
        if (step.IsConfirmed)
            return (step.From!, step.To);

        // A drift that was confirmed earlier, in a maintenance, and is to be told now.
        return state is { Drifted: { } drifted, Baseline: { } baseline }
            && IncidentMachine.WantsChanges(state, request.Endpoint, request.Slot, now)
            ? (new(baseline.ProtocolVersion, baseline.Reference.Hash), new(drifted.ProtocolVersion, drifted.Hash))
            : null;
    }

    public static StateChange Judge(StoredState before, ProbeRequest request, ProbeResult result, Evidence evidence)
    {
        var state = before.State;
        var step = Step(state, request, result, evidence);
        var changes = ToCompare(state, step, request, evidence.ReadAt) is var (from, to) && evidence is { Before: { } old, After: { } @new }
            ? RevisionDiffer.Compare(old, @new, from.ProtocolVersion, to.ProtocolVersion)
            : [];
        var observation = new Observation(request.Slot, request.Location, result, step, changes)
        {
            JudgedAt = evidence.ReadAt,
            Tokens = evidence.Tokens,
            Previous = evidence.Previous,
            Session = evidence.Session,
            ColdStart = evidence.ColdStart,
            Unsettled = IsUnsettled(step, result) && evidence.Settled is { } settled
                ? RevisionDiffer.Compare(settled, result.Snapshot!.Catalog.Canonical, step.From!.ProtocolVersion, step.To.ProtocolVersion)
                : null,
        };
        var judgement = IncidentMachine.Judge(state, observation, request.Endpoint);

        return new StateChange
        {
            EndpointId = request.Endpoint.Id,
            Before = before,
            Generation = request.Generation,
            After = ReferenceEquals(judgement.State, state) ? null : judgement.State,
            Record = new ProbeRecord(request.Slot, request.Location, result),
            // A content that the state begins to refer to is stored before it.
            Catalog = step.NeedsContent ? result.Snapshot?.Catalog : null,
            Incidents = judgement.Incidents,
            Drift = judgement.Drift,
            Transitions = judgement.Transitions,
        };
    }
}
