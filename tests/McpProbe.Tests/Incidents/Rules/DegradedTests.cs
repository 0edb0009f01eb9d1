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
    public void Judge_CertificateBudgetAlone_IsTheCertificatesBusiness(string failed, string? alsoFailed, int opened)
    {
        var watched = new Watched(Everything);
        for (var i = 0; i < 5; i++)
            watched.Probe(result => result with { Conditions = [.. new[] { failed, alsoFailed }.OfType<string>().Select(name => new ConditionResult(name, false))] }, 's');

        Assert.Equal(opened, watched.Told.Count);
    }

    [Theory]
    [InlineData(400, 20, 200, 200, true, "twice as long, and 200 ms longer")]
    [InlineData(399, 20, 200, 200, false, "not quite twice as long")]
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
            Assert.Contains("400 ms, in the 7 days before up to 200 ms", told[0].Incident.Summary, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Judge_SeveralCauses_AreOneIncidentThatLastsAsLongAsAny()
    {
        var watched = new Watched(Everything).Expect("+");
        Assert.Single(watched.Judge(Latency(watched, 500)));
        Assert.Empty(watched.Judge(Latency(watched, 900)));

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

    private static LatencyMeasured Latency(Watched watched, double hour) => new(watched.Now, hour, 60, 200, 5000);
}
