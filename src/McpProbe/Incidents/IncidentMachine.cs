using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Probing;

namespace McpProbe.Incidents;

/// <summary>
/// The only place that opens and resolves incidents: (state, what happened, endpoint) → (state, transitions). Pure: the
/// same input gives the same ids, so a repeat after a crash is recognised. Every transition names the rule that fired.
/// </summary>
public static class IncidentMachine
{
    /// <summary>Whether a slot was judged already: only newer slots are.</summary>
    public static bool IsJudged(EndpointState state, string location, DateTimeOffset slot) =>
        state.Locations.TryGetValue(location, out var seen) && slot <= seen.LastSlot;

    /// <summary>Judges one probe. Call it for slots that are not judged yet.</summary>
    public static Judgement Judge(EndpointState state, Observation observation, Endpoint endpoint)
    {
        var steps = new Steps(state, observation.Slot, endpoint, observation.Result.Failure);
        JudgeAvailability(steps, observation, endpoint);
        var drift = JudgeCatalog(steps, observation, endpoint);
        return steps.Judgement(drift);
    }

    /// <summary>Closes all incidents and forgets the counters: the endpoint is deleted or paused.</summary>
    /// <param name="rule"><c>endpoint-deleted</c> or <c>endpoint-paused</c>.</param>
    public static Judgement Close(EndpointState state, Endpoint endpoint, string rule, DateTimeOffset at)
    {
        var steps = new Steps(state, at, endpoint, failure: null);
        if (state.Locations.Count > 0 || state.Verdict is not Verdict.Unknown)
            steps.State = state with
            {
                Locations = EndpointState.New.Locations,
                Verdict = Verdict.Unknown,
                Since = at,
                Candidate = null,
                Drifted = null,
            };
        foreach (var incident in state.OpenIncidents)
            steps.Resolve(incident.Kind, rule);
        return steps.Judgement(drift: null);
    }

    /// <summary>Makes the catalogue that the endpoint has now its baseline; an open drift resolves.</summary>
    /// <param name="by">Who reviewed it.</param>
    /// <returns>Null when no catalogue is known yet.</returns>
    public static Judgement? AcceptBaseline(EndpointState state, Endpoint endpoint, string by, DateTimeOffset at)
    {
        if (state.Baseline is not { } baseline)
            return null;
        var (version, hash) = state.Drifted is { } drifted
            ? (drifted.ProtocolVersion, drifted.Hash)
            : (baseline.ProtocolVersion, baseline.Reference.Hash);
        var steps = new Steps(state, at, endpoint, failure: null);
        steps.State = state.WithBaseline(version, new BaselineReference(hash, at, by));
        steps.Resolve(IncidentKind.Drift, "baseline-accepted");
        return steps.Judgement(drift: null);
    }

    private static void JudgeAvailability(Steps steps, Observation observation, Endpoint endpoint)
    {
        var verdict = observation.Result.Verdict;
        var before = steps.State.Locations.GetValueOrDefault(observation.Location);
        var open = steps.IsOpen(IncidentKind.Outage);

        // Counters stop at their thresholds, so that a long outage, like a long calm, changes nothing and writes nothing.
        var (failures, successes) = (before?.Failures ?? 0, before?.Successes ?? 0);
        if (verdict is Verdict.Down)
            (failures, successes) = (Math.Min(failures + 1, endpoint.FailureThreshold), 0);
        else if (verdict is not Verdict.Unknown)
            (failures, successes) = open ? (failures, Math.Min(successes + 1, endpoint.SuccessThreshold)) : (0, 0);

        if (!open && failures >= endpoint.FailureThreshold)
            steps.Open(IncidentKind.Outage, "failures-in-a-row", SummaryOf(observation.Result.Failure));
        else if (open && successes >= endpoint.SuccessThreshold && OthersRecovered(steps.State, observation.Location))
        {
            steps.Resolve(IncidentKind.Outage, "successes-in-a-row");
            (failures, successes) = (0, 0);
        }

        if (before is null || (before.Verdict, before.Failures, before.Successes) != (verdict, failures, successes))
            steps.Report(observation.Location, new LocationState(observation.Slot, verdict, failures, successes));
    }

    private static bool OthersRecovered(EndpointState state, string location) =>
        state.Locations.All(other => other.Key == location || other.Value.Verdict is not Verdict.Down);

    private static DriftRecord? JudgeCatalog(Steps steps, Observation observation, Endpoint endpoint)
    {
        var (kind, to, from) = observation.Drift;
        var seen = new DriftCandidate(to.ProtocolVersion, to.Hash, observation.Slot);
        switch (kind)
        {
            case DriftStepKind.FirstBaseline:
                steps.State = steps.State.WithBaseline(to.ProtocolVersion, new(to.Hash, observation.Slot, AcceptedBy: null));
                break;
            case DriftStepKind.Candidate:
                steps.State = steps.State with { Candidate = seen };
                break;
            case DriftStepKind.CandidateDropped:
                steps.State = steps.State with { Candidate = null };
                break;
            case DriftStepKind.Returned:
                steps.State = steps.State with { Candidate = null, Drifted = null };
                steps.Resolve(IncidentKind.Drift, "baseline-returned");
                break;
            case DriftStepKind.Drifted or DriftStepKind.DriftedAgain when IsAcceptedByPolicy(endpoint, observation):
                steps.State = steps.State.WithBaseline(to.ProtocolVersion, new(to.Hash, observation.Slot, BaselineReference.ByPolicy));
                steps.Resolve(IncidentKind.Drift, "accepted-by-policy");
                break;
            case DriftStepKind.Drifted:
                steps.State = steps.State with { Candidate = null, Drifted = seen };
                steps.Open(IncidentKind.Drift, "catalog-changed-twice", SummaryOf(observation.Changes), observation.Changes);
                break;
            case DriftStepKind.DriftedAgain:
                steps.State = steps.State with { Candidate = null, Drifted = seen };
                steps.Remind(IncidentKind.Drift, "catalog-changed-again", SummaryOf(observation.Changes), observation.Changes);
                break;
            case DriftStepKind.None:
                return null;
        }

        // The slot counts as judged when it moved anything: a repeat must not be taken for a second observation.
        steps.Touch(observation);
        return observation.Drift.IsConfirmed
            ? new DriftRecord(
                endpoint.Id, observation.Slot, to.ProtocolVersion, from!.Hash, to.Hash, observation.Changes,
                from.ProtocolVersion == to.ProtocolVersion ? null : from.ProtocolVersion)
            : null;
    }

    /// <summary>What a gate would let pass too. Without changes to look at (the baseline's content is gone), nothing is proved.</summary>
    private static bool IsAcceptedByPolicy(Endpoint endpoint, Observation observation) =>
        endpoint.DriftPolicy is DriftPolicy.AcceptCompatible
        && observation.Changes.Count > 0
        && observation.Changes.All(change => change.Class is ChangeClass.Info or ChangeClass.Warning)
        && observation.Result.Findings.All(finding => finding.Level is not FindingLevel.Hard);

    private static string SummaryOf(Failure? failure) => failure?.Message ?? "The probe failed.";

    private static string SummaryOf(IReadOnlyList<Change> changes)
    {
        if (changes.Count == 0)
            return "The catalogue changed; the baseline's content is not stored any more, so the changes are not known.";
        var byClass = changes.GroupBy(change => change.Class).OrderByDescending(group => group.Key)
            .Select(group => $"{group.Count()} {WireNames.Of(group.Key)}");
        return $"The catalogue changed ({string.Join(", ", byClass)}): {changes[0].Message}";
    }

    /// <summary>One judging in progress.</summary>
    private sealed class Steps(EndpointState before, DateTimeOffset at, Endpoint endpoint, Failure? failure)
    {
        private readonly List<Incident> _incidents = [];
        private readonly List<(TransitionType Type, Incident Incident, IReadOnlyList<Change> Changes)> _transitions = [];

        internal EndpointState State { get; set; } = before;

        internal bool IsOpen(IncidentKind kind) => State.OpenIncidents.Any(incident => incident.Kind == kind);

        internal void Report(string location, LocationState seen)
        {
            var locations = new Dictionary<string, LocationState>(State.Locations) { [location] = seen };
            var verdict = locations.Values.Select(each => each.Verdict)
                .Where(each => each is not Verdict.Unknown).DefaultIfEmpty(Verdict.Unknown).Max();
            State = State with
            {
                Locations = locations,
                Verdict = verdict,
                Since = verdict == State.Verdict ? State.Since : seen.LastSlot,
            };
        }

        internal void Touch(Observation observation)
        {
            if (State.Locations.TryGetValue(observation.Location, out var seen) && seen.LastSlot < observation.Slot)
                Report(observation.Location, seen with { LastSlot = observation.Slot });
        }

        internal void Open(IncidentKind kind, string rule, string summary, IReadOnlyList<Change>? changes = null)
        {
            var incident = new Incident(
                IncidentIds.Of(endpoint.Id, kind, at), endpoint.Id, kind, at, ResolvedAt: null, rule, Sequence: 1, summary);
            State = State with { OpenIncidents = [.. State.OpenIncidents, incident] };
            Emit(TransitionType.Opened, incident, changes);
        }

        internal void Remind(IncidentKind kind, string rule, string summary, IReadOnlyList<Change> changes)
        {
            var old = State.OpenIncidents.First(incident => incident.Kind == kind);
            var incident = old with { Rule = rule, Summary = summary, Sequence = old.Sequence + 1 };
            State = State with { OpenIncidents = [.. State.OpenIncidents.Where(each => each.Id != old.Id), incident] };
            Emit(TransitionType.Reminded, incident, changes);
        }

        internal void Resolve(IncidentKind kind, string rule)
        {
            if (State.OpenIncidents.FirstOrDefault(incident => incident.Kind == kind) is not { } old)
                return;
            var incident = old with { ResolvedAt = at, Rule = rule, Sequence = old.Sequence + 1 };
            State = State with { OpenIncidents = [.. State.OpenIncidents.Where(each => each.Id != old.Id)] };
            Emit(TransitionType.Resolved, incident, changes: null);
        }

        internal Judgement Judgement(DriftRecord? drift)
        {
            var reference = EndpointReference.To(endpoint);
            var transitions = _transitions.Select(step => new Transition(
                IncidentIds.OfTransition(step.Incident.Id, step.Incident.Sequence),
                step.Type,
                at,
                step.Incident,
                reference,
                State.Verdict,
                step is { Type: TransitionType.Opened, Incident.Kind: IncidentKind.Outage } ? failure : null,
                [.. step.Changes.Take(Transition.MostChanges)],
                endpoint.Channels));
            return new Judgement(State, _incidents, [.. transitions], drift);
        }

        private void Emit(TransitionType type, Incident incident, IReadOnlyList<Change>? changes)
        {
            _incidents.Add(incident);
            _transitions.Add((type, incident, changes ?? []));
        }
    }
}
