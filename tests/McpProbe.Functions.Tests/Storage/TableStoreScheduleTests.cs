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

        Assert.Equal(new ScheduleWindow(Now, Now + Tick), await SendAsync(store, Now, Now + Tick));
        Assert.Equal(new ScheduleWindow(Now + Tick, Now + 2 * Tick), await SendAsync(store, Now + Tick / 2, Now + 2 * Tick));
        Assert.Null(await SendAsync(store, Now + Tick / 2, Now + 2 * Tick));
    }

    [Fact]
    public async Task ClaimSchedule_AfterMissedTicks_LeavesAGapAndFillsNothing()
    {
        var store = await emulators.NewAsync();
        await SendAsync(store, Now, Now + Tick);

        Assert.Equal(
            new ScheduleWindow(Now + 10 * Tick, Now + 11 * Tick), await SendAsync(store, Now + 10 * Tick, Now + 11 * Tick));
    }

    [Fact]
    public async Task ClaimSchedule_OfOtherShardsAndLocations_IsTheirOwn()
    {
        var store = await emulators.NewAsync();
        foreach (var (shard, location) in new[] { (0, "home"), (1, "home"), (0, "west/europe") })
            Assert.NotNull(await store.ClaimScheduleAsync(shard, location, Now, Now + Tick, Cancellation));
    }

    // It died, or could not even say that it failed.
    [Fact]
    public async Task ClaimSchedule_WhoseOwnerVanished_IsTheNextTicksAfterAThirdOfItsReach()
    {
        var store = await emulators.NewAsync();
        await SendAsync(store, Now, Now + Tick);
        await store.ClaimScheduleAsync(0, "home", Now + Tick / 2, Now + 2 * Tick, Cancellation);

        Assert.Null(await store.ClaimScheduleAsync(0, "home", Now + 0.99 * Tick, Now + 3 * Tick, Cancellation));
        var again = await store.ClaimScheduleAsync(0, "home", Now + 3 * Tick, Now + 4 * Tick, Cancellation);

        // From where the lost window began, though that is past: its slots that are no gaps are still worth a probe.
        Assert.Equal(new ScheduleWindow(Now + Tick, Now + 4 * Tick, IsAgain: true), again!.Window);
    }

    [Fact]
    public async Task ClaimSchedule_GivenBack_IsTheNextTicksAtOnce()
    {
        var store = await emulators.NewAsync();
        var failed = await store.ClaimScheduleAsync(0, "home", Now, Now + 2 * Tick, Cancellation);
        await store.GiveBackScheduleAsync(failed!, Cancellation);
        var failedAgain = await store.ClaimScheduleAsync(0, "home", Now + Tick / 10, Now + 2 * Tick, Cancellation);
        await store.GiveBackScheduleAsync(failedAgain!, Cancellation);

        Assert.Equal(new ScheduleWindow(Now, Now + 3 * Tick, IsAgain: true), await SendAsync(store, Now + Tick, Now + 3 * Tick));
        Assert.Equal(new ScheduleWindow(Now + 3 * Tick, Now + 4 * Tick), await SendAsync(store, Now + 2 * Tick, Now + 4 * Tick));
    }

    // Slower than its claim lasts: the lane is somebody else's by now, and what that one says stands.
    [Fact]
    public async Task FinishSchedule_OfALapsedClaim_ChangesNothing()
    {
        var store = await emulators.NewAsync();
        var slow = await store.ClaimScheduleAsync(0, "home", Now, Now + Tick, Cancellation);
        var other = await store.ClaimScheduleAsync(0, "home", Now + Tick, Now + 2 * Tick, Cancellation);

        await store.FinishScheduleAsync(slow!, Cancellation);
        Assert.Null(await store.ClaimScheduleAsync(0, "home", Now + Tick, Now + 3 * Tick, Cancellation));
        await store.FinishScheduleAsync(other!, Cancellation);

        Assert.Equal(new ScheduleWindow(Now + 2 * Tick, Now + 3 * Tick), await SendAsync(store, Now + Tick, Now + 3 * Tick));
    }

    [Fact]
    public async Task ReadScheduledThrough_OfEveryLocation_IsWhatIsSentOrElseTheAgeOfTheStore()
    {
        var start = TimeProvider.System.GetUtcNow();
        var store = await emulators.NewAsync();
        await store.WriteScheduledThroughAsync("home", Now, Cancellation);
        await store.WriteScheduledThroughAsync("home", Now + Tick, Cancellation);
        await store.WriteScheduledThroughAsync("given/up", Now, Cancellation);

        var through = await store.ReadScheduledThroughAsync(["home", "west/europe"], Cancellation);

        Assert.Equal(2, through.Count);
        Assert.Equal(Now + Tick, through["home"]);
        Assert.InRange(through["west/europe"], start.AddMinutes(-1), TimeProvider.System.GetUtcNow().AddMinutes(1));
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
            var windows = await Task.WhenAll(schedulers.Select(store => SendAsync(store, now, now + Tick)));
            claimed.Add(Assert.Single(windows.OfType<ScheduleWindow>()));
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(tick => new ScheduleWindow(Now + tick * Tick, Now + (tick + 1) * Tick)), claimed);
    }

    private static async Task<ScheduleWindow?> SendAsync(TableStore store, DateTimeOffset now, DateTimeOffset through)
    {
        if (await store.ClaimScheduleAsync(0, "home", now, through, Cancellation) is not { } claim)
            return null;
        await store.FinishScheduleAsync(claim, Cancellation);
        return claim.Window;
    }
}
