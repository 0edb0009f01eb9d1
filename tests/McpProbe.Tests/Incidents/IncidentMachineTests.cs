using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Text;
using static McpProbe.Tests.Incidents.Watched;

namespace McpProbe.Tests.Incidents;

/// <summary>Tables of steps over one location; <see cref="Watched"/> reads them.</summary>
public class IncidentMachineTests
{
    [Theory]
    [InlineData("+ + +", "no news is good news")]
    [InlineData("x x + x x + x x", "two failures are not three")]
    [InlineData("x x x!o x x", "three in a row open, once")]
    [InlineData("x x x!o + x + x + +.o +", "two good ones in a row resolve")]
    [InlineData("x x x!o + +.o x x x!o", "it can open again")]
    [InlineData("x x ? x!o", "an unknown probe says nothing: it neither counts nor breaks the row")]
    [InlineData("x x x!o ? + ? +.o", "nor does it on the way back")]
    [InlineData("x x g x x g", "gated is alive")]
    [InlineData("x x x!o g g.o", "gated resolves an outage")]
    [InlineData("s s + s s", "two slow ones are not three")]
    [InlineData("s s s!l s s + s + +.l +", "slow in a row is a degradation, until it is not any more")]
    [InlineData("x x s x x s", "slow is up and breaks a row of failures")]
    [InlineData("x x x!o s s.o s!l", "slow answers resolve an outage")]
    [InlineData("s x s x x s!l", "a failed probe says nothing of speed")]
    [InlineData("s s s!l g g.l", "a gated one is not slow")]
    [InlineData("s s s!l ? ? ? + +.l", "an unknown one neither")]
    [InlineData("+ g g + g g", "asking for credentials twice is not three times")]
    [InlineData("+ g g g!g g + g + +.g", "three times is a change of access")]
    [InlineData("g g + + +!g + g g.g", "so is ceasing to ask, also when it asked from the beginning")]
    [InlineData("+ g x ? g x g!g x x x!o g g.o", "a failed probe says nothing of access")]
    [InlineData("+ g g g!g accept.g g g g + + +!g", "what was accepted is what is expected")]
    [InlineData("+ g g accept g g g + + +!g", "also before an incident opened")]
    [InlineData("a b a b a b", "replicas that answer in turns are not drift")]
    [InlineData("a b b!d b b", "the same other catalogue twice in a row is")]
    [InlineData("a b b!d a b a a.d a", "and so is its way back")]
    [InlineData("a b b!d c c~d a a.d", "a third catalogue is news of the same incident")]
    [InlineData("a b x b!d", "a failed probe in between shows no catalogue, so the row goes on")]
    [InlineData("x x a b b!d x x x!o b b.o a a.d", "an outage and a drift do not mix")]
    [InlineData("[aa] [bb] [bb]!d [bb]", "two locations in one slot look once")]
    [InlineData("[aa] [bb] [a-] [bb]!d [bb]", "and what one of them no longer sees, the other may see on")]
    [InlineData("m6m s s s + t3m +", "nor is what becomes swift slow")]
    [InlineData("m6m x x x + t3m +", "what is recovering when a maintenance ends is not down")]
    [InlineData("x x x!o pause.o x x x!o", "pausing closes and forgets")]
    [InlineData("a b b!d pause.d b b!d", "also what the catalogue had become")]
    [InlineData("a b pause b b!d", "and what it was about to become")]
    public void Judge_Steps_GiveTransitions(string steps, string because) => new Watched(Everything).Expect(steps, because);

    [Theory]
    [InlineData("+ +", '+')]
    [InlineData("x x x!o", 'x')]
    [InlineData("s s s!l", 's')]
    [InlineData("+ g g g!g", 'g')]
    public void Judge_LongCalmAndLongTrouble_ChangeNothing(string steps, char goesOn)
    {
        var watched = new Watched(Everything).Expect(steps);

        Assert.Same(watched.State, Judge(watched.State, Start.AddHours(1), goesOn).State);
    }

    [Fact]
    public void Judge_Calm_AllocatesLittle()
    {
        var calm = new Watched(Everything).Expect("+ +").State;
        var probe = Probe(calm, Start.AddHours(1), '+');
        IncidentMachine.Judge(calm, probe, Everything);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            IncidentMachine.Judge(calm, probe, Everything);

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 0, 1024);
    }

    [Fact]
    public void Judge_TheSameProbeTwice_GivesTheSameIds()
    {
        var state = new Watched(Everything).Expect("x x").State;

        var first = Judge(state, Start.AddHours(1), 'x');
        var second = Judge(state, Start.AddHours(1), 'x');

        Assert.Equal("everything_outage_20261122T110000000Z_1", Assert.Single(first.Transitions).Id);
        Assert.Equal(first.Transitions[0].Id, second.Transitions[0].Id);
        Assert.True(IncidentMachine.IsJudged(first.State, "local", Start.AddHours(1)));
        Assert.False(IncidentMachine.IsJudged(first.State, "local", Start.AddHours(1).AddTicks(1)));
        Assert.False(IncidentMachine.IsJudged(first.State, "elsewhere", Start));
        Assert.Same(first.State, Judge(first.State, Start.AddHours(1), '+').State);
    }

    [Fact]
    public void Judge_ReopenedByALateSlotOfAnotherLocation_GetsAnIdOfItsOwn()
    {
        var endpoint = Everything with { FailureThreshold = 1, SuccessThreshold = 1, Alerts = new() { Quorum = 1, Degraded = false } };
        var (state, told) = (EndpointState.New, new List<Transition>());
        foreach (var (minute, location, letter) in new[] { (5, "A", 'x'), (6, "A", '+'), (6, "B", 'x'), (7, "B", '+'), (4, "C", 'x'), (4, "D", '+') })
        {
            var judgement = IncidentMachine.Judge(state, Probe(state, Start.AddMinutes(minute), letter, location), endpoint);
            (state, _) = (judgement.State, told);
            told.AddRange(judgement.Transitions);
        }

        Assert.Equal(["opened", "resolved", "opened", "resolved", "opened"], told.Select(each => WireNames.Of(each.Type)));
        Assert.Equal(told.Count, told.Select(each => each.Id).Distinct().Count());
        Assert.Equal([Start.AddMinutes(5), Start.AddMinutes(6).AddMilliseconds(1), Start.AddMinutes(7).AddMilliseconds(1)], told.Select(each => each.Incident.OpenedAt).Distinct());
        // None is dated before the last, and openings are later by what an id shows.
        Assert.Equal(told.Select(each => each.At).Order(), told.Select(each => each.At));
        Assert.Equal(3, told.Where(each => each.Type is TransitionType.Opened).Select(each => each.At.ToUnixTimeMilliseconds()).Distinct().Count());
    }

    [Fact]
    public void Judge_Opening_SaysWhatAnAlertNeeds()
    {
        var state = new Watched(Everything).Expect("x x").State;

        var transition = Assert.Single(Judge(state, Start.AddHours(1), 'x').Transitions);

        Assert.Equal(IncidentRules.FailuresInARow, transition.Incident.Rule);
        Assert.Equal(Verdict.Down, transition.Verdict);
        Assert.Equal(FailureKind.Refused, transition.Failure?.Kind);
        Assert.Equal(transition.Failure, transition.Incident.Failure);
        Assert.Equal("nobody listens there", transition.Incident.Summary);
        Assert.Equal(["ops"], transition.Channels);
        Assert.Equal("https://127.0.0.1:3001/mcp", transition.Endpoint.Url);
    }

    [Theory]
    [InlineData(IncidentRules.EndpointDeleted)]
    [InlineData(IncidentRules.EndpointPaused)]
    public void Judge_Closed_ResolvesAllAndForgetsTheCounters(string rule)
    {
        var watched = new Watched(Everything).Expect("a b b!d c x x x!o m10m");
        Assert.NotNull(watched.State.Drifted);
        Assert.NotNull(watched.State.Candidate);

        var closed = watched.Judge(new EndpointClosed(Start.AddHours(1), rule));

        Assert.Equal([IncidentKind.Drift, IncidentKind.Outage], closed.Select(each => each.Incident.Kind));
        Assert.All(closed, transition => Assert.Equal((TransitionType.Resolved, rule), (transition.Type, transition.Incident.Rule)));
        Assert.Empty(watched.State.OpenIncidents);
        Assert.Empty(watched.State.Locations);
        Assert.NotEmpty(watched.State.Baselines);
        Assert.Null(watched.State.Drifted);
        Assert.Null(watched.State.Candidate);
        Assert.Null(watched.State.Outages);
        Assert.NotNull(watched.State.Maintenance);
        Assert.Null(watched.State.DueAt);
        Assert.Empty(watched.Judge(new EndpointClosed(Start.AddHours(2), rule)));
    }

    [Fact]
    public void Judge_CredentialsGiven_AsksAnewWhatToExpect()
    {
        var watched = new Watched(Everything).Expect("+ g g g!g");

        watched.Endpoint = Everything with { Bearer = "${env:TOKEN}" };
        watched.Expect("+.g + + +", "with credentials it is another question");
        watched.Endpoint = Everything;
        watched.Expect("g g g g", "and so it is without them");
    }

    [Fact]
    public void Judge_ThresholdsRaisedWhileDown_IsNoRecovery()
    {
        var watched = new Watched(Everything).Expect("x x x!o");

        watched.Endpoint = Everything with { FailureThreshold = 5, SuccessThreshold = 3 };
        watched.Expect("x + + x + + +.o");

        var quick = new Watched(Everything with { FailureThreshold = 1 }).Expect("x!o");
        quick.Endpoint = Everything with { FailureThreshold = 5 };
        quick.Expect("+ +.o");
    }

    [Fact]
    public void Judge_KindSwitchedOff_Closes()
    {
        var watched = new Watched(Everything).Expect("a b b!d g g g!g");

        watched.Endpoint = Everything with { Alerts = new() { Degraded = false, Gated = false, Drift = DriftAlert.Never } };
        watched.Expect("t1m.d.g s s s g g g c c");
        Assert.All(watched.Told.TakeLast(2), each => Assert.Equal(IncidentRules.SwitchedOff, each.Incident.Rule));
    }

    private static Observation Probe(EndpointState state, DateTimeOffset slot, char letter, string location = "local") =>
        new Watched(Everything) { State = state }.Observe(slot, location, Result(letter, slot));

    private static Judgement Judge(EndpointState state, DateTimeOffset slot, char letter) =>
        IncidentMachine.Judge(state, Probe(state, slot, letter), Everything);
}
