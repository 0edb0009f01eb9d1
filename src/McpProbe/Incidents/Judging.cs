using System.Text.Json;
using McpProbe.Endpoints;
using McpProbe.Incidents.Rules;
using McpProbe.Model;

namespace McpProbe.Incidents;

/// <summary>
/// One judging in progress: first the state learns what happened, then each rule compares what should be open with what is.
/// Only this makes transitions.
/// </summary>
/// <remarks>A little longer than other files: whatever makes a transition stands together, so that no rule can make one in another way.</remarks>
internal sealed class Judging(EndpointState before, EndpointEvent occurred, Endpoint endpoint)
{
    private const int LongestValue = 500;

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

    /// <summary>The counts that are judged, if that is what happened.</summary>
    internal BudgetMeasured? Measured => occurred as BudgetMeasured;

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

    /// <param name="since">The first failed slot; null for this one.</param>
    /// <param name="worst">The worst class of the changes; null to look at <paramref name="changes"/>.</param>
    /// <param name="severity">Where neither kind nor changes say it.</param>
    /// <returns>False when it is held back.</returns>
    internal bool Open(
        IncidentKind kind, string rule, string summary, Failure? failure = null,
        IReadOnlyList<Change>? changes = null, IReadOnlyList<Finding>? findings = null,
        DateTimeOffset? since = null, ChangeClass? worst = null, IncidentSeverity? severity = null)
    {
        if (Holds())
            return false;
        var at = StampOpening(kind);
        worst ??= WorstOf(changes);
        var incident = new Incident(IncidentIds.Of(endpoint.Id, kind, at), endpoint.Id, kind, at, ResolvedAt: null, rule, Sequence: 1, summary)
        {
            Failure = failure,
            Opening = new IncidentOpening(rule, summary, failure, since < at ? since : at),
            Severity = severity ?? IncidentSeverities.Of(kind, worst),
            Class = worst,
            Changes = Kept(changes),
            Findings = Kept(findings),
            ToldAt = at,
        };
        State = State with { OpenIncidents = [.. State.OpenIncidents, incident] };
        Emit(TransitionType.Opened, at, incident, changes, findings);
        return true;
    }

    /// <param name="incident">As it was, with what is new.</param>
    /// <param name="changes">What it is about now; null for what it was about before.</param>
    /// <param name="findings"><inheritdoc cref="Remind" path="/param[@name='changes']"/></param>
    /// <param name="worst"><inheritdoc cref="Open" path="/param[@name='worst']"/></param>
    /// <param name="severity"><inheritdoc cref="Open" path="/param[@name='severity']"/></param>
    /// <param name="worse">It got worse, whatever its severity: who has taken it on did not know of this.</param>
    internal bool Remind(
        Incident incident, string rule, IReadOnlyList<Change>? changes = null, IReadOnlyList<Finding>? findings = null,
        ChangeClass? worst = null, bool worse = false, IncidentSeverity? severity = null)
    {
        if (Holds())
            return false;
        var at = Stamp(incident);
        var known = Complete(incident);
        worst ??= WorstOf(changes);
        severity ??= IncidentSeverities.Of(incident.Kind, worst ?? known.Class);
        var reminded = known with
        {
            Rule = rule,
            Sequence = incident.Sequence + 1,
            ToldAt = at,
            Severity = severity > known.Severity ? severity : known.Severity,
            Class = worst > known.Class || known.Class is null ? worst ?? known.Class : known.Class,
            Changes = changes is null ? known.Changes : Kept(changes),
            Findings = findings is null ? known.Findings : Kept(findings),
        };
        if (worse || severity > known.Severity)
            reminded = AcknowledgementRule.End(reminded, at, AcknowledgementEnd.Worse);
        Emit(TransitionType.Reminded, at, Replace(reminded), changes ?? known.Changes, findings ?? known.Findings);
        return true;
    }

    /// <summary>Takes the policy's next step for the incident.</summary>
    internal bool Escalate(Incident incident)
    {
        if (Holds())
            return false;
        var at = Stamp(incident);
        var escalated = Complete(incident) with
        {
            Rule = IncidentRules.OpenTooLong,
            Sequence = incident.Sequence + 1,
            Escalations = incident.Escalations + 1,
        };
        Emit(TransitionType.Escalated, at, Replace(escalated), escalated.Changes, escalated.Findings);
        return true;
    }

    internal bool Resolve(Incident incident, string rule)
    {
        if (Holds())
            return false;
        var at = Stamp(incident);
        var resolved = Complete(incident) with { ResolvedAt = at, Rule = rule, Sequence = incident.Sequence + 1, ToldAt = at, Flapping = false };
        State = State with { OpenIncidents = [.. State.OpenIncidents.Where(each => each.Kind != incident.Kind)] };
        Emit(TransitionType.Resolved, at, resolved, changes: null, findings: null);
        return true;
    }

    /// <summary>
    /// Tells who has an incident, or that nobody has, to whoever hears of it; in a maintenance as well, since a person did it. It is no
    /// reminder: the next one falls due as it did.
    /// </summary>
    /// <param name="incident">As it is now.</param>
    internal void HandOver(Incident incident)
    {
        var at = Stamp(incident);
        var isTaken = incident.AcknowledgementAt(At) is not null;
        var told = Complete(incident) with
        {
            Rule = isTaken ? IncidentRules.Acknowledged : IncidentRules.Unacknowledged,
            Sequence = incident.Sequence + 1,
            Handovers = incident.Handovers + 1,
        };
        Emit(isTaken ? TransitionType.Acknowledged : TransitionType.Unacknowledged, at, Replace(told), told.Changes, told.Findings);
    }

    /// <summary>Changes an open incident without telling anybody.</summary>
    internal void Amend(Incident incident) => (_incidents ??= []).Add(Replace(incident with { Revision = incident.Revision + 1 }));

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

    /// <summary>An incident that an older version opened, with what can still be told of its opening.</summary>
    private Incident Complete(Incident incident)
    {
        if (incident is { Opening: not null, Severity: not null })
            return incident;
        var worst = incident.Class
            ?? (incident.Kind is IncidentKind.Drift ? CatalogRule.ClassOf(incident.Rule) ?? State.Drifted?.Class : null);
        var rule = incident switch
        {
            { Sequence: 1 } => incident.Rule,
            { Kind: IncidentKind.Drift } when worst is not null => CatalogRule.RuleOf(worst),
            { Kind: IncidentKind.Gated } when State.Access is { } access => AccessRule.RuleOf(access),
            _ => null,
        };
        return incident with
        {
            Opening = incident.Opening ?? (rule is null ? null : new IncidentOpening(rule, incident.Summary, incident.Failure)),
            Severity = incident.Severity ?? IncidentSeverities.Of(incident.Kind, worst),
            Class = worst,
        };
    }

    private static ChangeClass? WorstOf(IReadOnlyList<Change>? changes) =>
        changes is { Count: > 0 } ? changes.Max(change => change.Class) : null;

    private static IReadOnlyList<Change>? Kept(IReadOnlyList<Change>? changes) => changes is { Count: > 0 }
        ? [.. changes.Take(Incident.MostKept).Select(change => change with { Before = Short(change.Before), After = Short(change.After) })]
        : null;

    private static IReadOnlyList<Finding>? Kept(IReadOnlyList<Finding>? findings) =>
        findings is { Count: > 0 } ? [.. findings.Take(Incident.MostKept)] : null;

    private static JsonElement? Short(JsonElement? value) => value?.GetRawText().Length > LongestValue ? null : value;

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
        // Where the definition cannot be read, those that the last one named that could.
        var own = endpoint.HasTarget || endpoint.Channels.Count > 0 ? endpoint.Channels : State.Channels ?? [];
        if (incident.Escalations == 0)
            return own;
        var taken = Policy.Escalate.Take(incident.Escalations);
        return type is TransitionType.Escalated
            ? taken.Last().Channels
            : [.. own.Concat(taken.SelectMany(step => step.Channels)).Distinct()];
    }
}
