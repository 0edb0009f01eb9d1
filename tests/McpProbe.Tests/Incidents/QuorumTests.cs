using McpProbe.Incidents;
using McpProbe.Model;
using static McpProbe.Tests.Incidents.Watched;

namespace McpProbe.Tests.Incidents;

/// <summary>Several locations; in brackets what each of them, A, B and C, saw in a slot.</summary>
public class QuorumTests
{
    [Theory]
    [InlineData(null, "[xx] [xx] [xx]!o [xx] [++] [++].o", "both see it down, then both up; no warning comes before the alarm")]
    [InlineData(null, "[x+] [x+] [x+]!l [x+] [++] [++].l", "one alone of two is a warning")]
    [InlineData(null, "[x+] [x+] [x+]!l [xx] [xx] [xx]!o.l", "which becomes an outage with the second")]
    [InlineData(null, "[xx] [xx] [xx]!o [+x] [+x].o!l [++] [++].l", "and is one again when the first recovers")]
    [InlineData(null, "[xx+] [xx+] [xx+]!o [xx+] [+x+] [+x+].o!l", "two of three are more than half")]
    [InlineData(null, "[x++] [x++] [x++]!l", "one of three is not")]
    [InlineData(1, "[x++] [x++] [x++]!o [+++] [+++].o", "unless the policy asks for one only")]
    [InlineData(3, "[xx+] [xx+] [xx+]!l [xxx] [xxx] [xxx]!o.l", "or for all")]
    [InlineData(3, "x x x!o", "or for the only one")]
    [InlineData(3, "[xx] [xx] [xx]!o", "of those that report, at most")]
    [InlineData(null, "[xx] [xx] [xx]!o [x-] [x-] [+-] [+-].o", "who reports no more does not block a recovery")]
    [InlineData(null, "[x+] [x+] [x+]!l [x-]!o.l [x-]", "nor the quorum")]
    [InlineData(null, "[x+] [x+] [x+]!l [-+].l [-+]", "nor is its trouble a warning any more")]
    [InlineData(null, "[x+] [x+] [x+]!l [-+].l [x+]!l [++] [++].l", "what it saw before it fell silent still counts when it is back")]
    [InlineData(null, "[x?] [x?] [x?]!o [+?] [+?].o", "whose prober is offline does not report")]
    [InlineData(null, "[xx] [xx] [xx]!o [??] [??] [++] [++].o", "while nobody can tell nothing changes")]
    [InlineData(null, "[++] [gg] [gg] [gg]!g [++] [++].g", "a slot counts once, however many locations see it")]
    [InlineData(null, "[++] [g+] [g+] [g+] [g+] [g+]", "and access that depends on where one asks from is no change")]
    [InlineData(null, "[sx] [s+] [s+]!l [s+] [++] [++].l", "slow at one location is a degradation")]
    public void Judge_Rounds_GiveTransitions(int? quorum, string rounds, string because) =>
        new Watched(Everything with { Alerts = new() { Quorum = quorum } }).Expect(rounds, because);

    [Theory]
    [InlineData("[x+]", Verdict.Degraded)]
    [InlineData("[xx]", Verdict.Down)]
    [InlineData("[x?]", Verdict.Down)]
    [InlineData("[gs]", Verdict.Gated)]
    [InlineData("[s+]", Verdict.Degraded)]
    [InlineData("[??]", Verdict.Unknown)]
    [InlineData("[x+] [-+]", Verdict.Healthy)]
    public void Judge_Rounds_GiveAVerdictOverLocations(string rounds, Verdict expected) =>
        Assert.Equal(expected, new Watched(Everything).Expect(rounds).State.Verdict);

    [Fact]
    public void Judge_DownAtSome_NamesThem()
    {
        var watched = new Watched(Everything).Expect("[xx++] [xx++] [xx++]!l [xxx+] [xxx+] [xxx+]!o.l");

        Assert.Equal([IncidentRules.DownAtSomeLocations, IncidentRules.QuorumDown, IncidentRules.BecameOutage], watched.Rules);
        Assert.Equal("Down at 1 of 4 locations (A): nobody listens there", watched.Told[0].Incident.Summary);
        Assert.Equal("Down at 3 of 4 locations (A, B, C): nobody listens there", watched.Told[1].Incident.Summary);
        Assert.Equal(FailureKind.Refused, watched.Told[1].Failure?.Kind);
    }

    [Fact]
    public void Judge_Down_NamesTheLocationsInOrderAndTheNewestFailure()
    {
        var watched = new Watched(Everything).Expect("[--+] [-x+] [xx+] [xx+]");
        watched.Now += Everything.Interval;
        Failure Of(string message) => new(FailureKind.Refused, Phase.Connect, message);
        watched.Judge(watched.Observe(watched.Now.AddTicks(-1), "B", Result('x', watched.Now) with { Failure = Of("the older one") }));

        var opened = Assert.Single(watched.Judge(watched.Observe(watched.Now, "A", Result('x', watched.Now) with { Failure = Of("the newer one") })));

        Assert.Equal("Down at 2 of 3 locations (A, B): the newer one", opened.Incident.Summary);
        watched.Expect("[+++] [+++].o");
        Assert.Equal([IncidentRules.QuorumDown, IncidentRules.QuorumUp], watched.Rules);
    }

    [Fact]
    public void Judge_SilentLocation_IsLookedForNoMore()
    {
        var watched = new Watched(Everything).Expect("[x+] [x+] [x+]!l");
        Assert.True(IncidentMachine.WantsReporting(watched.State, "B", Result('+', Start)));

        watched.Expect("[-+].l");

        Assert.False(IncidentMachine.WantsReporting(watched.State, "B", Result('+', Start)));
        var calm = watched.State;
        watched.Expect("[-+] [-+]");
        Assert.Same(calm, watched.State);
    }

    [Theory]
    [InlineData("[++]", '+', false)]
    [InlineData("[++]", 'x', true)]
    [InlineData("[x+]", '+', true)]
    [InlineData("[s+]", '+', true)]
    [InlineData("[+]", 'x', false)]
    public void WantsReporting_OfTheLastLocation_OnlyWhenItMatters(string rounds, char letter, bool expected) => Assert.Equal(
        expected,
        IncidentMachine.WantsReporting(new Watched(Everything).Expect(rounds).State, rounds.Length == 4 ? "B" : "A", Result(letter, Start)));
}
