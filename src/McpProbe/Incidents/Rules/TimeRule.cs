using McpProbe.Model;

namespace McpProbe.Incidents.Rules;

/// <summary>What time does to open incidents: they are told again and to more people. And when it will do something next.</summary>
internal static class TimeRule
{
    internal static void Reconcile(Judging judging)
    {
        // The list is replaced, not changed, by what is told.
        foreach (var incident in judging.State.OpenIncidents)
            Reconcile(judging, incident);

        var due = Earliest(UnknownRule.DueAt(judging), ObjectiveRule.DueAt(judging));
        foreach (var incident in judging.State.OpenIncidents)
            due = Earliest(due, Earliest(OutageRule.DueAt(judging, incident), Earliest(ReminderAt(judging, incident), EscalationAt(judging, incident))));
        judging.Plan(due);
    }

    /// <summary>Where the other rules were not asked: what a maintenance holds back is still told at its end.</summary>
    internal static void ReconcileAlone(Judging judging)
    {
        var before = judging.State.DueAt;
        Reconcile(judging);
        // What was due by now has been done.
        if (before > judging.At && !(judging.State.DueAt <= before))
            judging.State = judging.State with { DueAt = before };
    }

    private static void Reconcile(Judging judging, Incident incident)
    {
        while (EscalationAt(judging, incident) <= judging.At && judging.Escalate(WithNewestFailure(judging, incident)))
            incident = judging.Find(incident.Kind)!;
        if (ReminderAt(judging, incident) <= judging.At)
            judging.Remind(WithNewestFailure(judging, incident), IncidentRules.StillOpen);
    }

    private static Incident WithNewestFailure(Judging judging, Incident incident) =>
        incident.Kind is IncidentKind.Outage && judging.Probe?.Result is { Verdict: Verdict.Down, Failure: { } failure }
            ? incident with { Failure = failure }
            : incident;

    // A flapping incident has its digests.
    private static DateTimeOffset? ReminderAt(Judging judging, Incident incident) =>
        incident.Flapping ? null : NotBefore(judging, incident, (incident.ToldAt ?? incident.OpenedAt) + judging.Policy.RemindEvery);

    private static DateTimeOffset? EscalationAt(Judging judging, Incident incident) =>
        incident.Escalations < judging.Policy.Escalate.Count
            ? NotBefore(judging, incident, incident.OpenedAt + judging.Policy.Escalate[incident.Escalations].After)
            : null;

    /// <summary>Not while somebody has the incident: what fell due meanwhile is told when that ends.</summary>
    internal static DateTimeOffset? NotBefore(Judging judging, Incident incident, DateTimeOffset? due) =>
        incident.AcknowledgementAt(judging.At) is { } stands && due < stands.Until ? stands.Until : due;

    private static DateTimeOffset? Earliest(DateTimeOffset? first, DateTimeOffset? second) =>
        first is null || second < first ? second : first;
}
