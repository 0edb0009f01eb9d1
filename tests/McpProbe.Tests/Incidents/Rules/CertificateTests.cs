using McpProbe.Incidents;
using McpProbe.Model;
using static McpProbe.Tests.Incidents.Watched;

namespace McpProbe.Tests.Incidents.Rules;

/// <summary>A step is the days that the certificate has left, then what it made.</summary>
public class CertificateTests
{
    [Theory]
    [InlineData("22 21! 21 20 8 7~ 7 2 1~ 0 -1", "certificate-21-days certificate-7-days certificate-1-days", "once at each of the policy's days")]
    [InlineData("90 5! 5", "certificate-7-days", "the step that was reached")]
    [InlineData("21! 90 90. 90", "certificate-21-days certificate-renewed", "two longer ones in a row resolve")]
    [InlineData("21! 90 21 90 90.", "certificate-21-days certificate-renewed", "not two replicas in turns")]
    [InlineData("1! 90 90. 1!", "certificate-1-days certificate-renewed certificate-1-days", "and it can open again")]
    public void Judge_Days_GiveTransitions(string steps, string rules, string because)
    {
        var watched = new Watched(Everything);
        var seen = new List<string>();
        foreach (var step in steps.Split(' '))
        {
            var days = step.TrimEnd('!', '~', '.');
            seen.Add(days + string.Concat(Probe(watched, int.Parse(days, System.Globalization.CultureInfo.InvariantCulture))
                .Select(each => each.Type switch { TransitionType.Opened => '!', TransitionType.Resolved => '.', _ => '~' })));
        }

        Assert.True(steps == string.Join(' ', seen), $"{because}: {string.Join(' ', seen)}");
        Assert.Equal(rules, string.Join(' ', watched.Rules));
    }

    [Fact]
    public void Judge_Opened_SaysWhichAndWhen()
    {
        var opened = Assert.Single(Probe(new Watched(Everything), 5));

        Assert.Equal(
            "The TLS certificate of CN=example.com ends on 2026-11-27 10:01Z, in 5 days; renew it before clients refuse it.",
            opened.Incident.Summary);
        Assert.Equal(
            "The intermediate certificate CN=R11 that the TLS certificate of CN=example.com depends on ends on 2026-11-27 10:01Z, in 5 days; renew it before clients refuse it.",
            Assert.Single(Probe(new Watched(Everything), 5, "intermediate certificate CN=R11")).Incident.Summary);
        Assert.Contains("ended on", Assert.Single(Probe(new Watched(Everything), -2)).Incident.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_NoCertificateOrNobodyCares_IsNoIncident()
    {
        Assert.Empty(Probe(new Watched(Everything with { Insecure = true }), 1));
        Assert.Empty(Probe(new Watched(Everything with { Alerts = new() { CertificateDays = [] } }), 1));
        new Watched(Everything).Expect("+ x +");

        var watched = new Watched(Everything);
        Probe(watched, 1);
        watched.Endpoint = Everything with { Insecure = true };
        Assert.Equal(IncidentRules.SwitchedOff, Assert.Single(Probe(watched, 1)).Incident.Rule);
    }

    [Fact]
    public void Judge_Maintenance_TellsWhatStandsAfterIt()
    {
        var watched = new Watched(Everything);
        watched.Expect("m10m");
        Assert.Empty(Probe(watched, 6));
        watched.Expect("t9m");
        Assert.Single(Probe(watched, 6));

        watched.Expect("m10m");
        Assert.Empty(Probe(watched, 1));
        Assert.Empty(Probe(watched, 90));
        Assert.Empty(Probe(watched, 90));
        watched.Expect("t7m.c");
    }

    private static IReadOnlyList<Transition> Probe(Watched watched, int days, string? first = null) => watched.Probe(result => result with
    {
        Certificate = new CertificateInfo("CN=example.com", "CN=Test", watched.Now.AddDays(days), days) { ExpiresFirst = first },
    });
}
