using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;

namespace McpProbe.Tests.Incidents.Rules;

/// <summary>Nothing is known of an endpoint: silence is no good news.</summary>
public class UnknownTests
{
    private static readonly Endpoint Minutely = Watched.Everything;

    [Fact]
    public void Unknown_ForAQuarterOfAnHour_OpensOnceAndResolvesWithTheFirstWord()
    {
        var watched = new Watched(Minutely).Expect("+ ? ? ? t12m t1m!u ? ? +.u + ?");

        Assert.Equal([IncidentRules.UnknownTooLong, IncidentRules.KnownAgain], watched.Rules);
        var opened = watched.Told[0];
        Assert.Equal((IncidentKind.Unwatched, Verdict.Unknown, FailureKind.ProberOffline), (opened.Incident.Kind, opened.Verdict, opened.Failure!.Kind));
    }

    [Theory]
    [InlineData("? t14m t1m!u", "a quarter of an hour, counted from the first")]
    [InlineData("? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ?!u", "by probes alone")]
    [InlineData("? t14m x ? t14m t1m!u", "a probe that fails says something")]
    [InlineData("+ t1h", "it is known, though no probe came: that is told by the prober's health")]
    [InlineData("m1h ? t30m t28m t1m!u", "a maintenance holds it back")]
    [InlineData("? t15m!u pause.u ? t14m t1m!u", "pausing closes it, and what was before does not count")]
    [InlineData("x x x!o ? t15m!u x.u", "beside an outage that nobody saw end")]
    public void Unknown_InItsTime(string steps, string because) => new Watched(Minutely).Expect(steps, because);

    [Theory]
    [InlineData(600, "? t29m t1m!u", "three intervals, where they are longer")]
    [InlineData(60, "? t14m t1m!u", "a quarter of an hour at least")]
    public void Unknown_DefaultPatience_FollowsTheInterval(int seconds, string steps, string because) =>
        new Watched(Minutely with { Interval = TimeSpan.FromSeconds(seconds) }).Expect(steps, because);

    [Fact]
    public void Unknown_PatienceOfItsOwn_IsKept() =>
        new Watched(Minutely with { Alerts = new AlertPolicy { Unwatched = new UnwatchedRule(TimeSpan.FromMinutes(5)) } }).Expect("? t4m t1m!u");

    [Fact]
    public void Unknown_SwitchedOff_NeverOpensAndClosesWhatIsOpen()
    {
        var never = Minutely with { Alerts = new AlertPolicy { Unwatched = null } };
        new Watched(never).Expect("? t1h 0 t24h");

        var watched = new Watched(Minutely).Expect("? t15m!u");
        watched.Endpoint = never;
        watched.Expect("?.u");
    }

    // No waiting mends it: as soon as three failures would be told.
    [Fact]
    public void SecretMissing_IsToldAsSoonAsAFailureWouldBe()
    {
        var watched = new Watched(Minutely).Expect("0 0 0!u +.u");

        Assert.Equal([IncidentRules.CannotBeProbed, IncidentRules.KnownAgain], watched.Rules);
        Assert.Contains("the environment variable TOKEN", watched.Told[0].Incident.Summary, StringComparison.Ordinal);
        var message = AlertMessage.Of(Alert.Of(watched.Told[0]), pages: null);
        Assert.Equal(("everything cannot be probed", AlertSeverity.Error), (message.Title, message.Severity));
        Assert.Contains("Mend the endpoint's definition", message.Advice, StringComparison.Ordinal);
    }

    // One location that is offline is no news, as long as another one says something.
    [Fact]
    public void Unknown_AtOneOfTwoLocations_IsNoIncident() =>
        new Watched(Minutely).Expect("[++] [?+] [+?] [?+] [?+] [?+] [?+] [?+] [?+] [?+] [?+] [?+] [?+] [?+] [?+] [?+] [?+] [?+] t1h");

    // The prober's own network is down: a thousand endpoints of a hundred hosts are one message, besides the first.
    [Fact]
    public void ProberOffline_ManyEndpointsOfManyGroups_AreOneGatheredMessage()
    {
        var told = Enumerable.Range(0, 1000).Select(i =>
        {
            var watched = new Watched(Minutely with { Id = $"e{i}", Group = i % 3 == 0 ? $"g{i}" : null, Url = new Uri($"https://host{i % 100}.example/mcp") });
            watched.Expect("? t15m!u");
            return watched.Told[0];
        }).ToList();
        var rows = told.Select(each => Delivery.Of(each, "chat", each.At)).ToList();
        var now = told[0].At;
        var limit = SendLimits.Of(new Channel { Name = "chat", Type = ChannelType.Slack })!;

        var state = ChannelState.New;
        var first = Gathering.Next(state, limit, [rows[0]], _ => false, now);
        state = Gathering.Claim(state, first, new AlertLease("x", now), now);
        state = Gathering.Record(state, first.Alert! with { Lease = new AlertLease("x", now) }, SendOutcome.Delivered, "x", now, 0);
        state = state with { Outgoing = [] };
        Assert.Null(Gathering.Next(state, limit, rows[1..], _ => false, now + TimeSpan.FromSeconds(30)).Alert);
        var second = Gathering.Next(state, limit, rows[1..], _ => false, now + TimeSpan.FromSeconds(61));

        Assert.Equal(999, second.Alert!.Transitions.Count);
        var message = AlertMessage.Of(new Alert("gathered", told[1..]), pages: null);
        Assert.Equal("999 endpoints are not watched", message.Title);
        Assert.StartsWith("All for the same reason: The prober has no network", message.Text, StringComparison.Ordinal);
    }
}
