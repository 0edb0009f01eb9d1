using McpProbe.Model;

namespace McpProbe.Tests.Alerts;

/// <summary>What the alert tests share: a transition.</summary>
internal static class Alerting
{
    internal static readonly DateTimeOffset Now = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    internal static Transition Transition(int sequence = 1, string endpoint = "every.thing", string url = "http://127.0.0.1:3001/mcp")
    {
        var incident = new Incident(
            IncidentIds.Of(endpoint, IncidentKind.Outage, Now), endpoint, IncidentKind.Outage, Now,
            sequence > 1 ? Now.AddMinutes(5) : null, "failures-in-a-row", sequence, "nobody listens there");
        return new Transition(
            IncidentIds.OfTransition(incident.Id, sequence),
            sequence > 1 ? TransitionType.Resolved : TransitionType.Opened,
            Now, incident, new EndpointReference(endpoint, "Every <thing>", null, url), Verdict.Down,
            new Failure(FailureKind.Refused, Phase.Connect, "nobody listens there"), [], ["ops"]);
    }
}
