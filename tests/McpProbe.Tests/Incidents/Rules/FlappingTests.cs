using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
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
    [InlineData(ToFlapping + " + + + + + t4m t1m.o", "also when only time passes, once enough was seen")]
    [InlineData(ToFlapping + " ? ? ? ? ? ? ? ? ? ? ? + + + + +.o", "who was blind has not seen that it is steady")]
    [InlineData(ToFlapping + " + + t30m + + +.o", "nor who did not look")]
    [InlineData(ToFlapping + " + ? + ? + ? + ? ? +.o", "half of the window is enough")]
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
        Assert.Equal("It goes up and down: 4 changes within 10m. The last failure was: nobody listens there", watched.Told[3].Incident.Summary);
        Assert.Equal("It still goes up and down: 4 more changes since the last alert; now it is up.", watched.Told[4].Incident.Summary);
        Assert.True(watched.Told[4].Incident.Flapping);
        Assert.False(watched.Told[5].Incident.Flapping);
        // Its end is a change too.
        Assert.Equal([watched.Now], watched.State.Outages!.Changes);
    }

    [Fact]
    public void Judge_StillDownAfterAWindow_IsNoLongerFlapping()
    {
        var watched = new Watched(Nervous).Expect(ToFlapping + " x x x x x t6m~o");

        Assert.Equal(IncidentRules.NoLongerFlapping, watched.Told[^1].Incident.Rule);
        Assert.False(watched.State.OpenIncidents[0].Flapping);
        Assert.Equal("It no longer goes up and down, and stays down: nobody listens there", watched.Told[^1].Incident.Summary);
        Assert.Null(watched.State.Outages);
    }

    [Fact]
    public void Judge_Digests_CountFromTheLastOne()
    {
        var watched = new Watched(Nervous).Expect(ToFlapping + " + + + + + + + + x t1m~o");
        Assert.Equal("It still goes up and down: 1 more change since the last alert; now it is down.", watched.Told[^1].Incident.Summary);
        Assert.Equal(0, watched.State.Outages!.Untold);

        watched.Expect("+ x + t7m~o");
        Assert.Equal("It still goes up and down: 3 more changes since the last alert; now it is up.", watched.Told[^1].Incident.Summary);
    }

    [Theory]
    [InlineData("x + + x + + t4m.o", false, "one failure is not down yet")]
    [InlineData("x x + x + x t4m~o t2m~o", true, "nor is one success up")]
    public void Judge_WhileItFlaps_AChangeTakesItsThreshold(string steps, bool down, string because)
    {
        var watched = new Watched(Nervous with { FailureThreshold = 2, SuccessThreshold = 2 }).Expect("x x!o + +.o x x!o + +~o");

        watched.Expect(steps, because);

        Assert.Equal(down ? IncidentRules.NoLongerFlapping : IncidentRules.Steady, watched.Told[^1].Incident.Rule);
    }

    [Fact]
    public void Judge_WhileItFlapsAndNobodyCanTell_IsNoChange()
    {
        var watched = new Watched(Nervous).Expect(ToFlapping + " x");
        Assert.Equal((true, 1), (watched.State.Outages!.Down, watched.State.Outages.Untold));

        watched.Expect("? ?");

        Assert.Equal((true, 1), (watched.State.Outages!.Down, watched.State.Outages.Untold));
    }

    [Theory]
    [InlineData(2, "x!o +.o x!o +~o", "more than two changes")]
    [InlineData(4, "x!o +.o x!o +.o x!o +~o", "more than four")]
    public void Judge_Changes_FlapWhenThereAreMoreThanThePolicySays(int changes, string steps, string because) =>
        new Watched(Nervous with { Alerts = new() { Flapping = new FlappingRule(changes, TimeSpan.FromMinutes(10)) } }).Expect(steps, because);

    [Fact]
    public void Judge_StateOfAnOlderVersion_FlapsOnFromItsOpening()
    {
        var watched = new Watched(Nervous).Expect(ToFlapping);
        watched.State = watched.State with { Outages = null };

        watched.Expect("+ + + + + t4m.o");
    }

    [Fact]
    public void Judge_OutageHeldBackByAMaintenance_IsNoChangeYet()
    {
        var watched = new Watched(Nervous).Expect("m10m x x");

        Assert.Null(watched.State.Outages);
    }

    [Fact]
    public void Judge_WhileItFlaps_IsNotRemindedOfBesidesItsDigests() =>
        new Watched(Nervous with { Alerts = Nervous.Alerts with { RemindEvery = TimeSpan.FromMinutes(2) } }).Expect(ToFlapping + " + + + + + + t1m t1m t1m t1m.o");

    [Fact]
    public void Judge_StaysDownForAnotherReason_TellsThatOne()
    {
        var watched = new Watched(Nervous).Expect(ToFlapping);
        foreach (var _ in Enumerable.Range(0, 5))
            watched.Probe(result => result with { Failure = new Failure(FailureKind.Timeout, Phase.Handshake, "no reply within 10 s") }, 'x');

        watched.Expect("t6m~o");

        Assert.EndsWith("stays down: no reply within 10 s", watched.Told[^1].Incident.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_StaysDownWithoutSayingWhy_TellsWhatWasKnown()
    {
        var watched = new Watched(Nervous).Expect(ToFlapping);
        foreach (var _ in Enumerable.Range(0, 5))
            watched.Probe(result => result with { Failure = null }, 'x');
        watched.Expect("t6m~o");
        Assert.EndsWith("stays down: nobody listens there", watched.Told[^1].Incident.Summary, StringComparison.Ordinal);

        var silent = new Watched(Nervous).Expect(ToFlapping);
        silent.State = silent.State with { OpenIncidents = [silent.State.OpenIncidents[0] with { Failure = null }] };
        foreach (var _ in Enumerable.Range(0, 5))
            silent.Probe(result => result with { Failure = null }, 'x');
        silent.Expect("t6m~o");
        Assert.EndsWith("stays down: the probe failed.", silent.Told[^1].Incident.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_DueAt_IsTheNextDigestOrTheEnd()
    {
        var watched = new Watched(Nervous).Expect(ToFlapping);
        // Time alone ends nothing yet: too little was seen.
        Assert.Null(watched.State.DueAt);

        watched.Expect("x + x");
        Assert.Equal(watched.Now.AddMinutes(7), watched.State.DueAt);

        watched.Expect("t7m~o");
        Assert.Null(watched.State.DueAt);

        watched.Expect("+ + + + +");
        Assert.Equal(watched.Now.AddMinutes(5), watched.State.DueAt);
    }

    [Fact]
    public void Judge_PolicySwitchedOff_EndsIt()
    {
        var watched = new Watched(Nervous).Expect(ToFlapping);

        watched.Endpoint = Nervous with { Alerts = new() { Flapping = null } };
        watched.Expect("t1m.o x!o +.o x!o +.o x!o +.o");
    }
}
