using McpProbe.Server.Scheduling;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Server.Tests.Scheduling;

public class SlotWatchTests
{
    private static readonly Endpoint Minutely = StoreSamples.Endpoint("a");

    private readonly FakeTimeProvider _time = new(StoreSamples.Start);

    [Fact]
    public void Stale_NeverProbed_WaitsForItsFirstIntervalAndThenIs()
    {
        var watch = new SlotWatch(_time);
        watch.Watch(Minutely);

        // The first slot comes within 60 s, its probe takes 10 s at most, and then it is to be stored.
        Assert.Empty(After(watch, TimeSpan.FromSeconds(100)));
        Assert.Equal(StoreSamples.Start, Assert.Single(After(watch, TimeSpan.FromSeconds(1))).Since);
    }

    [Fact]
    public void Stale_AfterItsLastResult_IsAfterThreeIntervalsUntilTheNext()
    {
        var watch = new SlotWatch(_time);
        watch.Watch(Minutely);
        watch.Recorded("a", StoreSamples.Start);

        Assert.Empty(After(watch, TimeSpan.FromMinutes(3)));
        Assert.Single(After(watch, TimeSpan.FromSeconds(1)));
        watch.Recorded("a", _time.GetUtcNow());
        Assert.Empty(After(watch, TimeSpan.Zero));
        // An older one that comes late is no news.
        watch.Recorded("a", StoreSamples.Start);
        Assert.Empty(After(watch, TimeSpan.FromMinutes(2)));
    }

    [Fact]
    public void Stale_PausedOrDeleted_IsNot()
    {
        var watch = new SlotWatch(_time);
        watch.Watch(Minutely);
        watch.Forget("a");

        Assert.Empty(After(watch, TimeSpan.FromDays(1)));
        Assert.Equal(0, watch.Count);
    }

    [Fact]
    public void Missed_OnceAfterASleep_IsNoTroubleAndAgainAndAgainIs()
    {
        var watch = new SlotWatch(_time);
        watch.Missed(500);
        Assert.Null(watch.MissedLately(_time.GetUtcNow()));

        _time.Advance(TimeSpan.FromMinutes(1));
        watch.Missed(2);

        var missed = watch.MissedLately(_time.GetUtcNow())!;
        Assert.Equal((502, StoreSamples.Start), (missed.Count, missed.Since));
        Assert.Null(watch.MissedLately(_time.GetUtcNow() + TimeSpan.FromMinutes(6)));
    }

    private IReadOnlyList<Web.Health.StaleEndpoint> After(SlotWatch watch, TimeSpan passed)
    {
        _time.Advance(passed);
        return watch.Stale(_time.GetUtcNow());
    }
}
