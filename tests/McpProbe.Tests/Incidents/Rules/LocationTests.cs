using McpProbe.Incidents;
using McpProbe.Model;
using static McpProbe.Tests.Incidents.Watched;

namespace McpProbe.Tests.Incidents.Rules;

/// <summary>What is remembered of a location, and of access: the state between two probes, field by field.</summary>
public class LocationTests
{
    private const string Refused = "nobody listens there";
    private const string Slow = "the handshake took 300 ms of the 200 ms allowed";

    // Failures, successes, slow ones and swift ones in a row, and what they ran into.
    [Theory]
    [InlineData("+", 0, 0, 0, 0, null, null)]
    [InlineData("x", 1, 0, 0, 0, Refused, null)]
    [InlineData("x ?", 1, 0, 0, 0, Refused, null)]
    [InlineData("x +", 0, 0, 0, 0, null, null)]
    [InlineData("x x x!o x", 3, 0, 0, 0, Refused, null)]
    [InlineData("x x x!o +", 3, 1, 0, 0, Refused, null)]
    [InlineData("x x x!o + +.o", 0, 0, 0, 0, null, null)]
    [InlineData("s", 0, 0, 1, 0, null, Slow)]
    [InlineData("s x", 1, 0, 1, 0, Refused, Slow)]
    [InlineData("s s s!l +", 0, 0, 3, 1, null, Slow)]
    [InlineData("s s s!l + +.l", 0, 0, 0, 0, null, null)]
    [InlineData("s g", 0, 0, 0, 0, null, null)]
    public void Judge_Steps_LeaveTheLocationAsTheySawIt(string steps, int failures, int successes, int slow, int swift, string? failure, string? slowness)
    {
        var seen = new Watched(Everything).Expect(steps).State.Locations["local"];

        Assert.Equal((failures, successes, slow, swift), (seen.Failures, seen.Successes, seen.Slow, seen.Swift));
        Assert.Equal((failure, slowness), (seen.Failure?.Message, seen.Slowness?.Message));
    }

    [Theory]
    [InlineData("+ + +", 1)]
    [InlineData("+ + x", 3)]
    [InlineData("x x x!o x", 1)]
    [InlineData("+ x s s", 3)]
    public void Judge_Verdict_StandsSinceItsFirstProbe(string steps, int minute) =>
        Assert.Equal(Start.AddMinutes(minute), new Watched(Everything).Expect(steps).State.Since);

    [Theory]
    [InlineData("+", false, 0, 0, null, null)]
    [InlineData("g", true, 0, 0, null, null)]
    [InlineData("+ g", false, 1, 0, 2, 2)]
    [InlineData("+ g +", false, 0, 0, null, null)]
    [InlineData("+ g g g!g +", false, 3, 1, 5, 2)]
    [InlineData("+ g g accept", true, 0, 0, null, null)]
    [InlineData("g + + +!g accept.g", false, 0, 0, null, null)]
    [InlineData("+ + accept", false, 0, 0, null, null)]
    public void Judge_Access_IsCountedUntilItIsAsExpected(string steps, bool gated, int others, int back, int? minute, int? since) => Assert.Equal(
        new AccessWatch(gated, WithCredentials: false, others, back)
        {
            Slot = minute is { } at ? Start.AddMinutes(at) : null,
            Since = since is { } first ? Start.AddMinutes(first) : null,
        },
        new Watched(Everything).Expect(steps).State.Access);

    [Fact]
    public void Judge_AccessThatNobodyIsToldOf_IsCountedTheSame()
    {
        var watched = new Watched(Everything with { Alerts = new() { Gated = false } }).Expect("+ g g g +");
        Assert.Equal((3, 1), (watched.State.Access!.Others, watched.State.Access.Back));

        watched.Expect("+");
        Assert.Equal((0, 0), (watched.State.Access!.Others, watched.State.Access.Back));
    }

    [Fact]
    public void Judge_AccessChanged_SaysWhichWay()
    {
        var asks = new Watched(Everything).Expect("+ g g g!g + +.g");
        Assert.Equal([IncidentRules.NowAsksForCredentials, IncidentRules.AccessAsExpected], asks.Rules);
        Assert.Equal(FailureKind.Gated, asks.Told[0].Failure?.Kind);
        Assert.Contains("did not before", asks.Told[0].Incident.Summary, StringComparison.Ordinal);

        var open = new Watched(Everything).Expect("g + + +!g");
        Assert.Equal([IncidentRules.NoLongerAsksForCredentials], open.Rules);
        Assert.Null(open.Told[0].Failure);
        Assert.Contains("whoever reaches it can use its tools", open.Told[0].Incident.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s s s!l", "t1m.l s")]
    [InlineData("[x+] [x+] [x+]!l", "t1m.l [x+]")]
    public void Judge_DegradedSwitchedOff_Closes(string steps, string then)
    {
        var watched = new Watched(Everything).Expect(steps);
        watched.Endpoint = Everything with { Alerts = new() { Degraded = false } };

        watched.Expect(then);

        Assert.Equal(IncidentRules.SwitchedOff, watched.Told[^1].Incident.Rule);
    }
}
