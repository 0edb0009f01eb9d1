using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using static McpProbe.Tests.Incidents.Watched;

namespace McpProbe.Tests.Incidents;

/// <summary>What stands in a transition and in the state after it, field by field, and what a cycle asks before it judges.</summary>
public class JudgingTests
{
    [Fact]
    public void Judge_OutageFromItsOpeningToItsEnd_SaysWhenEachStepWas()
    {
        var endpoint = Everything with { Alerts = new() { RemindEvery = TimeSpan.FromHours(1), Escalate = [new(TimeSpan.FromHours(2), ["lead"])] } };

        var watched = new Watched(endpoint).Expect("x x x!o t1h~o t1h^o~o + +.o");

        var opened = Start.AddMinutes(3);
        Assert.Equal(
            [
                (TransitionType.Opened, 1, opened, opened, null),
                (TransitionType.Reminded, 2, opened.AddHours(1), opened.AddHours(1), null),
                (TransitionType.Escalated, 3, opened.AddHours(2), opened.AddHours(1), null),
                (TransitionType.Reminded, 4, opened.AddHours(2), opened.AddHours(2), null),
                (TransitionType.Resolved, 5, opened.AddHours(2).AddMinutes(2), opened.AddHours(2).AddMinutes(2), (DateTimeOffset?)opened.AddHours(2).AddMinutes(2)),
            ],
            watched.Told.Select(each => (each.Type, each.Incident.Sequence, each.At, each.Incident.ToldAt!.Value, each.Incident.ResolvedAt)));
        Assert.Equal(5, watched.Told.Select(each => each.Id).Distinct().Count());
        Assert.All(watched.Told, each => Assert.Equal(opened, each.Incident.OpenedAt));
        Assert.Equal([.. Enumerable.Repeat("nobody listens there", 4), null], watched.Told.Select(each => each.Failure?.Message));
    }

    [Fact]
    public void Judge_ReminderOfOneOfTwoIncidents_LeavesTheOther()
    {
        var endpoint = Everything with { Alerts = new() { RemindEvery = TimeSpan.FromMinutes(10) } };

        var watched = new Watched(endpoint).Expect("a b b!d x x x!o t7m~d");

        Assert.Equal([IncidentKind.Drift, IncidentKind.Outage], watched.State.OpenIncidents.Select(each => each.Kind));
        Assert.Equal([2, 1], watched.State.OpenIncidents.Select(each => each.Sequence));
    }

    [Theory]
    [InlineData("+ +", 'a', false)] // what changes nothing can come again
    [InlineData("+ +", 'b', true)] // a candidate is the first of two observations
    [InlineData("a b", 'b', true)]
    [InlineData("+ +", 'x', true)]
    [InlineData("+ +", '?', true)]
    public void IsJudged_AfterAProbe_WhenItMovedAnything(string steps, char probe, bool expected)
    {
        var watched = new Watched(Everything).Expect(steps);

        watched.Probe(result => result, probe);

        Assert.Equal(expected, IncidentMachine.IsJudged(watched.State, "local", watched.Now));
        Assert.False(IncidentMachine.IsJudged(watched.State, "local", watched.Now.AddTicks(1)));
    }

    // Minutes from the slot at which a maintenance begins and ends; the probe is judged two minutes after its slot.
    [Theory]
    [InlineData(null, null, true)]
    [InlineData(-5, 0, true)]
    [InlineData(-5, 1, false)]
    [InlineData(1, 2, true)]
    [InlineData(1, 3, false)]
    [InlineData(3, 5, true)]
    public void WantsChanges_OfADriftThatIsOwed_NotInAMaintenance(int? from, int? until, bool expected)
    {
        var state = new Watched(Everything).Expect("m10m a b b").State with
        {
            Maintenance = from is { } begin ? new AdHocMaintenance(Start.AddMinutes(begin), Start.AddMinutes(until!.Value), "Ann", null) : null,
        };
        Assert.True(state.Drifted!.Untold);

        Assert.Equal(expected, IncidentMachine.WantsChanges(state, Everything, Start, Start.AddMinutes(2)));
        Assert.False(IncidentMachine.WantsChanges(state with { Drifted = null }, Everything, Start, Start.AddMinutes(2)));
        Assert.False(IncidentMachine.WantsChanges(state, Everything with { Alerts = new() { Drift = DriftAlert.Never } }, Start, Start.AddMinutes(2)));
        Assert.False(IncidentMachine.WantsChanges(
            state with { Drifted = state.Drifted with { Untold = false }, OpenIncidents = [Open(IncidentKind.Drift)] }, Everything, Start, Start.AddMinutes(2)));
    }

    [Fact]
    public void Judge_ClosedWithNothingToForget_ChangesNothing()
    {
        var closed = new EndpointClosed(Start, IncidentRules.EndpointPaused);
        Assert.Same(EndpointState.New, IncidentMachine.Judge(EndpointState.New, closed, Everything).State);

        foreach (var state in new[]
                 {
                     EndpointState.New with { DueAt = Start },
                     EndpointState.New with { Verdict = Verdict.Healthy },
                     EndpointState.New with { Locations = new Dictionary<string, LocationState> { ["A"] = new(Start, Verdict.Unknown, 0, 0) } },
                 })
        {
            var after = IncidentMachine.Judge(state, closed, Everything).State;
            Assert.Equal((null, Verdict.Unknown, 0, Start), (after.DueAt, after.Verdict, after.Locations.Count, after.Since!.Value));
        }
    }

    [Fact]
    public void Judge_Closed_ForgetsAllButWhatSomebodyHasSaid()
    {
        var state = EndpointState.New.WithBaseline("2025-11-25", new BaselineReference("sha256:a", Start, "Ann")) with
        {
            Locations = new Dictionary<string, LocationState> { ["A"] = new(Start, Verdict.Down, 3, 0) },
            Verdict = Verdict.Down,
            Suspicion = new("2025-11-25", "sha256:a", "set"),
            Shadowing = new("sha256:a", []),
            Certificate = new(7, 1),
            Access = new(Gated: true, WithCredentials: true, 2, 1) { Slot = Start },
            Regression = new(Start, 400, 20, 200, 200),
            Outages = new([Start], Down: true, Untold: 3),
        };

        var after = IncidentMachine.Judge(state, new EndpointClosed(Start, IncidentRules.EndpointPaused), Everything).State;

        Assert.Equal(
            (null, null, null, null, null),
            (after.Suspicion, after.Shadowing, after.Certificate, after.Regression, after.Outages));
        Assert.Equal(new AccessWatch(Gated: true, WithCredentials: true, 0, 0), after.Access);
        Assert.Equal(state.Baseline, after.Baseline);
    }

    [Theory]
    [InlineData("m30m", 30)] // what is held back, or falls due, in the maintenance happens at its end
    [InlineData("m8m", 10)]
    public void Judge_ReminderDueAroundAMaintenance_IsPlannedForWhenItCanBeTold(string maintenance, int expected)
    {
        var endpoint = Everything with { FailureThreshold = 1, Alerts = new() { RemindEvery = TimeSpan.FromMinutes(10) } };
        var watched = new Watched(endpoint).Expect($"x!o {maintenance}");

        Assert.Equal(watched.Now.AddMinutes(expected), watched.State.DueAt);
    }

    private static Incident Open(IncidentKind kind) =>
        new(IncidentIds.Of("everything", kind, Start), "everything", kind, Start, null, "some-rule", 1, "It is so.");
}
