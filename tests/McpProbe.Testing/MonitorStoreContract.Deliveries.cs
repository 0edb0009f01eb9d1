using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Monitoring;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Testing;

// What a store keeps of deliveries: docs/architecture.md, Delivery promises 4.
public abstract partial class MonitorStoreContract
{
    [Fact]
    public async Task Keep_New_IsTheTransitionAndARowForEachChannel()
    {
        var transition = Transition("a", 1, 1, "ops", "mail");

        var rows = await Deliveries.KeepAsync(transition, Cancellation);

        Assert.Equal(["ops", "mail"], rows.Select(row => row.Channel));
        Assert.All(rows, row => Assert.Equal(
            (transition.Id, DeliveryStatus.Pending, 0, TransitionType.Opened, Slot(1), "example.com"),
            (row.TransitionId, row.Status, row.Attempts, row.Type!.Value, row.At!.Value, row.Group)));
        AssertSame(transition, await Deliveries.FindTransitionAsync(transition.Id, Cancellation));
        Assert.Equal(rows[0], await Deliveries.FindDeliveryAsync(transition.Id, "ops", Cancellation));
        Assert.Equal(["mail", "ops"], (await History.ReadDeliveriesAsync(transition.Incident.Id, Cancellation)).Select(row => row.Channel));
        Assert.Equal(rows[0], Assert.Single(await Deliveries.ReadWaitingAsync("ops", 10, Cancellation)));
        Assert.Null(await Deliveries.FindTransitionAsync(Transition("a", 1, 2).Id, Cancellation));
    }

    [Fact]
    public async Task Keep_Again_LeavesWhatIsThereAndAddsWhatIsMissing()
    {
        var transition = Transition("a", 1, 1, "ops");
        var delivered = (await Deliveries.KeepAsync(transition, Cancellation))[0] with { Status = DeliveryStatus.Delivered, Attempts = 1, NextAttemptAt = null };
        await Deliveries.WriteDeliveryAsync(delivered, Cancellation);

        var rows = await Deliveries.KeepAsync(transition with { Channels = ["ops", "mail"] }, Cancellation);

        Assert.Equal([delivered.Status, DeliveryStatus.Pending], rows.Select(row => row.Status));
        Assert.Equal(delivered, await Deliveries.FindDeliveryAsync(transition.Id, "ops", Cancellation));
        Assert.Empty(await Deliveries.ReadWaitingAsync("ops", 10, Cancellation));
        Assert.Single(await Deliveries.ReadWaitingAsync("mail", 10, Cancellation));
        Assert.Equal(["ops"], (await Deliveries.FindTransitionAsync(transition.Id, Cancellation))!.Channels);
    }

    [Fact]
    public async Task Keep_ALargeTransition_IsReadBackAsItWas()
    {
        var text = new Random(1).GetString("abcdefghijklmnopqrstuvwxyz0123456789", 400_000);
        var large = Transition("a", 1, 1, "ops") with
        {
            Changes = [Change() with { After = System.Text.Json.JsonSerializer.SerializeToElement(text) }],
        };

        await Deliveries.KeepAsync(large, Cancellation);

        AssertSame(large, await Deliveries.FindTransitionAsync(large.Id, Cancellation));
        Assert.Single(await History.ReadDeliveriesAsync(large.Incident.Id, Cancellation));
    }

    [Fact]
    public async Task FindEarlier_IsTheNewestOfTheIncidentAndChannelThatIsOnItsWay()
    {
        var rows = new Dictionary<(int, string), Delivery>();
        foreach (var sequence in new[] { 1, 2, 3, 5 })
        {
            var channels = sequence == 3 ? ["mail"] : new[] { "ops", "mail" };
            foreach (var row in await Deliveries.KeepAsync(Transition("a", 1, sequence, channels), Cancellation))
                rows.Add((sequence, row.Channel), row);
        }
        await Deliveries.KeepAsync(Transition("b", 1, 4, "ops"), Cancellation);
        var fifth = rows[(5, "ops")];

        // Not the fourth, which was for nobody, nor the third, which was for another channel.
        Assert.Equal(rows[(2, "ops")], await Deliveries.FindEarlierAsync(fifth, Cancellation));
        await FinishAsync(rows[(2, "ops")], DeliveryStatus.Delivered);
        Assert.Equal(rows[(1, "ops")], await Deliveries.FindEarlierAsync(fifth, Cancellation));
        await FinishAsync(rows[(1, "ops")], DeliveryStatus.GaveUp);
        Assert.Null(await Deliveries.FindEarlierAsync(fifth, Cancellation));
        Assert.Null(await Deliveries.FindEarlierAsync(rows[(1, "mail")], Cancellation));
        Assert.Equal(rows[(3, "mail")], await Deliveries.FindEarlierAsync(rows[(5, "mail")], Cancellation));
    }

    [Fact]
    public async Task ReadWaiting_OfAChannel_IsOldestFirstLimitedAndWithoutWhatIsFinal()
    {
        var rows = new List<Delivery>();
        foreach (var slot in new[] { 3, 1, 4, 2 })
            rows.AddRange(await Deliveries.KeepAsync(Transition($"e{slot}", slot, 1, "ops", "mail"), Cancellation));
        await FinishAsync(rows.Single(row => row.At == Slot(2) && row.Channel == "ops"), DeliveryStatus.Delivered);

        Assert.Equal([Slot(1), Slot(3), Slot(4)], (await Deliveries.ReadWaitingAsync("ops", 10, Cancellation)).Select(row => row.At!.Value));
        Assert.Equal([Slot(1), Slot(2)], (await Deliveries.ReadWaitingAsync("mail", 2, Cancellation)).Select(row => row.At!.Value));
        Assert.Empty(await Deliveries.ReadWaitingAsync("other", 10, Cancellation));
    }

    [Fact]
    public async Task WriteChannel_FromAnOlderVersion_ChangesNothing()
    {
        var none = await Deliveries.ReadChannelAsync("ops", Cancellation);
        AssertSame(ChannelState.New, none.State);
        Assert.Null(none.Version);

        Assert.True(await Deliveries.WriteChannelAsync("ops", none, Remembered(1), Cancellation));
        Assert.False(await Deliveries.WriteChannelAsync("ops", none, Remembered(2), Cancellation));
        var first = await Deliveries.ReadChannelAsync("ops", Cancellation);
        AssertSame(Remembered(1), first.State);
        Assert.True(await Deliveries.WriteChannelAsync("ops", first, Remembered(2), Cancellation));
        Assert.False(await Deliveries.WriteChannelAsync("ops", first, Remembered(3), Cancellation));

        AssertSame(Remembered(2), (await Deliveries.ReadChannelAsync("ops", Cancellation)).State);
        Assert.Null((await Deliveries.ReadChannelAsync("mail", Cancellation)).Version);
    }

    [Fact]
    public async Task WriteChannel_ManyFromOneVersionAtOnce_OneIsWritten()
    {
        await Deliveries.WriteChannelAsync("ops", await Deliveries.ReadChannelAsync("ops", Cancellation), Remembered(0), Cancellation);
        var before = await Deliveries.ReadChannelAsync("ops", Cancellation);

        var written = await Task.WhenAll(Enumerable.Range(1, 20).Select(i => Task.Run(() =>
            Deliveries.WriteChannelAsync("ops", before, Remembered(i), Cancellation))));

        Assert.Single(written, true);
        AssertSame(Remembered(1 + Array.IndexOf(written, true)), (await Deliveries.ReadChannelAsync("ops", Cancellation)).State);
    }

    [Fact]
    public async Task WriteChannel_WithAThousandTransitionsOut_IsReadBackAsItWas()
    {
        string[] ids = [.. Enumerable.Range(0, 1000).Select(i => Transition($"a-rather-long-name-of-an-endpoint-{i}", i).Id)];
        var state = Remembered(1) with
        {
            Outgoing = [new OutgoingAlert(ids[0], ids, DeliveryStatus.Pending, 1, 1, "answered 503", Slot(3), new AlertLease("x/1", Slot(4)))],
        };

        await Deliveries.WriteChannelAsync("ops", await Deliveries.ReadChannelAsync("ops", Cancellation), state, Cancellation);

        AssertSame(state, (await Deliveries.ReadChannelAsync("ops", Cancellation)).State);
    }

    [Fact]
    public async Task ReadGivenUp_OfAllIncidents_IsNewestFirstAndWithoutWhatWasSentAgain()
    {
        var rows = new List<Delivery>();
        foreach (var slot in new[] { 2, 1, 3 })
            rows.AddRange(await Deliveries.KeepAsync(Transition($"e{slot}", slot, 1, "ops", "mail"), Cancellation));
        Assert.Empty(await History.ReadGivenUpAsync(10, Cancellation));
        foreach (var row in rows.Where(row => row.Channel == "ops"))
            await FinishAsync(row, DeliveryStatus.GaveUp);

        Assert.Equal([Slot(3), Slot(2), Slot(1)], (await History.ReadGivenUpAsync(10, Cancellation)).Select(row => row.At!.Value));
        Assert.Equal([Slot(3), Slot(2)], (await History.ReadGivenUpAsync(2, Cancellation)).Select(row => row.At!.Value));

        var again = rows.Single(row => row.At == Slot(2) && row.Channel == "ops") with { Resends = 1 };
        await Deliveries.WriteDeliveryAsync(again, Cancellation);
        Assert.Equal([Slot(3), Slot(1)], (await History.ReadGivenUpAsync(10, Cancellation)).Select(row => row.At!.Value));
        Assert.Equal(again, Assert.Single(await Deliveries.ReadWaitingAsync("ops", 10, Cancellation)));

        await FinishAsync(again, DeliveryStatus.Delivered);
        Assert.Equal([Slot(3), Slot(1)], (await History.ReadGivenUpAsync(10, Cancellation)).Select(row => row.At!.Value));
        Assert.Empty(await Deliveries.ReadWaitingAsync("ops", 10, Cancellation));
    }

    [Fact]
    public async Task ReadChannels_Several_ShowStateAndWhatWaits()
    {
        await Deliveries.WriteChannelAsync("ops", await Deliveries.ReadChannelAsync("ops", Cancellation), Remembered(1), Cancellation);
        await Deliveries.KeepAsync(Transition("a", 1, 1, "mail", "ops"), Cancellation);
        await FinishAsync((await Deliveries.KeepAsync(Transition("b", 1, 1, "ops"), Cancellation))[0], DeliveryStatus.Delivered);
        await Deliveries.KeepAsync(Transition("c", 1, 1, "mail"), Cancellation);

        var channels = await History.ReadChannelsAsync(Cancellation);

        Assert.Equal([("mail", 2), ("ops", 1)], channels.Select(channel => (channel.Name, channel.Waiting)));
        AssertSame(ChannelState.New, channels[0].State);
        AssertSame(Remembered(1), channels[1].State);
    }

    [Fact]
    public async Task ReadIncidents_BeforeAnInstant_AreTheOlderOnes()
    {
        await CommittedAsync(new StateChange
        {
            EndpointId = "a",
            Before = await NewEndpointAsync("a"),
            After = State(1),
            Incidents = [Incident("a", 1), Incident("a", 2), Incident("a", 3)],
        });
        await CommittedAsync(new StateChange { EndpointId = "b", Before = await NewEndpointAsync("b"), After = State(1), Incidents = [Incident("b", 2)] });

        Assert.Equal([Incident("a", 1).Id], (await History.ReadIncidentsAsync("a", Slot(2), 10, Cancellation)).Select(each => each.Id));
        Assert.Equal(
            [Incident("a", 1).Id, Incident("a", 2).Id, Incident("b", 2).Id],
            (await History.ReadIncidentsAsync(null, Slot(3), 10, Cancellation)).Select(each => each.Id).Order());
        Assert.Empty(await History.ReadIncidentsAsync(null, Slot(1), 10, Cancellation));
    }

    [Fact]
    public async Task Open_Again_ShowsChannelsAndTransitionsToBeDelivered()
    {
        await Deliveries.WriteChannelAsync("ops", await Deliveries.ReadChannelAsync("ops", Cancellation), Remembered(1), Cancellation);
        await Deliveries.KeepAsync(Transition("a", 1, 1, "ops"), Cancellation);
        var before = await Deliveries.ReadChannelAsync("ops", Cancellation);

        await ReopenAsync();

        AssertSame(Transition("a", 1, 1, "ops"), await Deliveries.FindTransitionAsync(Transition("a", 1).Id, Cancellation));
        Assert.Single(await Deliveries.ReadWaitingAsync("ops", 10, Cancellation));
        Assert.True(await Deliveries.WriteChannelAsync("ops", before, Remembered(2), Cancellation));
    }

    private static ChannelState Remembered(int slot) => new()
    {
        Sends = [Slot(slot), Slot(slot + 1)],
        Told = [new GroupTold("example.com", TransitionType.Opened, Incident("a", slot).Id, Slot(slot))],
        Outgoing = [new OutgoingAlert("x", ["a_1", "b_1"], DeliveryStatus.GaveUp, 2, 1, "answered 400", Slot(slot), Lease: null)],
        RestsUntil = Slot(slot + 2),
        Disabled = new ChannelClosure(Slot(slot), "answered 410", "0123456789abcdef"),
        LastSuccess = Slot(slot),
        LastError = new ChannelError(Slot(slot), "answered 410"),
    };

    private Task FinishAsync(Delivery row, DeliveryStatus status) => Deliveries.WriteDeliveryAsync(
        row with { Status = status, Attempts = 1, NextAttemptAt = null, UpdatedAt = Slot(9) }, Cancellation);
}
