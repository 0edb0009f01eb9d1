using McpProbe.Model;

namespace McpProbe.Functions.Tests.Alerts;

internal static class Samples
{
    internal static readonly DateTimeOffset Now = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    internal static Transition Transition(params string[] channels)
    {
        var incident = new Incident(
            IncidentIds.Of("every.thing", IncidentKind.Outage, Now), "every.thing", IncidentKind.Outage, Now, ResolvedAt: null,
            "failures-in-a-row", Sequence: 1, "nobody listens there");
        return new Transition(
            IncidentIds.OfTransition(incident.Id, 1), TransitionType.Opened, Now, incident,
            new EndpointReference("every.thing", "Every thing", null, "http://127.0.0.1:3001/mcp"), Verdict.Down,
            new Failure(FailureKind.Refused, Phase.Connect, "nobody listens there"), Array.Empty<Change>(), channels);
    }
}
