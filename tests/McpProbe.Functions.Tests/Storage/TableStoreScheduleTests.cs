using McpProbe.Functions.Storage;
using McpProbe.Testing;

namespace McpProbe.Functions.Tests.Storage;

public class TableStoreScheduleTests(Emulators emulators)
{
    private static readonly DateTimeOffset Now = StoreSamples.Start;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ClaimSchedule_TickAfterTick_ContinuesWhereTheLastEnded()
    {
        var store = await emulators.NewAsync();

        Assert.Equal(new ScheduleWindow(Now, Now + Tick), await store.ClaimScheduleAsync(0, "home", Now, Now + Tick, Cancellation));
        Assert.Equal(
            new ScheduleWindow(Now + Tick, Now + 2 * Tick),
            await store.ClaimScheduleAsync(0, "home", Now + Tick / 2, Now + 2 * Tick, Cancellation));
        Assert.Null(await store.ClaimScheduleAsync(0, "home", Now + Tick / 2, Now + 2 * Tick, Cancellation));
    }

    [Fact]
    public async Task ClaimSchedule_AfterMissedTicks_LeavesAGapAndFillsNothing()
    {
        var store = await emulators.NewAsync();
        await store.ClaimScheduleAsync(0, "home", Now, Now + Tick, Cancellation);

        var window = await store.ClaimScheduleAsync(0, "home", Now + 10 * Tick, Now + 11 * Tick, Cancellation);

        Assert.Equal(new ScheduleWindow(Now + 10 * Tick, Now + 11 * Tick), window);
    }

    [Fact]
    public async Task ClaimSchedule_OfOtherShardsAndLocations_IsTheirOwn()
    {
        var store = await emulators.NewAsync();
        foreach (var (shard, location) in new[] { (0, "home"), (1, "home"), (0, "west/europe") })
            Assert.NotNull(await store.ClaimScheduleAsync(shard, location, Now, Now + Tick, Cancellation));
    }

    // Two schedulers at once: whoever loses a race sends nothing, so no slot is sent twice; nothing is lost either.
    [Fact]
    public async Task ClaimSchedule_ByManySchedulersAtOnce_GivesEveryInstantToExactlyOne()
    {
        var account = await emulators.NewAccountAsync();
        var schedulers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Stores.OpenAsync(account)));

        var claimed = new List<ScheduleWindow>();
        for (var tick = 0; tick < 10; tick++)
        {
            var now = Now + tick * Tick;
            var windows = await Task.WhenAll(schedulers.Select(store =>
                store.ClaimScheduleAsync(0, "home", now, now + Tick, Cancellation)));
            claimed.Add(Assert.Single(windows.OfType<ScheduleWindow>()));
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(tick => new ScheduleWindow(Now + tick * Tick, Now + (tick + 1) * Tick)), claimed);
    }
}
