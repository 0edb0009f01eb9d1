using McpProbe.Alerts;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.Alerts;

public class DeliveryLoopTests
{
    private static Transition Of(string endpoint, int sequence, params string[] channels) =>
        StoreSamples.Transition(endpoint, 1, sequence, channels);

    [Fact]
    public async Task HandOver_TwoChannels_IsDeliveredToEachOnce()
    {
        await using var driver = new DeliveryDriver();
        await driver.StartAsync();
        var opened = Of("a", 1, "ops", "mail");

        await driver.HandOverAsync(opened);
        await driver.StatusAsync(opened, "ops", DeliveryStatus.Delivered, 1);
        await driver.StatusAsync(opened, "mail", DeliveryStatus.Delivered, 1);
        await driver.HandOverAsync(opened);
        await SettledAsync(driver);

        Assert.Equal(1, driver.Sent.Count(sent => sent == (opened.Id, "ops")));
        Assert.Equal(1, driver.Sent.Count(sent => sent == (opened.Id, "mail")));
    }

    [Fact]
    public async Task HandOver_NobodyHearsOfIt_LeavesNothingToDeliver()
    {
        await using var driver = new DeliveryDriver();
        var silent = Of("a", 1);

        await driver.HandOverAsync(silent);

        Assert.Empty(await driver.Store.ReadDeliveriesAsync(silent.Incident.Id, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Send_ThatFails_IsTriedAgainWhenItsTimeComes()
    {
        await using var driver = new DeliveryDriver { Send = (_, _, _) => Task.FromResult(SendOutcome.Retry("answered 503")) };
        await driver.StartAsync();
        var opened = Of("a", 1, "ops");
        await driver.HandOverAsync(opened);
        await driver.StatusAsync(opened, "ops", DeliveryStatus.Pending, 1);
        var row = await driver.Store.FindDeliveryAsync(opened.Id, "ops", TestContext.Current.CancellationToken);
        await SettledAsync(driver);
        Assert.Single(driver.Sent, (opened.Id, "ops"));

        driver.Send = (_, _, _) => Task.FromResult(SendOutcome.Delivered);
        driver.Time.Advance(row!.NextAttemptAt!.Value - driver.Time.GetUtcNow());

        await driver.StatusAsync(opened, "ops", DeliveryStatus.Delivered, 2);
    }

    [Fact]
    public async Task Send_OfALaterTransition_WaitsForTheEarlierOfItsIncidentAndFollowsAtOnce()
    {
        await using var driver = new DeliveryDriver { Send = (_, _, _) => Task.FromResult(SendOutcome.Retry("answered 503")) };
        await driver.StartAsync();
        var (opened, resolved) = (Of("a", 1, "ops"), Of("a", 2, "ops"));
        await driver.HandOverAsync(opened);
        await driver.StatusAsync(opened, "ops", DeliveryStatus.Pending, 1);
        await driver.HandOverAsync(resolved);
        await SettledAsync(driver);
        Assert.DoesNotContain((resolved.Id, "ops"), driver.Sent);

        driver.Send = (_, _, _) => Task.FromResult(SendOutcome.Delivered);
        driver.Time.Advance(TimeSpan.FromSeconds(10));

        // No more time passes: the resolve follows as soon as the opening is delivered.
        await driver.StatusAsync(resolved, "ops", DeliveryStatus.Delivered, 1);
        Assert.Equal([opened.Id, opened.Id, resolved.Id], driver.Sent.Where(sent => sent.Transition.StartsWith('a')).Select(sent => sent.Transition));
    }

    [Fact]
    public async Task Send_ToAChannelThatHangs_KeepsNoOtherWaiting()
    {
        var hang = new TaskCompletionSource<SendOutcome>();
        await using var driver = new DeliveryDriver
        {
            Send = (channel, _, _) => channel.Name == "ops" ? hang.Task : Task.FromResult(SendOutcome.Delivered),
        };
        await driver.StartAsync();
        var hanging = Enumerable.Range(0, 20).Select(i => Of($"h{i}", 1, "ops")).ToList();
        foreach (var transition in hanging)
            await driver.HandOverAsync(transition);
        await Eventually.TrueAsync(() => driver.Sent.Count(sent => sent.Channel == "ops") == 4, "as many as a channel may have in flight");

        var other = Of("a", 1, "mail");
        await driver.HandOverAsync(other);
        await driver.StatusAsync(other, "mail", DeliveryStatus.Delivered, 1);
        Assert.Equal(4, driver.Sent.Count(sent => sent.Channel == "ops"));

        hang.SetResult(SendOutcome.Delivered);
        foreach (var transition in hanging)
            await driver.StatusAsync(transition, "ops", DeliveryStatus.Delivered, 1);
    }

    [Fact]
    public async Task Send_ThatThrows_IsTriedAgainAfterAPause()
    {
        await using var driver = new DeliveryDriver { Send = (_, _, _) => throw new InvalidOperationException("a bug") };
        await driver.StartAsync();
        var opened = Of("a", 1, "ops");
        await driver.HandOverAsync(opened);
        await driver.SentAsync(1);
        driver.Send = (_, _, _) => Task.FromResult(SendOutcome.Delivered);

        await Eventually.TrueAsync(
            async () =>
            {
                driver.Time.Advance(TimeSpan.FromSeconds(1));
                return await driver.Store.FindDeliveryAsync(opened.Id, "ops", TestContext.Current.CancellationToken) is { IsFinal: true };
            },
            "it is delivered in the end");
    }

    [Fact]
    public async Task Start_WithWhatAnEarlierRunLeft_DeliversIt()
    {
        await using var driver = new DeliveryDriver();
        var opened = Of("a", 1, "ops");
        await driver.HandOverAsync(opened);

        await driver.StartAsync();

        await driver.StatusAsync(opened, "ops", DeliveryStatus.Delivered, 1);
    }

    [Fact]
    public async Task Stop_SendInFlight_LetsItEndAndRecordsIt()
    {
        var hang = new TaskCompletionSource<SendOutcome>();
        await using var driver = new DeliveryDriver { Send = (_, _, _) => hang.Task };
        await driver.StartAsync();
        var opened = Of("a", 1, "ops");
        await driver.HandOverAsync(opened);
        await driver.SentAsync(1);

        var stopped = driver.StopAsync();
        Assert.False(stopped.IsCompleted);
        hang.SetResult(SendOutcome.Delivered);
        await stopped;

        await driver.StatusAsync(opened, "ops", DeliveryStatus.Delivered, 1);
    }

    [Fact]
    public async Task Sweep_AtStartAndEachMinute_HandsOverWhatIsPendingInItsOrder()
    {
        await using var driver = new DeliveryDriver();
        var (first, second) = (Of("a", 1, "ops"), Of("b", 1, "ops"));
        await driver.CommitAsync(first);
        await driver.StartAsync();

        await driver.StartSweepAsync();
        await driver.StatusAsync(first, "ops", DeliveryStatus.Delivered, 1);
        await Eventually.TrueAsync(NothingPendingAsync, "the pending row is cleared");

        await driver.CommitAsync(second);
        await Eventually.TrueAsync(
            async () =>
            {
                driver.Time.Advance(TimeSpan.FromSeconds(10));
                return await NothingPendingAsync();
            },
            "the next sweep clears it");
        await driver.StatusAsync(second, "ops", DeliveryStatus.Delivered, 1);

        async Task<bool> NothingPendingAsync() =>
            (await driver.Store.ReadPendingAsync(10, TestContext.Current.CancellationToken)).Count == 0;
    }

    [Fact]
    public async Task Send_ToPeople_GoesAtOnceThenGatheredWhenTheMinuteIsOver()
    {
        await using var driver = new DeliveryDriver();
        await driver.StartAsync();
        var all = Enumerable.Range(0, 5).Select(i => Of($"e{i}", 1, "chat")).ToList();
        await driver.HandOverAsync(all[0]);
        await driver.StatusAsync(all[0], "chat", DeliveryStatus.Delivered, 1);
        foreach (var transition in all.Skip(1))
            await driver.HandOverAsync(transition);
        // All of them are put off until then: nobody asks again before.
        await Eventually.TrueAsync(
            async () => (await driver.Store.ReadWaitingAsync("chat", 10, TestContext.Current.CancellationToken))
                .Count(row => row.NextAttemptAt == StoreSamples.Start.AddMinutes(1)) == 4,
            "they wait");
        Assert.Single(driver.Messages);
        Assert.Empty(driver.Store.ReadDue(driver.Time.GetUtcNow(), 10));

        driver.Time.Advance(TimeSpan.FromMinutes(1));

        foreach (var transition in all)
            await driver.StatusAsync(transition, "chat", DeliveryStatus.Delivered, 1);
        Assert.Equal([1, 4], driver.Messages.Select(message => message.Count));
    }

    private static Transition Severe(Transition transition, IncidentSeverity severity) =>
        transition with { Incident = transition.Incident with { Severity = severity } };

    [Fact]
    public async Task Send_AnOutageWhileWarningsWait_GoesAtOnceAndTakesThemAlong()
    {
        await using var driver = new DeliveryDriver();
        await driver.StartAsync();
        var warnings = Enumerable.Range(0, 4).Select(i => Severe(Of($"e{i}", 1, "chat"), IncidentSeverity.Warning)).ToList();
        await driver.HandOverAsync(warnings[0]);
        await driver.StatusAsync(warnings[0], "chat", DeliveryStatus.Delivered, 1);
        foreach (var warning in warnings.Skip(1))
            await driver.HandOverAsync(warning);
        await SettledAsync(driver);
        var outage = Severe(Of("down", 1, "chat"), IncidentSeverity.Critical);

        await driver.HandOverAsync(outage);

        // The clock has not moved.
        await driver.StatusAsync(outage, "chat", DeliveryStatus.Delivered, 1);
        Assert.Contains(driver.Messages, message => message.Contains(outage.Id) && message.Count == 4);
    }

    [Fact]
    public async Task Send_AnOutageWhileLesserAlertsHang_DoesNotWaitForTheirPlaces()
    {
        var hangs = new TaskCompletionSource();
        await using var driver = new DeliveryDriver();
        driver.Send = async (channel, transition, token) =>
        {
            if (channel.Name == "ops" && transition.Incident.Severity is IncidentSeverity.Warning)
                await hangs.Task.WaitAsync(token);
            return SendOutcome.Delivered;
        };
        await driver.StartAsync();
        foreach (var i in Enumerable.Range(0, 10))
            await driver.HandOverAsync(Severe(Of($"e{i}", 1, "ops"), IncidentSeverity.Warning));
        await driver.SentAsync(4);
        var outage = Severe(Of("down", 1, "ops"), IncidentSeverity.Critical);

        await driver.HandOverAsync(outage);

        await driver.StatusAsync(outage, "ops", DeliveryStatus.Delivered, 1);
        // Of what is due the worst comes first, so that a place that is free again is not for the oldest.
        var next = Severe(Of("next", 1, "ops"), IncidentSeverity.Error);
        await driver.Store.KeepAsync(next, TestContext.Current.CancellationToken);
        Assert.Equal(next.Id, driver.Store.ReadDue(driver.Time.GetUtcNow(), 20).First(due => due.Channel == "ops").Transition.Id);
        hangs.SetResult();
    }

    [Fact]
    public async Task Send_AThousandOfOneHost_AreTwoMessagesAndAreNotAskedAboutOneByOne()
    {
        await using var driver = new DeliveryDriver();
        await driver.StartAsync();
        var first = Of("first", 1, "chat");
        await driver.HandOverAsync(first);
        await driver.StatusAsync(first, "chat", DeliveryStatus.Delivered, 1);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 1000), TestContext.Current.CancellationToken, async (i, _) => await driver.HandOverAsync(Of($"e{i}", 1, "chat")));
        await Eventually.TrueAsync(() => driver.Store.ReadDue(driver.Time.GetUtcNow(), 1).Count == 0, "all are put off");

        driver.Time.Advance(TimeSpan.FromMinutes(1));

        await Eventually.TrueAsync(
            async () => (await driver.Store.ReadWaitingAsync("chat", 1, TestContext.Current.CancellationToken)).Count == 0, "all are delivered", TimeSpan.FromSeconds(60));
        Assert.Equal([1, 1000], driver.Messages.Select(message => message.Count));
    }

    [Fact]
    public async Task Send_ResolveOfWhatWaits_GoesInTheSameMessage()
    {
        await using var driver = new DeliveryDriver();
        await driver.StartAsync();
        var first = Of("a", 1, "chat");
        await driver.HandOverAsync(first);
        await driver.StatusAsync(first, "chat", DeliveryStatus.Delivered, 1);
        var (opened, resolved) = (Of("b", 1, "chat"), Of("b", 2, "chat"));
        await driver.HandOverAsync(opened);
        await driver.HandOverAsync(resolved);
        await SettledAsync(driver);

        driver.Time.Advance(TimeSpan.FromMinutes(1));

        await driver.StatusAsync(resolved, "chat", DeliveryStatus.Delivered, 1);
        Assert.Equal([opened.Id, resolved.Id], driver.Messages.Last());
    }

    [Fact]
    public async Task Start_AfterADeathBetweenClaimAndRecord_RepeatsTheSameMessageAtOnce()
    {
        await using var driver = new DeliveryDriver();
        var token = TestContext.Current.CancellationToken;
        var opened = Of("a", 1, "chat");
        await driver.HandOverAsync(opened);
        // Of another process, which has sent it and did not live to record it.
        await driver.Store.WriteChannelAsync("chat", await driver.Store.ReadChannelAsync("chat", token), ChannelState.New with
        {
            Outgoing = [new OutgoingAlert(opened.Id, [opened.Id], DeliveryStatus.Pending, 1, 0, null, StoreSamples.Start, new AlertLease("dead/1", StoreSamples.Start.AddSeconds(90)))],
        }, token);

        await driver.StartAsync();

        await driver.StatusAsync(opened, "chat", DeliveryStatus.Delivered, 1);
        Assert.Equal([opened.Id], Assert.Single(driver.Messages));
    }

    [Fact]
    public async Task Resend_GivenUp_IsDeliveredWithoutWaiting()
    {
        await using var driver = new DeliveryDriver { Send = (_, _, _) => Task.FromResult(SendOutcome.Refused("answered 413")) };
        await driver.StartAsync();
        var opened = Of("a", 1, "ops", "chat");
        await driver.HandOverAsync(opened);
        await driver.StatusAsync(opened, "ops", DeliveryStatus.GaveUp, 1);
        await driver.StatusAsync(opened, "chat", DeliveryStatus.GaveUp, 1);
        driver.Send = (_, _, _) => Task.FromResult(SendOutcome.Delivered);
        var desk = new AlertDesk(driver.Store, driver.Store, new[] { "ops", "chat" }.ToDictionary(name => name, name => new Channel { Name = name, Type = ChannelType.Ntfy }), driver.Time);

        foreach (var channel in new[] { "ops", "chat" })
        {
            Assert.Equal(ResendOutcome.Resent, await desk.ResendAsync(opened.Id, channel, TestContext.Current.CancellationToken));
            await driver.StatusAsync(opened, channel, DeliveryStatus.Delivered, 1);
        }
        Assert.Empty(await driver.Store.ReadGivenUpAsync(10, TestContext.Current.CancellationToken));
    }

    // The loop has looked at everything that was due: what is handed over now is delivered.
    private static async Task SettledAsync(DeliveryDriver driver)
    {
        var probe = Of($"settled-{Guid.NewGuid():N}", 1, "mail");
        var send = driver.Send;
        driver.Send = (channel, transition, token) =>
            transition.Id == probe.Id ? Task.FromResult(SendOutcome.Delivered) : send(channel, transition, token);
        await driver.HandOverAsync(probe);
        await driver.StatusAsync(probe, "mail", DeliveryStatus.Delivered, 1);
        driver.Send = send;
    }
}
