using McpProbe.Incidents;
using McpProbe.Model;
using static McpProbe.Tests.Incidents.Watched;

namespace McpProbe.Tests.Incidents.Rules;

public class DegradedTests
{
    [Fact]
    public void Judge_BudgetExceededInARow_SaysWhichAndByHowMuch()
    {
        var opened = new Watched(Everything).Expect("s s s!l").Told[0];

        Assert.Equal(IncidentRules.BudgetExceededInARow, opened.Incident.Rule);
        Assert.Equal("the handshake took 300 ms of the 200 ms allowed", opened.Incident.Summary);
        Assert.Equal(FailureKind.Budget, opened.Failure?.Kind);
        Assert.Equal(Verdict.Degraded, opened.Verdict);
    }

    [Theory]
    [InlineData("certificate-days", null, 0)]
    [InlineData("budget-total", null, 1)]
    [InlineData("certificate-days", "budget-total", 1)]
    [InlineData("certificate-days", "+budget-total", 0)]
    [InlineData("+certificate-days", "budget-total", 1)]
    [InlineData("+certificate-days", "+budget-total", 1)]
    public void Judge_CertificateBudgetAlone_IsTheCertificatesBusiness(string failed, string? alsoFailed, int opened)
    {
        var watched = new Watched(Everything);
        for (var i = 0; i < 5; i++)
            watched.Probe(result => result with { Conditions = [.. new[] { failed, alsoFailed }.OfType<string>().Select(name => new ConditionResult(name.TrimStart('+'), name[0] == '+'))] }, 's');

        Assert.Equal(opened, watched.Told.Count);
    }

    [Theory]
    [InlineData(400, 20, 200, 200, true, "twice as long, and 200 ms longer")]
    [InlineData(399, 20, 200, 200, false, "not quite twice as long")]
    [InlineData(200, 20, 100, 200, true, "twice as long, and just 100 ms longer")]
    [InlineData(180, 20, 90, 200, false, "twice as long, but only 90 ms longer")]
    [InlineData(400, 19, 200, 200, false, "too few samples in the hour")]
    [InlineData(400, 20, 200, 199, false, "too few samples in the week")]
    public void Judge_LatencyMeasured_OpensWhenItRegressed(double hour, long hourSamples, double week, long weekSamples, bool opens, string because)
    {
        var watched = new Watched(Everything).Expect("+");

        var told = watched.Judge(new LatencyMeasured(watched.Now, hour, hourSamples, week, weekSamples));

        Assert.True(told.Count == (opens ? 1 : 0), because);
        if (opens)
        {
            Assert.Equal((IncidentKind.Degraded, IncidentRules.P95Regression), (told[0].Incident.Kind, told[0].Incident.Rule));
            Assert.Contains($"{hour} ms, in the 7 days before up to {week} ms", told[0].Incident.Summary, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Judge_SeveralCauses_AreOneIncidentThatLastsAsLongAsAny()
    {
        var watched = new Watched(Everything).Expect("+");
        Assert.Single(watched.Judge(Latency(watched, 500)));
        Assert.Empty(watched.Judge(Latency(watched, 900)));
        Assert.Equal(500, watched.State.Regression!.HourP95); // the hour that it began with

        watched.Expect("s s s s + +");
        Assert.Empty(watched.Judge(new LatencyMeasured(watched.Now, 1, 5, 200, 5000)));
        watched.Expect("s s s");
        Assert.Empty(watched.Judge(Latency(watched, 300)));
        watched.Expect("+ +.l");

        Assert.Equal([IncidentRules.P95Regression, IncidentRules.WithinLimitsAgain], watched.Rules);
    }

    [Fact]
    public void Judge_LatencyPolicyOff_IgnoresIt()
    {
        var watched = new Watched(Everything with { Alerts = new() { Latency = null } }).Expect("+");

        Assert.Empty(watched.Judge(Latency(watched, 5000)));
    }

    [Fact]
    public void Judge_LatencyPolicySwitchedOffLater_EndsIt()
    {
        var watched = new Watched(Everything).Expect("+");
        Assert.Single(watched.Judge(Latency(watched, 500)));

        watched.Endpoint = Everything with { Alerts = new() { Latency = null } };

        watched.Expect("+.l + +");
        Assert.NotNull(watched.State.Regression);
    }

    [Theory]
    [InlineData("s!l + +.l", 1, "one slow probe is enough where the policy says so")]
    [InlineData("s s s!l + x +.l", 3, "a failure in between is none of its speed")]
    public void Judge_Slow_HoldsUntilItIsSwiftAgain(string steps, int threshold, string because) =>
        new Watched(Everything with { FailureThreshold = threshold }).Expect(steps, because);

    [Fact]
    public void Judge_ThresholdsRaisedWhileDegraded_IsNoRecovery()
    {
        var slow = new Watched(Everything).Expect("s s s!l");
        slow.Endpoint = Everything with { FailureThreshold = 5, SuccessThreshold = 3 };
        slow.Expect("+ + s + + +.l");

        var down = new Watched(Everything).Expect("[x+] [x+] [x+]!l");
        down.Endpoint = slow.Endpoint;
        down.Expect("[++] [++] [++].l");
    }

    [Theory]
    [InlineData("m7m [s+] [s+] [s+] [?+] [?+] t2m t1m", "it was slow in a maintenance, and nobody sees it there any more")]
    [InlineData("[s+] [s+] [s+]!l [?+] [?+].l", "nor does what nobody sees any more keep it open")]
    public void Judge_SlowAtALocationThatFellSilent_DoesNotCount(string steps, string because) => new Watched(Everything).Expect(steps, because);

    [Fact]
    public void Judge_ProbesThatDoNotSayWhy_AreToldAllTheSame()
    {
        var slow = new Watched(Everything with { FailureThreshold = 1 });
        Assert.Equal("The server works, outside its budgets.", Assert.Single(slow.Probe(result => result with { Failure = null }, 's')).Incident.Summary);

        var down = new Watched(Everything with { FailureThreshold = 1 });
        Assert.Equal("The probe failed.", Assert.Single(down.Probe(result => result with { Failure = null }, 'x')).Incident.Summary);

        var some = new Watched(Everything with { FailureThreshold = 1 }).Expect("[++]");
        some.Now += some.Endpoint.Interval;
        var told = some.Judge(some.Observe(some.Now, "A", Result('x', some.Now) with { Failure = null }));
        Assert.Equal("Down at 1 of 2 locations (A): the probe failed.", Assert.Single(told).Incident.Summary);
    }

    private static LatencyMeasured Latency(Watched watched, double hour) => new(watched.Now, hour, 60, 200, 5000);
}
