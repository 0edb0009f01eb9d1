using McpProbe.Alerts.Channels;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Alerts.Messages;

/// <summary>The alert that tests a channel. It says of itself that it is a test, and leaves nothing open at the receiver.</summary>
public static class SampleAlert
{
    /// <summary>The rule of its transition: no real incident has it.</summary>
    public const string Rule = "test-alert";

    private const string EndpointId = "test-alert";

    public static Transition Of(Channel channel, DateTimeOffset now)
    {
        var incident = new Incident(
            IncidentIds.Of(EndpointId, IncidentKind.Outage, now), EndpointId, IncidentKind.Outage, now, ResolvedAt: null, Rule, Sequence: 1,
            $"This is a test of the channel '{channel.Name}': nothing is wrong, and nothing is to be done.");
        return new Transition(
            IncidentIds.OfTransition(incident.Id, incident.Sequence), TransitionType.Opened, now, incident,
            new EndpointReference(EndpointId, "Test alert", Group: null, "https://mcp.example.com/mcp"), Verdict.Unknown,
            Failure: null, [], [channel.Name]);
    }

    public static bool Is(Transition transition) => transition.Incident.Rule == Rule;

    internal static AlertMessage Message(Transition transition, Uri? pages, AlertTimes times) => new(
        "Test alert from McpProbe",
        AlertSeverity.Info,
        ForeignText.OneLine(transition.Incident.Summary, most: 600),
        [],
        Advice: null,
        [new AlertFact("Sent", times.Instant(transition.At))],
        pages is null ? null : new AlertLink("Open McpProbe", new Uri(pages, "/")));
}
