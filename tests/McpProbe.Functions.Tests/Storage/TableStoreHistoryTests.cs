using System.Globalization;
using McpProbe.Functions.Storage;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using McpProbe.Uptime;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Functions.Tests.Storage;

public class TableStoreHistoryTests(Emulators emulators)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static DateTimeOffset At(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);

    [Fact]
    public async Task ReadResults_OverDaysAndMonths_AreNewestFirst()
    {
        var store = await emulators.NewAsync();
        var before = await store.AddAsync("a");
        await store.AddAsync("a-b");
        DateTimeOffset[] slots =
            [At("2026-09-30T23:59:00Z"), At("2026-10-31T00:00:00Z"), At("2026-10-31T23:59:59Z"), At("2026-11-01T00:00:00Z"), At("2026-11-02T12:00:00Z")];
        foreach (var slot in slots)
        {
            foreach (var id in new[] { "a", "a-b" })
                await store.CommitAsync(new() { EndpointId = id, Before = before, Record = new ProbeRecord(slot, Location, Healthy()) });
        }

        Assert.Equal(slots.Reverse(), (await store.ReadResultsAsync("a", null, 10, Cancellation)).Select(each => each.Slot));
        Assert.Equal(slots[..3].Reverse(), (await store.ReadResultsAsync("a", new(slots[3]), 10, Cancellation)).Select(each => each.Slot));
        Assert.Equal(slots[1..3].Reverse(), (await store.ReadResultsAsync("a", new(slots[3]), 2, Cancellation)).Select(each => each.Slot));
        Assert.Equal(slots[1..4], (await store.ReadResultsAsync("a", slots[1], slots[4], Cancellation)).Select(each => each.Slot).Order());
        Assert.Equal(slots[4], Assert.Single(await store.ReadOverviewAsync(Cancellation), each => each.Registered.Endpoint.Id == "a").Last!.Slot);
    }

    [Fact]
    public async Task ReadResults_MoreThanAPage_AreAllThere()
    {
        var store = await emulators.NewAsync();
        var before = await store.AddAsync("a");
        await Parallel.ForAsync(0, 1100, Cancellation, async (number, _) =>
            await store.CommitAsync(new() { EndpointId = "a", Before = before, Record = new ProbeRecord(Start.AddSeconds(number), Location, Down()) }));

        var newest = await store.ReadResultsAsync("a", null, 1050, Cancellation);
        var all = await store.ReadResultsAsync("a", Start, Start.AddSeconds(1100), Cancellation);

        Assert.Equal(Enumerable.Range(50, 1050).Reverse().Select(number => Start.AddSeconds(number)), newest.Select(each => each.Slot));
        Assert.Equal(1100, all.Count);
    }

    [Fact]
    public async Task ReadPending_MoreThanAPage_IsWhole()
    {
        var store = await emulators.NewAsync(shards: 1);
        string[] ids = [.. Enumerable.Range(0, 11).Select(number => $"e{number}")];
        foreach (var id in ids)
        {
            var transitions = Enumerable.Range(1, 95).Select(sequence => Transition(id, 1, sequence));
            await store.CommitAsync(new() { EndpointId = id, Before = await store.AddAsync(id), After = State(1), Transitions = [.. transitions] });
        }

        var pending = await store.ReadPendingAsync(2000, Cancellation);

        Assert.Equal(1045, pending.Select(each => each.Id).Distinct().Count());
        Assert.All(pending.GroupBy(each => each.Endpoint.Id), group =>
            Assert.Equal(Enumerable.Range(1, 95), group.Select(each => each.Incident.Sequence)));
        await store.ClearPendingAsync(pending, Cancellation);
        Assert.Empty(await store.ReadPendingAsync(10, Cancellation));
    }

    [Fact]
    public async Task Deliveries_ToChannelsOfAnyName_AreFound()
    {
        var store = await emulators.NewAsync();
        var incident = Incident("a", 1).Id;
        foreach (var channel in new[] { "ops/on call", "a#b?", "100%", "Ünïcode|~" })
        {
            var delivery = Delivery(incident, 1, channel);
            await store.WriteDeliveryAsync(delivery, Cancellation);
            Assert.Equal(delivery, await store.FindDeliveryAsync(delivery.TransitionId, channel, Cancellation));
        }
    }

    [Fact]
    public async Task Locations_OneLeavesTheState_ItsRowGoesToo()
    {
        var store = await emulators.NewAsync();
        var before = await store.AddAsync("a");
        var two = State(1) with { Locations = new Dictionary<string, LocationState> { ["west"] = new(Slot(1), Verdict.Down, 1, 0), ["north/east"] = new(Slot(1), Verdict.Healthy, 0, 0) } };
        await store.CommitAsync(new() { EndpointId = "a", Before = before, After = two });
        var read = (await store.ReadStateAsync("a", Cancellation))!;
        Assert.Equal(two.Locations.OrderBy(each => each.Key), read.State.Locations.OrderBy(each => each.Key));

        await store.CommitAsync(new() { EndpointId = "a", Before = read, After = two with { Locations = EndpointState.New.Locations } });

        Assert.Empty((await store.ReadStateAsync("a", Cancellation))!.State.Locations);
    }

    [Fact]
    public async Task Delete_ThatStoppedHalfWay_IsFinishedByTheNextLook()
    {
        var account = await emulators.NewAccountAsync();
        var store = await Stores.OpenAsync(account);
        await store.AddAsync("a");
        // What a crash between the two tables leaves: a definition without a state.
        var state = account.Connect().Tables.GetTableClient(Keys.State);
        await state.DeleteEntityAsync(Keys.Shard(store.ShardOf("a")), Keys.SharedState("a"), cancellationToken: Cancellation);

        Assert.Empty(await store.ReadOverviewAsync(Cancellation));
        Assert.Null(await store.FindEndpointAsync("a", Cancellation));
        Assert.Empty(await store.ListEndpointsAsync(Cancellation));
        Assert.True((await store.PutEndpointAsync(Registered("a"), Cancellation)).Created);
    }

    [Fact]
    public async Task Rollups_OfHoursAndDays_AreReadByTimeAndReplaced()
    {
        var store = await emulators.NewAsync();
        var midnight = At("2026-11-21T00:00:00Z");
        var hour = new RollupRecord(RollupPeriod.Hour, midnight, "west/europe", Rollup.Of([Healthy() with { Cold = false }], 60));
        var next = hour with { Start = midnight.AddHours(1), Rollup = Rollup.Of([Down()], 60) };
        await store.WriteRollupsAsync("a", [hour, next, hour with { Location = "home" }, hour with { Period = RollupPeriod.Day }], Cancellation);
        await store.WriteRollupsAsync("a", [hour with { Rollup = hour.Rollup with { Expected = 61 } }], Cancellation);

        var hours = await store.ReadRollupsAsync("a", RollupPeriod.Hour, midnight, midnight.AddHours(1), Cancellation);

        Assert.Equal(["home", "west/europe"], hours.Select(each => each.Location));
        Assert.Equal([60, 61], hours.Select(each => each.Rollup.Expected));
        Assert.Equal(3.1, hours[0].Rollup.HandshakeMs.Quantile(0.5));
        Assert.Equal(3, (await store.ReadRollupsAsync("a", RollupPeriod.Hour, midnight, midnight.AddDays(1), Cancellation)).Count);
        Assert.Equal(midnight, Assert.Single(await store.ReadRollupsAsync("a", RollupPeriod.Day, midnight, midnight.AddDays(1), Cancellation)).Start);
    }
}
