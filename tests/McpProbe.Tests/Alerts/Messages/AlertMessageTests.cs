using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Messages;
using McpProbe.Model;

namespace McpProbe.Tests.Alerts.Messages;

public class AlertMessageTests
{
    private static AlertMessage Message(params IReadOnlyList<Transition> transitions) =>
        AlertMessage.Of(new Alert("id", transitions), SampleAlerts.Pages);

    private static string Fact(AlertMessage message, string name) => message.Facts.Single(fact => fact.Name == name).Value;

    [Fact]
    public void Of_OutageOpened_SaysWhatSinceWhenWhereAndWhatToDo()
    {
        var message = Message(Alerting.Transition());

        Assert.Equal(("Every <thing> is down", AlertSeverity.Critical), (message.Title, message.Severity));
        Assert.Equal("nobody listens there", message.Text);
        Assert.Equal("2026-11-22 10:00:00 UTC", Fact(message, "Since"));
        Assert.Equal("connect (refused)", Fact(message, "Failed at"));
        Assert.Equal("http://127.0.0.1:3001/mcp", Fact(message, "Address"));
        Assert.Equal("failures-in-a-row", Fact(message, "Rule"));
        Assert.Contains("Restart it", message.Advice, StringComparison.Ordinal);
        Assert.Equal("https://probe.example.com/incidents/every.thing_outage_20261122T100000000Z", message.Link!.Url.AbsoluteUri);
    }

    [Fact]
    public void Of_Resolved_SaysHowLongItLastedAndAsksForNothing()
    {
        var message = Message(SampleAlerts.Of(IncidentKind.Outage, TransitionType.Resolved));

        Assert.Equal(("Search search.prod is back", AlertSeverity.Resolved), (message.Title, message.Severity));
        Assert.Equal("30 min, 2026-11-22 10:00:00 to 10:30:00 UTC", Fact(message, "Lasted"));
        Assert.Equal("It lasted 30 min. What was wrong: What is wrong with search.prod, in a sentence.", message.Text);
        Assert.Null(message.Advice);
        Assert.DoesNotContain(message.Facts, fact => fact.Name is "Since");
    }

    /// <summary>Who has it is a line, and no second telling of what is wrong.</summary>
    [Theory]
    [InlineData(TransitionType.Acknowledged, "Ann has it until 18:30:00 UTC. Until then it is neither told again nor escalated, unless it gets worse.")]
    [InlineData(TransitionType.Unacknowledged, "Ann no longer has it, so it is told again and escalated as before.")]
    public void Of_WhoHasIt_IsShortAndCalm(TransitionType type, string text)
    {
        var message = Message(SampleAlerts.Of(IncidentKind.Outage, type));

        Assert.Equal((text, AlertSeverity.Info, null), (message.Text, message.Severity, message.Advice));
        Assert.Empty(message.Facts);
        Assert.Empty(message.Sections);
        Assert.NotNull(message.Link);
    }

    [Theory]
    [InlineData(IncidentKind.Outage, TransitionType.Reminded, "reminder", "Reminder – Search x is down")]
    [InlineData(IncidentKind.Outage, TransitionType.Escalated, "escalation", "Escalated – Search x is down")]
    [InlineData(IncidentKind.Outage, TransitionType.Acknowledged, "acknowledged", "Acknowledged – Search x is down")]
    [InlineData(IncidentKind.Outage, TransitionType.Unacknowledged, "unacknowledged", "Given back – Search x is down")]
    [InlineData(IncidentKind.Outage, TransitionType.Resolved, "endpoint-deleted", "Search x is no longer watched")]
    [InlineData(IncidentKind.Drift, TransitionType.Resolved, "endpoint-paused", "Search x is paused")]
    [InlineData(IncidentKind.Outage, TransitionType.Reminded, "no-longer-flapping", "Search x stays down")]
    [InlineData(IncidentKind.Degraded, TransitionType.Resolved, "switched-off", "Alerts of this kind are switched off for Search x")]
    [InlineData(IncidentKind.Degraded, TransitionType.Resolved, "became-outage", "Search x is no longer degraded, but down")]
    [InlineData(IncidentKind.Degraded, TransitionType.Resolved, "within-limits-again", "Search x is back to normal")]
    [InlineData(IncidentKind.Drift, TransitionType.Resolved, "drift-within-policy", "The changes of Search x are within its policy")]
    [InlineData(IncidentKind.Suspicious, TransitionType.Reminded, "suspicious-text-again", "Other suspicious text in the tools of Search x")]
    [InlineData(IncidentKind.Degraded, TransitionType.Opened, "budget-exceeded-in-a-row", "Search x is degraded")]
    [InlineData(IncidentKind.Degraded, TransitionType.Opened, "down-at-some-locations", "Search x is down at some locations")]
    [InlineData(IncidentKind.Degraded, TransitionType.Opened, "p95-regression", "Search x is slower than usual")]
    [InlineData(IncidentKind.Drift, TransitionType.Opened, "catalog-changed-warning", "Search x changed")]
    [InlineData(IncidentKind.Drift, TransitionType.Reminded, "catalog-changed-again", "Search x changed again")]
    [InlineData(IncidentKind.Drift, TransitionType.Resolved, "baseline-accepted", "The changes of Search x are accepted")]
    [InlineData(IncidentKind.Drift, TransitionType.Resolved, "baseline-returned", "Search x is as it was before it changed")]
    [InlineData(IncidentKind.Suspicious, TransitionType.Opened, "suspicious-text", "Suspicious text in the tools of Search x")]
    [InlineData(IncidentKind.Certificate, TransitionType.Reminded, "certificate-7-days", "Reminder – The certificate of Search x runs out")]
    [InlineData(IncidentKind.Certificate, TransitionType.Resolved, "certificate-renewed", "The certificate of Search x is renewed")]
    [InlineData(IncidentKind.Gated, TransitionType.Opened, "no-longer-asks-for-credentials", "Search x no longer asks for credentials")]
    [InlineData(IncidentKind.Unwatched, TransitionType.Opened, "unknown-too-long", "Nobody knows how Search x is")]
    [InlineData(IncidentKind.Unwatched, TransitionType.Opened, "cannot-be-probed", "Search x cannot be probed")]
    [InlineData(IncidentKind.Unwatched, TransitionType.Resolved, "known-again", "Search x is watched again")]
    [InlineData(IncidentKind.Unwatched, TransitionType.Opened, "store-failing", "Search x cannot record what it sees")]
    [InlineData(IncidentKind.Unwatched, TransitionType.Resolved, "store-works", "Search x records again")]
    public void Of_Transition_HasATitleInPlainWords(IncidentKind kind, TransitionType type, string rule, string expected) =>
        Assert.Equal(expected, Message(SampleAlerts.Of(kind, type, endpoint: "x", rule: rule)).Title);

    [Fact]
    public void Of_Flapping_SaysThatItGoesUpAndDown()
    {
        var transition = SampleAlerts.Of(IncidentKind.Outage, TransitionType.Reminded, endpoint: "x", rule: "flapping");

        Assert.Equal("Search x goes up and down", Message(transition with { Incident = transition.Incident with { Flapping = true } }).Title);
    }

    [Fact]
    public void Of_Drift_ShowsTheFirstChangesWithTheirClassesAndHowManyMore()
    {
        var message = Message(SampleAlerts.Transitions().Single(each => each.Incident.Kind is IncidentKind.Drift));

        Assert.Equal(("Search search.prod changed and breaks clients", AlertSeverity.Error), (message.Title, message.Severity));
        var section = Assert.Single(message.Sections);
        Assert.Equal("What changed", section.Heading);
        Assert.Equal("• breaking: The tool 'tool1' needs the argument 'query' now.", section.Bullets.First());
        Assert.Equal((6, "• and 15 more"), (section.Bullets.Count(), section.Bullets.Last()));
    }

    [Fact]
    public void Of_Suspicious_ShowsTheFindings()
    {
        var message = Message(SampleAlerts.Transitions().Single(each => each.Incident.Kind is IncidentKind.Suspicious));

        var section = Assert.Single(message.Sections);
        Assert.Equal(("Suspicious text", "• tool1: The description holds 12 hidden characters."), (section.Heading, section.Bullets.First()));
        Assert.Contains("Keep agents away", message.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_EndpointsOfOneHost_IsOneTitleAndALineEach()
    {
        var message = AlertMessage.Of(SampleAlerts.Gathered(32), SampleAlerts.Pages);

        Assert.Equal("32 endpoints of gateway.example.com are down", message.Title);
        Assert.Equal(AlertSeverity.Critical, message.Severity);
        var bullets = Assert.Single(message.Sections).Bullets.ToList();
        Assert.Equal("• Search tool-1 is down since 10:00:00 UTC, at https://gateway.example.com/mcp: What is wrong with tool-1, in a sentence.", bullets[0]);
        Assert.Equal((21, "• and 12 more"), (bullets.Count, bullets[^1]));
        Assert.Contains("what they share", message.Advice, StringComparison.Ordinal);
        Assert.Equal("https://probe.example.com/", message.Link!.Url.AbsoluteUri);
    }

    [Fact]
    public void Of_SeveralForOneReason_SaysItOnce()
    {
        var one = SampleAlerts.Gathered(2).Transitions;
        var message = Message([.. one.Select(each => each with { Incident = each.Incident with { Summary = "The gateway answered 503." } })]);

        Assert.Equal("All for the same reason: The gateway answered 503.", message.Text);
        Assert.Equal("• Search tool-2 is down since 10:00:00 UTC, at https://gateway.example.com/mcp", Assert.Single(message.Sections).Bullets.Last());
    }

    [Fact]
    public void Of_SeveralKinds_CountsEachAndPutsTheWorstFirst()
    {
        var message = Message(
            SampleAlerts.Of(IncidentKind.Outage, TransitionType.Resolved, endpoint: "a"),
            SampleAlerts.Of(IncidentKind.Drift, TransitionType.Opened, endpoint: "b"),
            SampleAlerts.Of(IncidentKind.Outage, TransitionType.Opened, endpoint: "c"),
            SampleAlerts.Of(IncidentKind.Outage, TransitionType.Opened, endpoint: "d") with { Endpoint = new("d", "d", "payments", "stdio-server") });

        Assert.Equal("2 endpoints are down, 1 changed, 1 is back", message.Title);
        Assert.Equal(["c", "d", "b", "a"], Assert.Single(message.Sections).Lines.Select(line => line.Split(' ') is ["Search", var name, ..] ? name : "d"));
    }

    [Fact]
    public void Of_OpenedAndResolvedWhileItWaited_IsTheNewsOfTheResolve()
    {
        var (opened, resolved) = (SampleAlerts.Of(IncidentKind.Outage, TransitionType.Opened), SampleAlerts.Of(IncidentKind.Outage, TransitionType.Resolved));

        Assert.Equal(Message(resolved).Title, Message(opened, resolved).Title);
        Assert.Equal(AlertSeverity.Resolved, Message(opened, resolved).Severity);
    }

    [Fact]
    public void Of_AllResolved_IsGoodNews()
    {
        var message = Message(
            SampleAlerts.Of(IncidentKind.Outage, TransitionType.Resolved, endpoint: "a"), SampleAlerts.Of(IncidentKind.Outage, TransitionType.Resolved, endpoint: "b"));

        Assert.Equal(("2 endpoints of gateway.example.com are back", AlertSeverity.Resolved), (message.Title, message.Severity));
        Assert.Null(message.Advice);
    }

    [Fact]
    public void Of_Sample_SaysThatItIsATest()
    {
        var sample = SampleAlert.Of(new Channel { Name = "ops", Type = ChannelType.Slack }, Alerting.Now);

        var message = Message(sample);

        Assert.True(SampleAlert.Is(sample));
        Assert.Equal(("Test alert from McpProbe", AlertSeverity.Info), (message.Title, message.Severity));
        Assert.Contains("'ops': nothing is wrong", message.Text, StringComparison.Ordinal);
        Assert.Equal(["ops"], sample.Channels);
    }

    [Fact]
    public void Of_SeveralOfOneEndpoint_ReadsLikeTheWorstAlone()
    {
        var drift = SampleAlerts.Transitions().Single(each => each.Incident.Kind is IncidentKind.Drift);
        var outage = SampleAlerts.Of(IncidentKind.Outage, TransitionType.Opened, failure: new Failure(FailureKind.Refused, Phase.Connect, "nobody listens there"));
        var alone = Message(outage);

        foreach (var message in new[] { Message(drift, outage), Message(outage, drift) })
        {
            Assert.Equal((alone.Title, alone.Severity, alone.Text, alone.Advice), (message.Title, message.Severity, message.Text, message.Advice));
            Assert.Equal(alone.Link, message.Link);
            Assert.Equal(alone.Facts, message.Facts);
            var also = Assert.Single(message.Sections);
            Assert.Equal("Also", also.Heading);
            Assert.Equal("Search search.prod changed and breaks clients since 10:00:00 UTC: What is wrong with search.prod, in a sentence.", Assert.Single(also.Lines));
        }
    }

    [Fact]
    public void Of_OneThatIsBackAndOneThatIsDown_OfOneEndpoint_IsTheTrouble()
    {
        var message = Message(SampleAlerts.Of(IncidentKind.Degraded, TransitionType.Resolved, rule: "became-outage"), SampleAlerts.Of(IncidentKind.Outage, TransitionType.Opened));

        Assert.Equal(("Search search.prod is down", AlertSeverity.Critical), (message.Title, message.Severity));
        Assert.Equal("Search search.prod is no longer degraded, but down after 30 min", Assert.Single(message.Sections).Lines.Single());
    }

    [Theory]
    [InlineData("Europe/Berlin", "2026-11-22 10:00:00 UTC (11:00:00 in Europe/Berlin), 30 min ago", "30 min, 2026-11-22 10:00:00 to 10:30:00 UTC (11:00:00 to 11:30:00 in Europe/Berlin)")]
    [InlineData("Pacific/Auckland", "2026-11-22 10:00:00 UTC (23:00:00 in Pacific/Auckland), 30 min ago", "30 min, 2026-11-22 10:00:00 to 10:30:00 UTC (23:00:00 to 23:30:00 in Pacific/Auckland)")]
    [InlineData("Pacific/Kiritimati", "2026-11-22 10:00:00 UTC (2026-11-23 00:00:00 in Pacific/Kiritimati), 30 min ago", "30 min, 2026-11-22 10:00:00 to 10:30:00 UTC (2026-11-23 00:00:00 to 00:30:00 in Pacific/Kiritimati)")]
    [InlineData("Asia/Kathmandu", "2026-11-22 10:00:00 UTC (15:45:00 in Asia/Kathmandu), 30 min ago", "30 min, 2026-11-22 10:00:00 to 10:30:00 UTC (15:45:00 to 16:15:00 in Asia/Kathmandu)")]
    [InlineData("UTC", "2026-11-22 10:00:00 UTC, 30 min ago", "30 min, 2026-11-22 10:00:00 to 10:30:00 UTC")]
    public void Of_InAZone_ShowsItsTimesBesideUtc(string zone, string since, string lasted)
    {
        AlertMessage In(TransitionType type) =>
            AlertMessage.Of(Alert.Of(SampleAlerts.Of(IncidentKind.Outage, type)), null, TimeZoneInfo.FindSystemTimeZoneById(zone));

        Assert.Equal(since, Fact(In(TransitionType.Reminded), "Since"));
        Assert.Equal(lasted, Fact(In(TransitionType.Resolved), "Lasted"));
    }

    [Fact]
    public void Of_GatheredLaterThanTheDay_SaysTheDay()
    {
        var late = SampleAlerts.Of(IncidentKind.Outage, TransitionType.Reminded, endpoint: "a") with { At = Alerting.Now.AddDays(2) };

        var message = AlertMessage.Of(
            new Alert("id", [late, SampleAlerts.Of(IncidentKind.Outage, TransitionType.Opened, endpoint: "b")]), null, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));

        Assert.Contains("is down since 2026-11-22 10:00:00 UTC (11:00:00 in Europe/Berlin), at https://gateway", message.Sections[0].Lines[0], StringComparison.Ordinal);
        Assert.Contains("is down since 10:00:00 UTC (11:00:00 in Europe/Berlin), at https://gateway", message.Sections[0].Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_Noted_TellsTheNewestNote()
    {
        var resolved = SampleAlerts.Of(IncidentKind.Outage, TransitionType.Resolved);
        var noted = resolved with { Incident = resolved.Incident with { Notes = [new("Ann", Alerting.Now, "looking"), new("Ben", Alerting.Now, "rolled\nback")] } };

        Assert.Equal("Ben: rolled back", Fact(Message(noted), "Note"));
    }

    [Fact]
    public void Of_NoPages_HasNoLink() => Assert.Null(AlertMessage.Of(Alert.Of(Alerting.Transition()), pages: null).Link);

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(59.9, "59 s")]
    [InlineData(60, "1 min")]
    [InlineData(75, "1 min 15 s")]
    [InlineData(3_600, "1 h")]
    [InlineData(12_060, "3 h 21 min")]
    [InlineData(187_200, "2 d 4 h")]
    [InlineData(34_560_000, "400 d")]
    public void Duration_AnyLength_HasTwoUnits(double seconds, string expected) =>
        Assert.Equal(expected, AlertWords.Duration(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Advice_EveryFailure_HasItsOwn()
    {
        var advice = Enum.GetValues<FailureKind>().Select(AlertAdvice.For).ToList();

        Assert.Equal(advice.Count, advice.Distinct().Count());
        Assert.All(advice, each => Assert.EndsWith(".", each, StringComparison.Ordinal));
    }

    [Fact]
    public void Advice_EveryOpenIncident_HasSome() => Assert.All(
        Enum.GetValues<IncidentKind>(), kind => Assert.EndsWith(".", Message(SampleAlerts.Of(kind, TransitionType.Opened)).Advice, StringComparison.Ordinal));
}
