using System.Diagnostics.Metrics;
using McpProbe.Alerts;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using McpProbe.Model;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Alerts;

public class AlertDeskTests : IAlertOutbox
{
    private readonly FakeTimeProvider _time = new(Alerting.Now);
    private readonly MemoryStore _rows;
    private readonly List<Transition> _handedOver = [];
    private readonly Dictionary<string, Channel> _channels = new()
    {
        ["ops"] = new() { Name = "ops", Type = ChannelType.Webhook, Url = "https://hooks.example.com/x" },
        ["mail"] = new() { Name = "mail", Type = ChannelType.Email },
    };

    private SendOutcome _answer = SendOutcome.Refused("answered 413");
    private int _sends;

    public AlertDeskTests() => _rows = new MemoryStore(_time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private AlertDesk Desk => new(_rows, this, _channels, _time);

    private DeliveryWorker Worker => new(_rows, _channels, SendAsync, _ => null, _time);

    Task IAlertOutbox.HandOverAsync(Transition transition, CancellationToken cancellationToken)
    {
        _handedOver.Add(transition);
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData("ops")]
    [InlineData("mail")]
    public async Task Resend_GivenUp_StartsAnewAndIsDelivered(string channel)
    {
        var transition = Alerting.Transition() with { Channels = ["ops", "mail"] };
        await _rows.KeepAsync(transition, Token);
        await Worker.DeliverAsync(transition, channel, Token);
        Assert.Equal(DeliveryStatus.GaveUp, _rows.Rows[(transition.Id, channel)].Status);

        Assert.Equal(ResendOutcome.Resent, await Desk.ResendAsync(transition.Id, channel, Token));

        var row = _rows.Rows[(transition.Id, channel)];
        Assert.Equal((DeliveryStatus.Pending, 0, 1, 1, Alerting.Now), (row.Status, row.Attempts, row.EarlierAttempts, row.Resends, row.NextAttemptAt));
        Assert.Equal([channel], Assert.Single(_handedOver).Channels);
        _answer = SendOutcome.Delivered;
        _time.Advance(TimeSpan.FromMinutes(1));
        await Worker.DeliverAsync(_handedOver[0], channel, Token);
        Assert.Equal(DeliveryStatus.Delivered, _rows.Rows[(transition.Id, channel)].Status);
        Assert.Equal(2, _sends);
    }

    [Fact]
    public async Task Resend_AfterADeathThatLeftTheMessageInTheChannelsState_IsNotGivenUpByItAgain()
    {
        var transition = Alerting.Transition() with { Channels = ["mail"] };
        await Worker.DeliverAsync(transition, "mail", Token);
        var left = new OutgoingAlert(transition.Id, [transition.Id], DeliveryStatus.GaveUp, 1, 1, "answered 413", Alerting.Now, Lease: null);
        _rows.Write("mail", ChannelState.New with { Outgoing = [left] });
        _answer = SendOutcome.Delivered;

        await Desk.ResendAsync(transition.Id, "mail", Token);
        await Worker.DeliverAsync(transition, "mail", Token);

        Assert.Equal(DeliveryStatus.Delivered, _rows.Rows[(transition.Id, "mail")].Status);
        Assert.Empty(_rows.ChannelOf("mail").Outgoing);
    }

    [Fact]
    public async Task Resend_Delivered_IsRefused()
    {
        var transition = Alerting.Transition();
        _answer = SendOutcome.Delivered;
        await Worker.DeliverAsync(transition, "ops", Token);

        Assert.Equal(ResendOutcome.AlreadyDelivered, await Desk.ResendAsync(transition.Id, "ops", Token));

        Assert.Equal(DeliveryStatus.Delivered, _rows.Rows[(transition.Id, "ops")].Status);
        Assert.Empty(_handedOver);
    }

    [Fact]
    public async Task Resend_WhatIsNotThere_SaysWhat()
    {
        var transition = Alerting.Transition();
        await Worker.DeliverAsync(transition, "ops", Token);
        Assert.Equal(ResendOutcome.NotFound, await Desk.ResendAsync("every.thing_outage_1_9", "ops", Token));
        Assert.Equal(ResendOutcome.NotFound, await Desk.ResendAsync(transition.Id, "mail", Token));
        Assert.Equal(ResendOutcome.UnknownChannel, await Desk.ResendAsync(transition.Id, "gone", Token));

        _rows.Forget(transition.Id);
        Assert.Equal(ResendOutcome.NotKept, await Desk.ResendAsync(transition.Id, "ops", Token));
        Assert.Equal(DeliveryStatus.GaveUp, _rows.Rows[(transition.Id, "ops")].Status);
    }

    [Fact]
    public async Task Resend_OnItsWay_IsHandedOverAgainForACrashBeforeTheCourierHadIt()
    {
        var transition = Alerting.Transition();
        await _rows.KeepAsync(transition, Token);

        Assert.Equal(ResendOutcome.OnItsWay, await Desk.ResendAsync(transition.Id, "ops", Token));

        Assert.Equal(0, _rows.Rows[(transition.Id, "ops")].Resends);
        Assert.Single(_handedOver);
    }

    [Fact]
    public async Task Test_Delivered_EnablesAndPassesLimits()
    {
        _answer = SendOutcome.Delivered;
        _rows.Write("mail", ChannelState.New with
        {
            Disabled = new ChannelClosure(Alerting.Now, "answered 410", "x"),
            Sends = [.. Enumerable.Repeat(Alerting.Now, 10)],
        });

        var test = await new ChannelTester(_channels, SendAsync, Desk, _time).TestAsync("mail", Token);

        Assert.Equal(ChannelTestStatus.Delivered, test.Status);
        Assert.Contains("enabled again", test.Message, StringComparison.Ordinal);
        Assert.Null(_rows.ChannelOf("mail").Disabled);
        Assert.False(await Desk.EnableAsync("mail", Token));
    }

    [Fact]
    public async Task Test_NotDelivered_SaysWhyAndEnablesNothing()
    {
        _rows.Write("ops", ChannelState.New with { Disabled = new ChannelClosure(Alerting.Now, "answered 410", "x") });

        var test = await new ChannelTester(_channels, SendAsync, Desk, _time).TestAsync("ops", Token);

        Assert.Equal(
            (ChannelTestStatus.Failed, "The test alert did not reach channel 'ops': answered 413. Correct the channel or its receiver, and test again."),
            (test.Status, test.Message));
        Assert.NotNull(_rows.ChannelOf("ops").Disabled);
        Assert.Empty(_rows.Rows);
    }

    [Fact]
    public async Task Test_UnknownChannel_NamesThoseThereAre()
    {
        var test = await new ChannelTester(_channels, SendAsync, desk: null, _time).TestAsync("opps", Token);

        Assert.Equal((ChannelTestStatus.UnknownChannel, "No channel is named 'opps'. There are: mail, ops."), (test.Status, test.Message));
        Assert.Equal(0, _sends);
    }

    [Fact]
    public async Task Deliver_Ended_IsCountedByChannelAndStatusWithItsDelay()
    {
        var measured = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "McpProbe.Alerts")
                self.EnableMeasurementEvents(instrument);
        };
        var name = $"counted-{Guid.NewGuid():N}";
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();
        _channels[name] = _channels["ops"] with { Name = name };

        await Worker.DeliverAsync(Alerting.Transition(1, "a"), name, Token);
        _answer = SendOutcome.Delivered;
        _time.Advance(TimeSpan.FromSeconds(7));
        await Worker.DeliverAsync(Alerting.Transition(1, "b"), name, Token);

        Assert.Equal(["mcpprobe.deliveries 1 gave-up", "mcpprobe.deliveries 1 delivered", "mcpprobe.delivery.delay 7 "], measured);

        // Other tests deliver at the same time.
        void Add<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var of = tags.ToArray().ToDictionary(tag => tag.Key, tag => (string?)tag.Value);
            if (of["channel"] == name)
                measured.Add($"{instrument.Name} {value} {of.GetValueOrDefault("status")}");
        }
    }

    private Task<SendOutcome> SendAsync(Channel channel, Alert alert, CancellationToken cancellationToken)
    {
        _sends++;
        return Task.FromResult(_answer);
    }
}
