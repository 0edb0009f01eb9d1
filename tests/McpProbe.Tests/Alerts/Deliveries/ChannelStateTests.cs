using System.Text.Json;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;

namespace McpProbe.Tests.Alerts.Deliveries;

public class ChannelStateTests
{
    private static readonly DateTimeOffset Now = Alerting.Now;

    // Seconds ago; null for never. Expected: whether the ledger is written.
    [Theory]
    [InlineData(null, null, true)]
    [InlineData(59, null, false)]
    [InlineData(60, null, true)]
    [InlineData(59, 58, true)]
    [InlineData(59, 59, false)]
    [InlineData(59, 60, false)]
    [InlineData(null, 10, true)]
    public void After_Delivered_IsToldToTheMinute(int? success, int? error, bool told)
    {
        var ledger = Ledger(success, error);

        var after = ledger.After(SendOutcome.Delivered, "hash", Now);

        if (told)
            Assert.Equal(ledger with { LastSuccess = Now }, after);
        else
            Assert.Same(ledger, after);
    }

    [Theory]
    [InlineData(null, null, "answered 503", true)]
    [InlineData(null, 59, "answered 503", false)]
    [InlineData(null, 60, "answered 503", true)]
    [InlineData(null, 59, "answered 502", true)]
    [InlineData(58, 59, "answered 503", true)]
    [InlineData(59, 59, "answered 503", false)]
    [InlineData(60, 59, "answered 503", false)]
    public void After_Failed_IsToldWhenItIsNews(int? success, int? error, string now, bool told)
    {
        var ledger = Ledger(success, error);

        var after = ledger.After(SendOutcome.Retry(now), "hash", Now);

        if (told)
            Assert.Equal(ledger with { LastError = new ChannelError(Now, now) }, after);
        else
            Assert.Same(ledger, after);
    }

    [Fact]
    public void After_Gone_DisablesAlsoWhenTheErrorIsNoNews()
    {
        var ledger = Ledger(null, 10);

        var after = ledger.After(SendOutcome.Gone("answered 503"), "hash", Now);

        Assert.Equal(ledger with { Disabled = new ChannelClosure(Now, "answered 503", "hash") }, after);
        Assert.Null(ledger.After(SendOutcome.Refused("answered 400"), "hash", Now).Disabled);
        Assert.Equal(new ChannelError(Now, ""), ChannelState.New.After(new SendOutcome(SendStatus.Refused), "hash", Now).LastError);
    }

    [Fact]
    public void Outgoing_ReplacedAndTakenOut_IsTheOneOfThatId()
    {
        var (a, b) = (Outgoing("a"), Outgoing("b"));
        var ledger = ChannelState.New with { Outgoing = [a, b] };

        Assert.Equal([b, a with { Attempts = 3 }], ledger.Replace(a with { Attempts = 3 }).Outgoing);
        Assert.Equal([b], ledger.Without(a).Outgoing);
        Assert.Same(b, ledger.Carrying("b"));
        Assert.Null(ledger.Carrying("c"));
    }

    // Seconds from now at which the lease ends, or null for none; the next attempt is in 30.
    [Theory]
    [InlineData(null, true, 30)]
    [InlineData(90, true, 90)]
    [InlineData(10, true, 30)]
    [InlineData(90, false, 30)]
    public void DueAt_WithALease_IsItsEndWhileTheHolderLives(int? until, bool alive, int expected)
    {
        var alert = Outgoing("a") with { NextAttemptAt = Now.AddSeconds(30), Lease = until is { } end ? new AlertLease("x/1", Now.AddSeconds(end)) : null };

        Assert.Equal(Now.AddSeconds(expected), alert.DueAt(_ => alive));
    }

    [Theory]
    [InlineData("a_outage_1_1", true)]
    [InlineData("a_outage_1_12", true)]
    [InlineData("b_outage_1_1", false)]
    [InlineData("a_outage_1", false)]
    [InlineData("a_outage_1_1_1", false)]
    [InlineData("a_outage_12_1", false)]
    public void Concerns_ATransition_IsItsIncidentOnly(string transition, bool expected)
    {
        Assert.Equal(expected, Outgoing(transition).Concerns("a_outage_1"));
        Assert.Equal(expected, (Outgoing("x") with { Transitions = ["x_outage_1_1", transition] }).Concerns("a_outage_1"));
    }

    [Fact]
    public void IdOf_OneOrSeveral_SaysWhatIsInIt()
    {
        Assert.Equal("a_1", OutgoingAlert.IdOf(["a_1"]));
        // The first 6 bytes of the SHA-256 of the ids, a line each.
        Assert.Equal("a_1+a97b3e7056b0", OutgoingAlert.IdOf(["a_1", "b_1"]));
        Assert.NotEqual(OutgoingAlert.IdOf(["a_1", "b_1"]), OutgoingAlert.IdOf(["a_1", "b_2"]));
    }

    [Fact]
    public void Read_WithoutItsLists_HasEmptyOnes()
    {
        var read = JsonSerializer.Deserialize("{}", EngineJson.Default.ChannelState)!;

        Assert.Empty(read.Sends);
        Assert.Empty(read.Told);
        Assert.Empty(read.Outgoing);
    }

    [Theory]
    [InlineData("Gateway", "https://one.example.com/mcp", "Gateway")]
    [InlineData(null, "https://one.example.com/mcp", "one.example.com")]
    [InlineData(null, "https://x/mcp", "x")]
    [InlineData(null, "npx -y server", "a")]
    [InlineData(null, "file:///opt/server", "a")]
    public void Of_ATransition_IsGatheredByGroupOrHostOrId(string? group, string url, string expected) =>
        Assert.Equal(expected, Delivery.Of(Alerting.Transition(1, "a") with { Endpoint = new EndpointReference("a", "A", group, url) }, "ops", Now).Group);

    [Fact]
    public void Claim_Anything_RemembersWhatCountsForTheLimits()
    {
        var row = Delivery.Of(Alerting.Transition(1, "a", "https://one.example.com/mcp"), "ops", Now);
        GroupTold Told(string group, double secondsAgo, TransitionType type = TransitionType.Opened) => new(group, type, "x", Now.AddSeconds(-secondsAgo));
        var ledger = ChannelState.New with
        {
            Sends = [Now.AddHours(-1), Now.AddHours(-1).AddTicks(1), Now, Now.AddTicks(1)],
            Told =
            [
                Told("two", 60), Told("three", 59), Told("four", 0), Told("five", -1),
                Told("one.example.com", 10), Told("one.example.com", 10, TransitionType.Resolved),
            ],
        };
        var lease = new AlertLease("x/1", Now.AddSeconds(90));

        var claimed = Gathering.Claim(ledger, GatherStep.Send(Outgoing("a") with { Claims = 1 }, [row, row with { Type = null }, row with { Group = null }]), lease, Now);

        Assert.Equal([Now.AddHours(-1).AddTicks(1), Now, Now], claimed.Sends);
        Assert.Equal(
            [Told("three", 59), Told("four", 0), Told("one.example.com", 10, TransitionType.Resolved), new("one.example.com", TransitionType.Opened, row.IncidentId, Now) { Severity = IncidentSeverity.Critical }],
            claimed.Told);
        Assert.Equal((2, lease), (claimed.Outgoing[0].Claims, claimed.Outgoing[0].Lease));
    }

    [Fact]
    public void Claim_TransitionsOfSeveralIncidents_NamesNone()
    {
        var (a, b) = (Delivery.Of(Alerting.Transition(1, "a"), "ops", Now), Delivery.Of(Alerting.Transition(1, "b"), "ops", Now));

        var claimed = Gathering.Claim(ChannelState.New, GatherStep.Send(Outgoing("a"), [a, b, b with { Type = TransitionType.Resolved }]), new("x/1", Now), Now);

        var twice = Gathering.Claim(ChannelState.New, GatherStep.Send(Outgoing("a"), [a, a with { TransitionId = "a_2" }]), new("x/1", Now), Now);
        Assert.Equal([a.IncidentId], twice.Told.Select(told => told.Incident));
        Assert.Equal([(TransitionType.Opened, ""), (TransitionType.Resolved, b.IncidentId)], claimed.Told.Select(told => (told.Type, told.Incident)));
    }

    [Theory]
    [InlineData(1, null, 5)]
    [InlineData(1, 3, 5)]
    [InlineData(1, 120, 120)]
    [InlineData(2, 120, 120)]
    public void Record_NotTried_IsAsIfItHadNotBeenClaimed(int claims, int? retryAfter, int rests)
    {
        var claimed = Claimed(claims);
        var outcome = SendOutcome.Retry("the circuit is open", retryAfter is { } seconds ? Now.AddSeconds(seconds) : null) with { NotTried = true };

        var after = Gathering.Record(claimed, claimed.Outgoing[0], outcome, "hash", Now, jitter: 0);

        Assert.Equal([Now.AddSeconds(-20)], after.Sends);
        Assert.Equal(["before"], after.Told.Select(told => told.Group));
        Assert.Equal(Now.AddSeconds(rests), after.RestsUntil);
        Assert.Null(after.LastError);
        if (claims == 1)
            Assert.Empty(after.Outgoing);
        else
            // It may have been sent by whoever took it first: it stays the same message.
            Assert.Equal(claimed.Outgoing[0] with { LastError = "the circuit is open", NextAttemptAt = Now.AddSeconds(rests), Lease = null }, Assert.Single(after.Outgoing));
    }

    [Fact]
    public void Record_Delivered_KeepsWhatWasToldAndEndsTheRest()
    {
        var claimed = Claimed(1);

        var after = Gathering.Record(claimed, claimed.Outgoing[0], SendOutcome.Delivered, "hash", Now, jitter: 0);

        Assert.Equal(claimed.Sends, after.Sends);
        Assert.Equal(["before", "now"], after.Told.Select(told => told.Group));
        Assert.Null(after.RestsUntil);
        Assert.Equal(Now, after.LastSuccess);
        Assert.Equal(claimed.Outgoing[0] with { Status = DeliveryStatus.Delivered, Attempts = 1, NextAttemptAt = Now, Lease = null }, Assert.Single(after.Outgoing));
    }

    [Theory]
    [InlineData(SendStatus.Retry, DeliveryStatus.Pending, "before now", 5)]
    [InlineData(SendStatus.Refused, DeliveryStatus.GaveUp, "before", 0)]
    [InlineData(SendStatus.Gone, DeliveryStatus.GaveUp, "before", 0)]
    public void Record_Failed_ForgetsWhatNobodyWillBeTold(SendStatus status, DeliveryStatus expected, string told, int next)
    {
        var claimed = Claimed(1);

        var after = Gathering.Record(claimed, claimed.Outgoing[0], new SendOutcome(status, "no"), "hash", Now, jitter: 0);

        Assert.Equal(told, string.Join(' ', after.Told.Select(each => each.Group)));
        Assert.Equal(claimed.Outgoing[0] with { Status = expected, Attempts = 1, LastError = "no", NextAttemptAt = Now.AddSeconds(next), Lease = null }, Assert.Single(after.Outgoing));
        Assert.Equal(status is SendStatus.Gone, after.Disabled is not null);
        Assert.Null(after.RestsUntil);
    }

    /// <summary>A message in its sender's hands since ten seconds ago; the channel rested before that.</summary>
    private static ChannelState Claimed(int claims)
    {
        var at = Now.AddSeconds(-10);
        return ChannelState.New with
        {
            Sends = [Now.AddSeconds(-20), at],
            Told = [new("before", TransitionType.Opened, "x", Now.AddSeconds(-20)), new("now", TransitionType.Opened, "a", at)],
            Outgoing = [Outgoing("a") with { Claims = claims, Lease = new AlertLease("x/1", at.AddSeconds(90)) }],
            RestsUntil = Now.AddSeconds(-15),
        };
    }

    private static ChannelState Ledger(int? success, int? error) => ChannelState.New with
    {
        LastSuccess = success is { } good ? Now.AddSeconds(-good) : null,
        LastError = error is { } bad ? new ChannelError(Now.AddSeconds(-bad), "answered 503") : null,
    };

    private static OutgoingAlert Outgoing(string id) => new(id, [id], DeliveryStatus.Pending, Claims: 0, Attempts: 0, LastError: null, Now, Lease: null);
}
