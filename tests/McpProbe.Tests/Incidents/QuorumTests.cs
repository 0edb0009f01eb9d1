using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Text;
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
    [InlineData(null, "[x+] [x+] [x+]!l [x-] [x-]!o.l [x-]", "nor the quorum")]
    [InlineData(null, "[x+] [x+] [x+]!l [-+] [-+].l", "nor is its trouble a warning any more")]
    [InlineData(null, "[x+] [x+] [x+]!l [-+] [-+].l [x+]!l [++] [++].l", "what it saw before it fell silent still counts when it is back")]
    [InlineData(null, "[x?] [x?] [x?]!o [+?] [+?].o", "whose prober is offline does not report")]
    [InlineData(null, "[+x] [+x] [+x]!l [?x] [+x] [?x]", "one probe that says nothing silences nobody")]
    [InlineData(null, "[+x] [+x] [+x]!l [?x] [?x]!o.l", "two in a row do")]
    [InlineData(null, "[+x] [+x] [+x]!l [-x] [+x] [-x] [+x]", "nor does one that is missing")]
    [InlineData(null, "[++] [??] [??] [?x] [?x] [?x]!o", "who was blind before the trouble began does not count in it")]
    [InlineData(null, "[++] [+-] [+-] [x-] [x-] [x-]!o", "nor who was away")]
    [InlineData(null, "x ? x ? ? x!o ? + ? +.o", "a row goes on over what says nothing")]
    [InlineData(null, "[xx] [xx] [x?] [x?]!o", "and who says nothing holds nothing up")]
    [InlineData(null, "[+x] [+x] [+x]!l [--] [--] [--] [+x]", "after a gap that all have nobody is silent yet")]
    [InlineData(null, "[xx] [xx]", "two are no row yet")]
    [InlineData(null, "[xx] [xx] [??] [??] [??]", "and nothing is concluded from nothing")]
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
    [InlineData("[x+] [-+]", Verdict.Degraded)] // what it said last still counts
    [InlineData("[x+] [-+] [-+]", Verdict.Healthy)]
    [InlineData("[x+] [?+]", Verdict.Degraded)]
    [InlineData("[+x] [?+] [?+]", Verdict.Healthy)]
    [InlineData("[++] [??]", Verdict.Unknown)]
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
    public void Judge_SilentLocation_IsWaitedForNoMore()
    {
        var watched = new Watched(Everything).Expect("[x+] [x+] [x+]!l [-+] [-+].l");

        var calm = watched.State;
        Assert.Null(calm.WatchfulSince);
        watched.Expect("[-+] [-+]");
        Assert.Same(calm, watched.State);
    }

    // What each location says is written only while it matters who reports.
    [Theory]
    [InlineData("[+]", false)]
    [InlineData("x", false)]
    [InlineData("[++] [++]", false)]
    [InlineData("[gg] [gg]", false)]
    [InlineData("[x+]", true)]
    [InlineData("[s+]", true)]
    [InlineData("[g+]", true)]
    [InlineData("[xx]", true)]
    [InlineData("[x+] [++]", false)]
    [InlineData("[xx] [xx] [xx]!o [++]", true)]
    [InlineData("[xx] [xx] [xx]!o [++] [++].o", false)]
    [InlineData("[++] [b+] [b+]!d", true)]
    [InlineData("[++] [bb] [bb]!d", false)]
    public void Judge_Rounds_WatchWhoReportsWhereItMatters(string rounds, bool expected) =>
        Assert.Equal(expected, new Watched(Everything).Expect(rounds).State.WatchfulSince is not null);

    [Theory]
    [InlineData("1s")]
    [InlineData("5s")]
    [InlineData("20m")]
    public void Judge_AnotherInterval_MakesNobodySilent(string interval)
    {
        // At the old interval both have just spoken: at the new one that is long ago.
        var watched = new Watched(Everything with { Interval = TimeSpan.FromMinutes(5) }).Expect("[+x] [+x] [+x]!l [?x]");
        watched.Endpoint = watched.Endpoint with { Interval = Durations.TryParse(interval, out var length) ? length : default };
        watched.Now += TimeSpan.FromMinutes(4);

        Assert.Empty(watched.Judge(new EndpointDefined(watched.Now, 2)));
        watched.Expect("[-x] [+x] [-x]");
        Assert.Equal([IncidentKind.Degraded], watched.State.OpenIncidents.Select(each => each.Kind));
        // Silent at the new interval is silent.
        watched.Expect("[-x]!o.l");
    }
}
