using McpProbe.Endpoints;
using McpProbe.Incidents.Rules;
using McpProbe.Model;

namespace McpProbe.Incidents;

/// <summary>
/// One judging in progress: first the state learns what happened, then each rule compares what should be open with what is.
/// Only this makes transitions.
/// </summary>
internal sealed class Judging(EndpointState before, EndpointEvent occurred, Endpoint endpoint)
{
    private List<Incident>? _incidents;
    private List<Transition>? _transitions;
    private DateTimeOffset? _quietUntil;
    private bool _held;

    internal EndpointState State { get; set; } = before;

    internal Endpoint Endpoint => endpoint;

    internal AlertPolicy Policy => endpoint.Alerts;

    internal DateTimeOffset At => occurred.At;

    /// <summary>The probe that is judged, if it is one.</summary>
    internal Observation? Probe => occurred as Observation;

    internal DriftRecord? Drift { get; set; }

    /// <summary>What a probe that saw another catalogue adds to the row of its location.</summary>
    internal UnsettledStep? Unsettled { get; set; }

    /// <summary>In maintenance: nothing opens, resolves or is told again. What stands afterwards is told then.</summary>
    internal bool IsQuiet => _quietUntil is not null;

    /// <summary>The end of updating: whether it is quiet depends on the maintenance that the state now knows of.</summary>
    internal void BeginReconciling()
    {
        if (Probe?.JudgedAt is { } now)
            _quietUntil = MaintenanceCalendar.Until(endpoint, State, now);
        _quietUntil ??= MaintenanceCalendar.Until(endpoint, State, At);
    }

    internal Incident? Find(IncidentKind kind)
    {
        foreach (var incident in State.OpenIncidents)
        {
            if (incident.Kind == kind)
                return incident;
        }

        return null;
    }

    /// <returns>False when it is held back.</returns>
    internal bool Open(
        IncidentKind kind, string rule, string summary, Failure? failure = null,
        IReadOnlyList<Change>? changes = null, IReadOnlyList<Finding>? findings = null)
    {
        if (Holds())
            return false;
        var at = StampOpening(kind);
        var incident = new Incident(IncidentIds.Of(endpoint.Id, kind, at), endpoint.Id, kind, at, ResolvedAt: null, rule, Sequence: 1, summary)
        {
            Failure = failure,
            ToldAt = at,
        };
        State = State with { OpenIncidents = [.. State.OpenIncidents, incident] };
        Emit(TransitionType.Opened, at, incident, changes, findings);
        return true;
    }

    /// <param name="incident">As it was, with what is new.</param>
    internal bool Remind(
        Incident incident, string rule, IReadOnlyList<Change>? changes = null, IReadOnlyList<Finding>? findings = null)
    {
        if (Holds())
            return false;
        var at = Stamp(incident);
        Emit(TransitionType.Reminded, at, Replace(incident with { Rule = rule, Sequence = incident.Sequence + 1, ToldAt = at }), changes, findings);
        return true;
    }

    /// <summary>Takes the policy's next step for the incident.</summary>
    internal bool Escalate(Incident incident)
    {
        if (Holds())
            return false;
        var at = Stamp(incident);
        var escalated = incident with
        {
            Rule = IncidentRules.OpenTooLong,
            Sequence = incident.Sequence + 1,
            Escalations = incident.Escalations + 1,
        };
        Emit(TransitionType.Escalated, at, Replace(escalated), changes: null, findings: null);
        return true;
    }

    internal bool Resolve(Incident incident, string rule)
    {
        if (Holds())
            return false;
        var at = Stamp(incident);
        var resolved = incident with { ResolvedAt = at, Rule = rule, Sequence = incident.Sequence + 1, ToldAt = at, Flapping = false };
        State = State with { OpenIncidents = [.. State.OpenIncidents.Where(each => each.Kind != incident.Kind)] };
        Emit(TransitionType.Resolved, at, resolved, changes: null, findings: null);
        return true;
    }

    /// <summary>What a later tick has to look at: what is held back until the maintenance ends, and what falls due.</summary>
    internal void Plan(DateTimeOffset? due)
    {
        if (_quietUntil is { } end && (_held || due < end))
            due = end;
        if (due != State.DueAt)
            State = State with { DueAt = due };
    }

    internal Judgement Judgement() => new(State, _incidents ?? [], _transitions ?? [], Drift);

    private bool Holds() => _held |= IsQuiet;

    /// <summary>Two incidents of one kind never share an id, also when slots are judged in another order than their own.</summary>
    private DateTimeOffset StampOpening(IncidentKind kind)
    {
        var at = At;
        if (State.LastTransitions.TryGetValue(kind, out var last) && Milliseconds(at) <= Milliseconds(last))
            at = DateTimeOffset.FromUnixTimeMilliseconds(Milliseconds(last) + 1);
        return Stamped(kind, at);
    }

    private DateTimeOffset Stamp(Incident incident)
    {
        // An incident that an older version opened has left no mark.
        var last = State.LastTransitions.GetValueOrDefault(incident.Kind, incident.OpenedAt);
        return Stamped(incident.Kind, At > last ? At : last);
    }

    private DateTimeOffset Stamped(IncidentKind kind, DateTimeOffset at)
    {
        State = State with { LastTransitions = new Dictionary<IncidentKind, DateTimeOffset>(State.LastTransitions) { [kind] = at } };
        return at;
    }

    // As much of an instant as an incident's id shows.
    private static long Milliseconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds();

    private Incident Replace(Incident incident)
    {
        State = State with { OpenIncidents = [.. State.OpenIncidents.Select(each => each.Kind == incident.Kind ? incident : each)] };
        return incident;
    }

    private void Emit(
        TransitionType type, DateTimeOffset at, Incident incident, IReadOnlyList<Change>? changes, IReadOnlyList<Finding>? findings)
    {
        (_incidents ??= []).Add(incident);
        (_transitions ??= []).Add(new Transition(
            IncidentIds.OfTransition(incident.Id, incident.Sequence),
            type,
            at,
            incident,
            EndpointReference.To(endpoint),
            State.Verdict,
            type is TransitionType.Resolved ? null : incident.Failure,
            changes is null ? [] : [.. changes.Take(Transition.MostChanges)],
            ChannelsOf(type, incident))
        {
            Findings = findings is null ? [] : [.. findings.Take(Transition.MostFindings)],
        });
    }

    /// <summary>An escalation is for the step's channels alone; whoever was escalated to hears of all that follows.</summary>
    private IReadOnlyList<string> ChannelsOf(TransitionType type, Incident incident)
    {
        if (incident.Escalations == 0)
            return endpoint.Channels;
        var taken = Policy.Escalate.Take(incident.Escalations);
        return type is TransitionType.Escalated
            ? taken.Last().Channels
            : [.. endpoint.Channels.Concat(taken.SelectMany(step => step.Channels)).Distinct()];
    }
}
