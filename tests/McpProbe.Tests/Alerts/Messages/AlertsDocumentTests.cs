using McpProbe.Alerts.Messages;
using McpProbe.Model;

namespace McpProbe.Tests.Alerts.Messages;

/// <summary>docs/alerts.md shows the messages that the code makes.</summary>
public class AlertsDocumentTests
{
    private static readonly DateTimeOffset Night = new(2026, 11, 22, 3, 12, 0, TimeSpan.Zero);

    internal static Alert Outage { get; } = Alert.Of(Of(
        "search", IncidentKind.Outage, "failures-in-a-row",
        "gateway.example.com:443 answered 503 Service Unavailable to initialize; look at what stands in front of the server.") with
    {
        Failure = new Failure(
            FailureKind.HttpStatus, Phase.Handshake,
            "gateway.example.com:443 answered 503 Service Unavailable to initialize; look at what stands in front of the server.", 503),
    });

    internal static Alert Drift { get; } = Alert.Of(Of(
        "search", IncidentKind.Drift, "catalog-changed-breaking",
        "The catalogue changed (2 breaking, 1 warning): The argument 'tenant' of the tool 'search' is required now.") with
    {
        Verdict = Verdict.Healthy,
        Changes =
        [
            new(ChangeClass.Breaking, "input-required-added", "search", "/inputSchema/required", null, null, "The argument 'tenant' of the tool 'search' is required now."),
            new(ChangeClass.Breaking, "tool-removed", "suggest", "", null, null, "The tool 'suggest' is gone; calls of it will fail."),
            new(ChangeClass.Warning, "description-changed", "search", "/description", null, null, "A description changed; models choose tools and fill in arguments by it."),
        ],
    });

    internal static Alert Gathered { get; } = new(
        "gathered", [.. new[] { "search", "fetch", "notes", "billing" }.Select(id => Of(id, IncidentKind.Outage, "failures-in-a-row", Outage.Transitions[0].Incident.Summary))]);

    internal static IEnumerable<(string Name, string Text)> Examples
    {
        get
        {
            AlertMessage Message(Alert alert) => AlertMessage.Of(alert, SampleAlerts.Pages);
            yield return ("mail", $"Subject: {AlertMail.Of(Message(Outage)).Subject}\n\n{AlertMail.Of(Message(Outage)).Text}");
            yield return ("slack", Rendered.Slack(Message(Drift)));
            yield return ("teams", Rendered.Teams(Message(Drift)));
            yield return ("discord", Rendered.Discord(Message(Outage)));
            yield return ("ntfy", Rendered.Ntfy(Message(Gathered)));
            yield return ("pagerduty", Rendered.PagerDuty(Outage, Message(Outage)));
        }
    }

    [Fact]
    public void Document_Examples_AreWhatTheChannelsSay()
    {
        var document = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "alerts.md"));

        Assert.All(Examples, example => Assert.Contains($"```text\n{example.Text.TrimEnd('\n')}\n```", document, StringComparison.Ordinal));
    }

    private static Transition Of(string id, IncidentKind kind, string rule, string summary)
    {
        var incident = new Incident(IncidentIds.Of(id, kind, Night), id, kind, Night, ResolvedAt: null, rule, Sequence: 1, summary);
        var name = char.ToUpperInvariant(id[0]) + id[1..];
        return new Transition(
            IncidentIds.OfTransition(incident.Id, 1), TransitionType.Opened, Night, incident,
            new EndpointReference(id, name, Group: null, $"https://gateway.example.com/{id}/mcp"), Verdict.Down, Failure: null, [], ["ops"]);
    }
}
