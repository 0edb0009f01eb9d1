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

    [Theory]
    [InlineData(-2, "ended on 2026-11-20 10:01Z, 2 days ago;")]
    [InlineData(-1, "ended on 2026-11-21 10:01Z, 1 day ago;")]
    [InlineData(0, "ends on 2026-11-22 10:01Z, within a day;")]
    [InlineData(1, "ends on 2026-11-23 10:01Z, in 1 day;")]
    [InlineData(2, "ends on 2026-11-24 10:01Z, in 2 days;")]
    public void Judge_Days_AreSaidInWords(int days, string words) =>
        Assert.Contains($" {words} ", Assert.Single(Probe(new Watched(Everything), days)).Incident.Summary, StringComparison.Ordinal);

    [Fact]
    public void Judge_ToldAgain_SaysTheDaysOfNow()
    {
        var watched = new Watched(Everything);
        Probe(watched, 21);

        Assert.Contains("in 7 days", Assert.Single(Probe(watched, 7)).Incident.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_PolicysDaysInAnyOrder_ReachTheSmallest()
    {
        var watched = new Watched(Everything with { Alerts = new() { CertificateDays = [1, 7, 21] } });

        Assert.Equal(IncidentRules.CertificateDays(7), Assert.Single(Probe(watched, 5)).Incident.Rule);
        Assert.Equal(new CertificateWatch(7, Longer: 0), watched.State.Certificate);
    }

    [Fact]
    public void Judge_SeveralLocations_CountASlotOnce()
    {
        var watched = new Watched(Everything);
        Probe(watched, 21);

        Probe(watched, 90);
        Assert.Equal(new CertificateWatch(21, Longer: 1) { Slot = watched.Now }, watched.State.Certificate);
        Assert.Empty(ProbeAt(watched, "B", 90));
        Assert.Equal(1, watched.State.Certificate!.Longer);
        // While a short one ends the row, whoever sees it.
        Assert.Empty(ProbeAt(watched, "C", 21));
        Assert.Equal(0, watched.State.Certificate!.Longer);

        Probe(watched, 90);
        Assert.Equal(IncidentRules.CertificateRenewed, Assert.Single(Probe(watched, 90)).Incident.Rule);
        Assert.Null(watched.State.Certificate);
    }

    [Fact]
    public void Judge_Maintenance_RemembersNothingAsTold()
    {
        var watched = new Watched(Everything);
        watched.Expect("m10m");
        Probe(watched, 6);
        Assert.Null(watched.State.Certificate);
    }

    [Fact]
    public void Judge_NoLongerWatchedInAMaintenance_CountsNothing()
    {
        var watched = new Watched(Everything);
        Probe(watched, 6);
        watched.Expect("m10m");
        watched.Endpoint = Everything with { Insecure = true };

        Probe(watched, 90);

        Assert.Equal(0, watched.State.Certificate!.Longer);
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
        Assert.Null(watched.State.Certificate);
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

    private static IReadOnlyList<Transition> Probe(Watched watched, int days, string? first = null) =>
        watched.Probe(result => result with { Certificate = Certificate(watched, days) with { ExpiresFirst = first } });

    private static IReadOnlyList<Transition> ProbeAt(Watched watched, string location, int days) =>
        watched.Judge(watched.Observe(watched.Now, location, Result('+', watched.Now) with { Certificate = Certificate(watched, days) }));

    private static CertificateInfo Certificate(Watched watched, int days) => new("CN=example.com", "CN=Test", watched.Now.AddDays(days), days);
}
