using McpProbe.Alerts.Messages;
using McpProbe.Model;

namespace McpProbe.Tests.Alerts.Messages;

/// <summary>A report goes the way of alerts, and reads as a report, also where it is gathered with them.</summary>
public class ReportMessageTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 1, 2, 5, 0, TimeSpan.Zero);

    private static readonly ReportDigest Digest = new(
        "Uptime report of October 2026", "2 endpoints: uptime 99.9 %, coverage 100 %, 1 outage of 42 min. 1 objective was missed.",
        ["Payments: 99.723 %, objective 99.9 % missed, 1 outage of 42 min", "Docs <b>: 100 %, no outage"], 3, "/reports?from=2026-10-01&to=2026-10-31&zone=UTC");

    [Fact]
    public void Mail_OfAReport_HasItsFiguresAndTheLink()
    {
        var mail = AlertMail.Of(AlertMessage.Of(Alert.Of(Report()), new Uri("https://probe.example.com/")));

        Assert.Contains("Uptime report of October 2026", mail.Subject, StringComparison.Ordinal);
        Assert.Contains("1 objective was missed.", mail.Text, StringComparison.Ordinal);
        Assert.Contains("Payments: 99.723 %, objective 99.9 % missed, 1 outage of 42 min", mail.Text, StringComparison.Ordinal);
        Assert.Contains("and 3 more", mail.Text, StringComparison.Ordinal);
        Assert.Contains("https://probe.example.com/reports?from=2026-10-01&to=2026-10-31&zone=UTC", mail.Text, StringComparison.Ordinal);
        Assert.Contains("Docs &lt;b&gt;: 100 %", mail.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("error budget", mail.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Mail_OfAReportAmongAlerts_HasBoth()
    {
        var alert = SampleAlerts.Transitions().First(each => each.Type is TransitionType.Opened);
        var mail = AlertMail.Of(AlertMessage.Of(new Alert("id", [alert, Report()]), pages: null));
        var alone = AlertMail.Of(AlertMessage.Of(Alert.Of(alert), pages: null));

        Assert.Equal(alone.Subject, mail.Subject);
        Assert.Contains("Payments: 99.723 %", mail.Text, StringComparison.Ordinal);
        Assert.Contains("Uptime report of October 2026", mail.Text, StringComparison.Ordinal);
    }

    private static Transition Report()
    {
        var incident = new Incident("mail_slo_20261001T000000000Z", "mail", IncidentKind.Slo, At, null, "monthly-report", 1, "The report of October 2026.") { Severity = IncidentSeverity.Info };
        return new Transition(
            IncidentIds.OfTransition(incident.Id, 1), TransitionType.Opened, At, incident, new EndpointReference("mail", "McpProbe", "McpProbe reports", "its reports"),
            Verdict.Unknown, null, [], ["mail"])
        {
            Report = Digest,
        };
    }
}
