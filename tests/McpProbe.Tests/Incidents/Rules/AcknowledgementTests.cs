using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using static McpProbe.Tests.Incidents.Watched;

namespace McpProbe.Tests.Incidents.Rules;

/// <summary>Somebody has an incident: nobody is told again of it, but that it got worse, or is over.</summary>
public class AcknowledgementTests
{
    private static readonly Endpoint Urgent = Everything with
    {
        FailureThreshold = 1,
        SuccessThreshold = 1,
        Alerts = new()
        {
            RemindEvery = TimeSpan.FromMinutes(10),
            Escalate = [new(TimeSpan.FromMinutes(15), ["lead"]), new(TimeSpan.FromMinutes(30), ["boss"])],
        },
    };

    [Theory]
    [InlineData("x!o ack@o t10m t10m t1h", "neither told again nor escalated")]
    [InlineData("x!o ack@o t8h^o^o~o t9m t1m~o", "until its time is over, and then as if it had fallen due then")]
    [InlineData("x!o ben@o t30m t29m t1m^o^o~o", "as long as was asked for")]
    [InlineData("x!o t10m~o ack@o t10m unack=o^o~o t9m t1m^o~o", "given back: what fell due is told at once")]
    [InlineData("x!o ben@o ack@o t1h t7h^o^o~o", "somebody else has it, for longer")]
    [InlineData("x!o ack@o ben@o t1h^o^o~o", "or for less")]
    [InlineData("x!o ack@o t1h +.o", "that it is over is told")]
    [InlineData("x!o ack@o +.o x!o t10m~o", "the next incident is nobody's")]
    [InlineData("x!o ack@o x x x x x x x x x x x x", "probes do not tell again either")]
    public void Judge_Steps_GiveTransitions(string steps, string because) => new Watched(Urgent).Expect(steps, because);

    [Theory]
    [InlineData("x!o ack@o", 480.0)]
    [InlineData("x!o ben@o", 60.0)]
    [InlineData("x!o ack@o unack=o", 10.0)]
    public void Judge_DueAt_IsTheEndOfIt(string steps, double minutes)
    {
        var watched = new Watched(Urgent).Expect(steps);
        Assert.Equal(watched.State.OpenIncidents[0].OpenedAt.AddMinutes(minutes), watched.State.DueAt);
    }

    [Fact]
    public void Judge_FlappingThatSomebodyHas_TellsNoDigests()
    {
        var flapping = Everything with { FailureThreshold = 1, SuccessThreshold = 1, Alerts = new() { Flapping = new(2, TimeSpan.FromMinutes(10)) } };
        var watched = new Watched(flapping).Expect("x!o +.o x!o +~o ack@o x + x + x + x + x + x + x + x + x + x + x + x + x + x + + + + +");

        Assert.True(watched.State.OpenIncidents[0].Flapping);
        Assert.True(watched.State.DueAt > watched.Now);
        watched.Expect("t10m.o", "and that it is steady is told");
    }

    [Fact]
    public void Judge_CertificateThatEndsSooner_IsWorse()
    {
        var watched = new Watched(Everything with { Alerts = new() { CertificateDays = [21, 7] } });
        ProbeResult Days(ProbeResult result, int days) => result with { Certificate = new("CN=a", "CN=b", watched.Now.AddDays(days), days) };
        watched.Probe(result => Days(result, 20));
        watched.Expect("ack@c");

        var told = Assert.Single(watched.Probe(result => Days(result, 6)));

        Assert.Equal((TransitionType.Reminded, "certificate-7-days"), (told.Type, told.Incident.Rule));
        Assert.Null(told.Incident.AcknowledgementAt(watched.Now));
        Assert.Equal(AcknowledgementEnd.Worse, told.Incident.Acknowledgements![^1].Ended);
    }

    [Fact]
    public void Judge_DriftThatBreaksByNow_IsToldAndIsNobodys()
    {
        var watched = new Watched(Everything with { Alerts = new() { RemindEvery = TimeSpan.FromMinutes(10) } });
        Changed(watched, 'b', ChangeClass.Warning);
        watched.Expect("ack@d t20m");

        var again = Changed(watched, 'c', ChangeClass.Breaking);

        Assert.Equal((TransitionType.Reminded, IncidentSeverity.Error), (again.Type, again.Incident.Severity));
        Assert.Null(again.Incident.AcknowledgementAt(watched.Now));
        watched.Expect("t10m~d", "nobody has it, so it is told again");
        // One that is no worse is news, and is told; whoever has it keeps it.
        watched.Expect("ack@d");
        Assert.Equal("Ann", Changed(watched, 'd', ChangeClass.Warning).Incident.AcknowledgementAt(watched.Now)?.By);
    }

    [Fact]
    public void Judge_SamePersonAgain_HasItAsLongAsTheySayNow()
    {
        var watched = new Watched(Urgent).Expect("x!o ack@o t1m ack@o");

        var taken = Assert.Single(watched.State.OpenIncidents[0].Acknowledgements!);
        Assert.Equal((Start.AddMinutes(1), watched.Now.AddHours(8)), (taken.At, taken.Until));

        var before = watched.State;
        watched.Expect("ack");
        Assert.Same(before, watched.State);
    }

    [Fact]
    public void Judge_SeveralPeople_AreKeptWithTheirEnds()
    {
        var watched = new Watched(Urgent).Expect("x!o ack@o t1m ben@o t1m unack=o unack");

        Assert.Equal(
            [("Ann", AcknowledgementEnd.Replaced), ("Ben", AcknowledgementEnd.TakenBack)],
            watched.State.OpenIncidents[0].Acknowledgements!.Select(each => (each.By, each.Ended!.Value)));
        Assert.Equal((4, 3, 0), (watched.State.OpenIncidents[0].Sequence, watched.State.OpenIncidents[0].Handovers, watched.State.OpenIncidents[0].Revision));
    }

    /// <summary>Whoever hears of the incident is told, and it is no reminder.</summary>
    [Fact]
    public void Judge_Acknowledged_TellsTheChannelsOfTheIncident()
    {
        var watched = new Watched(Urgent).Expect("x!o t15m^o~o t1m ack@o ben@o unack=o t8m t1m~o");

        var told = watched.Told.Where(each => each.Type is TransitionType.Acknowledged or TransitionType.Unacknowledged).ToList();
        Assert.Equal([IncidentRules.Acknowledged, IncidentRules.Acknowledged, IncidentRules.Unacknowledged], told.Select(each => each.Incident.Rule));
        Assert.Equal(["Ann", "Ben", "Ben"], told.Select(each => each.Incident.Acknowledgements![^1].By));
        Assert.All(told, each => Assert.Equal(["ops", "lead"], each.Channels));
        Assert.Equal(Enumerable.Range(1, watched.Told.Count).Select(i => IncidentIds.OfTransition(told[0].Incident.Id, i)), watched.Told.Select(each => each.Id));
    }

    [Fact]
    public void Judge_AnotherIncident_ChangesNothing()
    {
        var watched = new Watched(Urgent).Expect("x!o");
        var before = watched.State;

        watched.Judge(new IncidentAcknowledged(watched.Now, "everything_outage_20200101T000000000Z", "Ann", watched.Now.AddHours(1)));
        watched.Judge(new IncidentNoted(watched.Now, "everything_outage_20200101T000000000Z", new("Ann", watched.Now, "text")));

        Assert.Same(before, watched.State);
    }

    [Fact]
    public void Judge_Notes_AreKeptUpToTheirNumberAndGoWithTheResolve()
    {
        var watched = new Watched(Urgent).Expect("x!o");
        for (var i = 0; i <= IncidentNote.Most; i++)
            watched.Judge(new IncidentNoted(watched.Now, watched.State.OpenIncidents[0].Id, new("Ann", watched.Now, $"note {i}")));

        watched.Expect("+.o");

        Assert.Equal((IncidentNote.Most, "note 0"), (watched.Told[^1].Incident.Notes!.Count, watched.Told[^1].Incident.Notes![0].Text));
    }

    [Fact]
    public void Judge_InAMaintenance_WaitsForItsEndAllTheSame()
    {
        var watched = new Watched(Urgent).Expect("x!o m30m ack@o t30m t7h t29m t1m^o^o~o");
        Assert.Equal(2, watched.State.OpenIncidents[0].Escalations);
    }

    private static Transition Changed(Watched watched, char catalogue, ChangeClass change)
    {
        if (watched.State.Baseline is null)
            watched.Expect("a a");
        IReadOnlyList<Change> changes = [new(change, "a-rule", "echo", "/description", null, null, "It changed.")];
        var told = new List<Transition>();
        for (var i = 0; i < 2; i++)
        {
            watched.Now += watched.Endpoint.Interval;
            told.AddRange(watched.Judge(watched.Observe(watched.Now, "local", Result(catalogue, watched.Now), changes)));
        }

        return told.Last(each => each.Type is TransitionType.Opened || each.Incident.Rule is IncidentRules.CatalogChangedAgain);
    }
}
