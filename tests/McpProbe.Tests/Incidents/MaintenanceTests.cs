using McpProbe.Endpoints;
using McpProbe.Model;
using static McpProbe.Tests.Incidents.Watched;

namespace McpProbe.Tests.Incidents;

public class MaintenanceTests
{
    [Theory]
    [InlineData("m10m x x x x t6m!o x", "down in maintenance is told when it is over")]
    [InlineData("m10m x x x x + + t6m x", "what recovered in it is not")]
    [InlineData("m10m x x x + t6m + x x x!o", "nor what is about to recover")]
    [InlineData("x x x!o m10m + + + t7m.o", "what recovered in it, and was told before, is")]
    [InlineData("x x x!o m10m + + + end.o", "also when it is ended by hand")]
    [InlineData("m10m x x x end!o", "and so is an outage")]
    [InlineData("x x x!o m10m + + x x x t10m", "what is as it was told is no news")]
    [InlineData("x x x!o m10m x pause.o", "closing is told, or the receiver would keep it open for ever")]
    [InlineData("m10m s s s s t6m!l", "a degradation")]
    [InlineData("+ m10m g g g g t6m!g", "a change of access")]
    [InlineData("+ g g g!g m10m accept t10m.g", "an acceptance")]
    [InlineData("m10m x x x m10m t9m t1m!o", "a longer one takes the place of the first")]
    public void Judge_Steps_GiveTransitions(string steps, string because) => new Watched(Everything).Expect(steps, because);

    [Theory]
    [InlineData("x!o m1h t30m t30m^o~o", "a reminder and an escalation wait for its end, and come once")]
    [InlineData("x!o m1h t5m t55m^o~o t9m t1m~o", "and go on from there")]
    public void Judge_TimeInMaintenance_WaitsForItsEnd(string steps, string because) => new Watched(Everything with
    {
        FailureThreshold = 1,
        Alerts = new() { RemindEvery = TimeSpan.FromMinutes(10), Escalate = [new(TimeSpan.FromMinutes(20), ["lead"])] },
    }).Expect(steps, because);

    [Fact]
    public void Judge_SlotBeforeAMaintenanceThatBeganSince_IsHeldBackToo()
    {
        var watched = new Watched(Everything).Expect("x x");
        var slot = watched.Now + Everything.Interval;
        watched.State = watched.State with { Maintenance = new AdHocMaintenance(slot.AddSeconds(1), slot.AddMinutes(10), "Ann", null) };

        Assert.Empty(watched.Judge(watched.Observe(slot, "local", Result('x', slot)) with { JudgedAt = slot.AddSeconds(5) }));
        Assert.Equal(slot.AddMinutes(10), watched.State.DueAt);
    }

    [Fact]
    public void Judge_SlotInAMaintenanceThatEndedSince_IsHeldBackAndDueAtOnce()
    {
        var watched = new Watched(Everything).Expect("x x");
        var slot = watched.Now + Everything.Interval;
        watched.State = watched.State with { Maintenance = new AdHocMaintenance(slot.AddMinutes(-1), slot.AddSeconds(1), "Ann", null) };

        Assert.Empty(watched.Judge(watched.Observe(slot, "local", Result('x', slot)) with { JudgedAt = slot.AddSeconds(5) }));
        Assert.Equal(slot.AddSeconds(1), watched.State.DueAt);
        Assert.Single(watched.Judge(new TimePassed(slot.AddSeconds(6))));
    }

    [Fact]
    public void Judge_CalmInMaintenance_ChangesNothing()
    {
        var watched = new Watched(Everything with { Maintenance = [new("* * * * *", TimeSpan.FromHours(1))] }).Expect("+ + m30m");
        var calm = watched.State;

        watched.Expect("+ + +");

        Assert.Same(calm, watched.State);
    }

    [Fact]
    public void Judge_MaintenanceThatIsOver_IsForgotten()
    {
        var watched = new Watched(Everything).Expect("+ m2m +");
        Assert.NotNull(watched.State.Maintenance);

        Assert.Null(watched.Expect("+").State.Maintenance);
    }

    [Fact]
    public void Judge_PlannedWindow_HoldsBackUntilItEnds()
    {
        // The driver begins at 10:00.
        var endpoint = Everything with { Maintenance = [new("5 10 * * *", TimeSpan.FromMinutes(10)), new("14 10 * * *", TimeSpan.FromMinutes(6))] };
        var watched = new Watched(endpoint).Expect("+ + + + x x x");

        // The windows overlap: both are over at 10:20.
        Assert.Equal(Start.AddMinutes(20), watched.State.DueAt);
        watched.Expect("t12m t1m!o");
    }

    [Fact]
    public void Judge_Flapping_GoesOnInMaintenance()
    {
        var endpoint = Everything with
        {
            FailureThreshold = 1,
            SuccessThreshold = 1,
            Alerts = new() { Flapping = new FlappingRule(3, TimeSpan.FromMinutes(10)) },
        };

        new Watched(endpoint).Expect("x!o +.o x!o +~o m30m x + x + x x x x x t5m t15m t1m~o", "down for long: no flapping any more");
        new Watched(endpoint).Expect("x!o +.o x!o +~o m30m x + x + + + + + t22m.o", "up for long: resolved");
    }
}
