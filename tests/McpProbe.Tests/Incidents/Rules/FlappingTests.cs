using McpProbe.Endpoints;
using McpProbe.Incidents;
using static McpProbe.Tests.Incidents.Watched;

namespace McpProbe.Tests.Incidents.Rules;

/// <summary>An endpoint whose every probe can change its state, probed each minute; more than two changes in ten minutes are flapping.</summary>
public class FlappingTests
{
    private const string ToFlapping = "x!o +.o x!o +~o";

    private static readonly Endpoint Nervous = Everything with
    {
        FailureThreshold = 1,
        SuccessThreshold = 1,
        Alerts = new() { Flapping = new FlappingRule(3, TimeSpan.FromMinutes(10)) },
    };

    [Theory]
    [InlineData(ToFlapping + " x + x + x + x + x +~o x + x", "while it flaps there is one digest a window")]
    [InlineData(ToFlapping + " + + + + + + + + + +.o +", "up for a window: resolved")]
    [InlineData(ToFlapping + " t9m t1m.o", "also when only time passes")]
    [InlineData(ToFlapping + " x x x x x x x x x x~o x~o x x", "down for a window, after a last digest: an outage like any other")]
    [InlineData(ToFlapping + " x x x x x x x x x x~o x~o x +.o", "which resolves as any other")]
    [InlineData(ToFlapping + " + + + + x + + + + +~o + + + + + +.o", "a change begins the window anew")]
    [InlineData("x!o +.o + + + + + + + + x!o +.o", "rare changes are no flapping")]
    public void Judge_Steps_GiveTransitions(string steps, string because) =>
        new Watched(Nervous).Expect(steps, because);

    [Fact]
    public void Judge_Flapping_NamesItsRulesAndCounts()
    {
        var watched = new Watched(Nervous).Expect(ToFlapping + " x + x + + + + + + +~o t1m t1m t1m t1m.o");

        Assert.Equal(
            [
                IncidentRules.FailuresInARow, IncidentRules.SuccessesInARow, IncidentRules.FailuresInARow,
                IncidentRules.Flapping, IncidentRules.FlappingDigest, IncidentRules.Steady,
            ],
            watched.Rules);
        Assert.Contains("4 changes within 10m", watched.Told[3].Incident.Summary, StringComparison.Ordinal);
        Assert.Contains("4 more changes", watched.Told[4].Incident.Summary, StringComparison.Ordinal);
        Assert.Contains("now it is up", watched.Told[4].Incident.Summary, StringComparison.Ordinal);
        Assert.True(watched.Told[4].Incident.Flapping);
        Assert.False(watched.Told[5].Incident.Flapping);
    }

    [Fact]
    public void Judge_StillDownAfterAWindow_IsNoLongerFlapping()
    {
        var watched = new Watched(Nervous).Expect(ToFlapping + " x t10m~o");

        Assert.Equal(IncidentRules.NoLongerFlapping, watched.Told[^1].Incident.Rule);
        Assert.False(watched.State.OpenIncidents[0].Flapping);
        Assert.Contains("nobody listens there", watched.Told[^1].Incident.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_DueAt_IsTheNextDigestOrTheEnd()
    {
        var watched = new Watched(Nervous).Expect(ToFlapping);
        Assert.Equal(watched.Now.AddMinutes(10), watched.State.DueAt);

        watched.Expect("x + x");
        Assert.Equal(watched.Now.AddMinutes(7), watched.State.DueAt);

        watched.Expect("t7m~o");
        Assert.Equal(watched.Now.AddMinutes(3), watched.State.DueAt);
    }

    [Fact]
    public void Judge_PolicySwitchedOff_EndsIt()
    {
        var watched = new Watched(Nervous).Expect(ToFlapping);

        watched.Endpoint = Nervous with { Alerts = new() { Flapping = null } };
        watched.Expect("t1m.o x!o +.o x!o +.o x!o +.o");
    }
}
