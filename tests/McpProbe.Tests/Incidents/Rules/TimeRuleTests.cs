using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using static McpProbe.Tests.Incidents.Watched;

namespace McpProbe.Tests.Incidents.Rules;

public class TimeRuleTests
{
    [Fact]
    public void Judge_ReminderWithAProbeThatFailed_IsAboutTheOutageOnly()
    {
        var watched = new Watched(Everything with { Alerts = new() { RemindEvery = TimeSpan.FromMinutes(5) } }).Expect("a b b!d x x x!o + x~d");

        Assert.Null(watched.Told[^1].Failure);
        Assert.Null(watched.State.OpenIncidents.Single(each => each.Kind is IncidentKind.Drift).Failure);
    }

    private static readonly Endpoint Urgent = Everything with
    {
        FailureThreshold = 1,
        SuccessThreshold = 1,
        Alerts = new()
        {
            RemindEvery = TimeSpan.FromMinutes(10),
            Escalate = [new(TimeSpan.FromMinutes(15), ["lead"]), new(TimeSpan.FromMinutes(30), ["boss", "ops"])],
        },
    };

    [Theory]
    [InlineData("x!o t9m t1m~o t9m^o t1m~o t10m^o~o t1m", "each step once, a reminder every ten minutes")]
    [InlineData("x!o t40m^o^o~o t1m t9m~o", "all that is overdue in order, the reminder once")]
    [InlineData("x!o x x x x x x x x x x~o x x x x x^o", "time passes with probes too")]
    [InlineData("x!o t12m~o x t9m^o~o", "a reminder that came late moves the next one; an escalation does not")]
    [InlineData("x!o t12m~o +.o t1h x!o t14m~o t1m^o", "the next incident begins anew")]
    public void Judge_Steps_GiveTransitions(string steps, string because) => new Watched(Urgent).Expect(steps, because);

    [Fact]
    public void Judge_Escalated_IsForTheStepAndWhatFollowsForAll()
    {
        var watched = new Watched(Urgent).Expect("x!o t10m~o t5m^o t5m~o t10m^o~o +.o");

        Assert.Equal(
            ["ops", "ops", "lead", "ops lead", "boss ops", "ops lead boss", "ops lead boss"],
            watched.Told.Select(each => string.Join(' ', each.Channels)));
        Assert.Equal(
            [
                IncidentRules.FailuresInARow, IncidentRules.StillOpen, IncidentRules.OpenTooLong, IncidentRules.StillOpen,
                IncidentRules.OpenTooLong, IncidentRules.StillOpen, IncidentRules.SuccessesInARow,
            ],
            watched.Rules);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], watched.Told.Select(each => each.Incident.Sequence));
        Assert.Equal(2, watched.Told[^1].Incident.Escalations);
    }

    [Fact]
    public void Judge_Reminder_TellsTheNewestFailure()
    {
        var watched = new Watched(Urgent).Expect("x!o");
        watched.Now += TimeSpan.FromMinutes(9);

        var reminded = Assert.Single(watched.Probe(result => result with { Failure = new Failure(FailureKind.Tls, Phase.Tls, "expired") }, 'x'));
        Assert.Equal(FailureKind.Tls, reminded.Failure?.Kind);

        watched.Expect("t10m^o~o");
        Assert.Equal(FailureKind.Tls, watched.Told[^1].Failure?.Kind);
    }

    [Fact]
    public void Judge_DueAt_IsTheNextOfAll()
    {
        var watched = new Watched(Urgent).Expect("+");
        Assert.Null(watched.State.DueAt);

        var opened = watched.Expect("x!o").Now;
        Assert.Equal(opened.AddMinutes(10), watched.State.DueAt);
        Assert.Equal(opened.AddMinutes(15), watched.Expect("t10m~o").State.DueAt);
        Assert.Equal(opened.AddMinutes(20), watched.Expect("t5m^o").State.DueAt);
        Assert.Null(watched.Expect("+.o").State.DueAt);
    }

    [Fact]
    public void Judge_PolicyEdited_IsDueByTheNewOneFromTheNextProbeOn()
    {
        var watched = new Watched(Everything with { FailureThreshold = 1 }).Expect("x!o x");
        Assert.Null(watched.State.DueAt);

        watched.Endpoint = Urgent;
        watched.Expect("x");
        Assert.Equal(watched.Now.AddMinutes(8), watched.State.DueAt);
    }

    [Fact]
    public void Judge_IncidentOfAnOlderVersion_IsRemindedFromItsOpening()
    {
        var watched = new Watched(Urgent).Expect("x!o");
        watched.State = watched.State with
        {
            OpenIncidents = [watched.State.OpenIncidents[0] with { ToldAt = null }],
            LastTransitions = new Dictionary<IncidentKind, DateTimeOffset>(),
        };

        watched.Expect("t9m t1m~o");
    }
}
