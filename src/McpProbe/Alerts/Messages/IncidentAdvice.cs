using McpProbe.Model;

namespace McpProbe.Alerts.Messages;

/// <summary>What to do about an incident, as its alerts say it.</summary>
public static class IncidentAdvice
{
    public static string For(Incident incident) => incident.ResolvedAt is not null
        ? "It is resolved: nothing is left to do."
        : AlertAdvice.For(new Transition(
            IncidentIds.OfTransition(incident.Id, incident.Sequence), TransitionType.Opened, incident.OpenedAt, incident,
            new EndpointReference(incident.EndpointId, incident.EndpointId, Group: null, Url: ""), Verdict.Unknown, incident.Failure, incident.Changes ?? [], []));
}
