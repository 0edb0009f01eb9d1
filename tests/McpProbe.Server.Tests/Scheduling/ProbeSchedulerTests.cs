using System.Collections.Concurrent;
using McpProbe.Monitoring;
using McpProbe.Testing;
using static McpProbe.Server.Tests.Scheduling.SchedulerDriver;

namespace McpProbe.Server.Tests.Scheduling;

public class ProbeSchedulerTests
{
    [Fact]
    public async Task Run_AnHour_StartsEverySlotOnce()
    {
        await using var driver = new SchedulerDriver();
        Endpoint[] endpoints = [Every("a", 60), Every("b", 60), Every("c", 90), Every("d", 7), Every("e", 3600)];
        await driver.PutAsync(endpoints);
        var start = driver.Time.GetUtcNow();
        driver.Start();

        for (var minute = 0; minute < 360; minute++)
        {
            await driver.StartedAsync(endpoints.Sum(Due));
            driver.Time.Advance(TimeSpan.FromSeconds(10) / 2);
            await driver.StartedAsync(endpoints.Sum(Due));
            driver.Time.Advance(TimeSpan.FromSeconds(10) / 2);
        }
        await driver.StartedAsync(endpoints.Sum(Due));

        Assert.All(endpoints, endpoint =>
        {
            var first = Schedule.SlotAt(endpoint, start);
            Assert.Equal(
                Enumerable.Range(0, Due(endpoint)).Select(i => first + i * endpoint.Interval), driver.SlotsOf(endpoint.Id));
        });
        Assert.Equal(0, driver.Gaps);

        int Due(Endpoint endpoint) => 1 + (int)((Schedule.SlotAt(endpoint, driver.Time.GetUtcNow()) - Schedule.SlotAt(endpoint, start)) / endpoint.Interval);
    }

    [Fact]
    public async Task Run_DefinitionThatCannotBeRead_HasItsSlotsAndTheySayWhy()
    {
        await using var driver = new SchedulerDriver();
        // As a version with looser rules may have stored it.
        await driver.PutAsync(Every("wrong", 60) with { Timeout = TimeSpan.FromSeconds(90), Channels = ["ops"] });
        driver.Start();
        await driver.StartedAsync(1);
        driver.Time.Advance(TimeSpan.FromSeconds(60));
        await driver.StartedAsync(2);

        Assert.All(driver.Started, request => Assert.Equal(("ops", false), (Assert.Single(request.Endpoint.Channels), request.Endpoint.HasTarget)));
        Assert.All(driver.Started, request => Assert.Contains("timeout", request.Unprobed!.Message, StringComparison.Ordinal));

        await driver.PutAsync(Every("wrong", 60));
        driver.Time.Advance(TimeSpan.FromSeconds(60));
        await Eventually.TrueAsync(() => driver.Started.Last().Unprobed is null, "it is probed again");
    }

    [Fact]
    public async Task Run_AtStart_LooksUpTheOpenSlotAndNoneAfterIt()
    {
        await using var driver = new SchedulerDriver();
        await driver.PutAsync(Every("a", 60));
        driver.Start();
        await driver.StartedAsync(1);

        driver.Time.Advance(TimeSpan.FromSeconds(60));
        await driver.StartedAsync(2);

        Assert.Equal([true, false], driver.Started.Select(request => request.Repeat));
        Assert.All(driver.Started, request => Assert.Equal("local", request.Location));
    }

    [Fact]
    public async Task Run_ClockJumpsAnHourAhead_StartsTheOpenSlotAndCountsTheGaps()
    {
        await using var driver = new SchedulerDriver();
        var endpoint = Every("a", 60);
        await driver.PutAsync(endpoint);
        driver.Start();
        await driver.StartedAsync(1);
        var first = Assert.Single(driver.SlotsOf("a"));
        await IdleAsync(driver);

        // As after a sleep: the timers know nothing of it, and tick on.
        driver.Time.AdjustTime(driver.Time.GetUtcNow() + TimeSpan.FromHours(1));
        driver.Time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => driver.SlotsOf("a").Count() == 2, "the open slot starts");

        var slots = driver.SlotsOf("a").ToList();
        Assert.Equal(Schedule.SlotAt(endpoint, driver.Time.GetUtcNow()), slots[1]);
        Assert.Equal((long)((slots[1] - first) / endpoint.Interval) - 1, driver.Gaps);
    }

    [Fact]
    public async Task Run_ClockIsSetBackAnHour_GoesOnAndLooksSlotsUp()
    {
        await using var driver = new SchedulerDriver();
        var endpoint = Every("a", 60);
        await driver.PutAsync(endpoint);
        driver.Start();
        await driver.StartedAsync(1);
        await IdleAsync(driver);

        driver.Time.AdjustTime(driver.Time.GetUtcNow() - TimeSpan.FromHours(1));
        for (var second = 0; second < 61; second++)
        {
            driver.Time.Advance(TimeSpan.FromSeconds(1));
            await IdleAsync(driver);
        }
        await Eventually.TrueAsync(() => driver.SlotsOf("a").Count() >= 2, "a slot of the hour that comes again starts");

        var again = driver.Started.Where(request => request.Endpoint.Id == "a").ElementAt(1);
        Assert.True(again.Repeat);
        Assert.Equal(Schedule.SlotAt(endpoint, again.Slot), again.Slot);
        Assert.True(again.Slot < driver.SlotsOf("a").First());
    }

    [Fact]
    public async Task Run_ProbeLongerThanItsInterval_NeverOverlapsAndSkipsWhatItMissed()
    {
        await using var driver = new SchedulerDriver();
        var endpoint = Every("a", 10);
        await driver.PutAsync(endpoint);
        var hang = new TaskCompletionSource();
        driver.Probe = (_, _) => hang.Task;
        driver.Start();
        await driver.StartedAsync(1);

        for (var second = 0; second < 35; second++)
            driver.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(driver.Started);
        driver.Probe = (_, _) => Task.CompletedTask;
        hang.SetResult();
        await driver.StartedAsync(2);

        var slots = driver.SlotsOf("a").ToList();
        Assert.Equal(Schedule.SlotAt(endpoint, driver.Time.GetUtcNow()), slots[1]);
        Assert.Equal((slots[1] - slots[0]) / endpoint.Interval - 1, driver.Gaps);
        Assert.Equal(1, driver.MostInFlight);
    }

    [Fact]
    public async Task Run_ManyDueAtOnce_KeepsToTheConcurrencyAndStartsAll()
    {
        await using var driver = new SchedulerDriver(concurrency: 3);
        await driver.PutAsync([.. Enumerable.Range(0, 20).Select(i => Every($"e{i}", 60))]);
        using var gate = new SemaphoreSlim(0);
        driver.Probe = (_, token) => gate.WaitAsync(token);
        driver.Start();

        await driver.StartedAsync(3);
        gate.Release(20);
        await driver.StartedAsync(20);

        Assert.Equal(3, driver.MostInFlight);
        Assert.Equal(20, driver.Started.Select(request => request.Endpoint.Id).Distinct().Count());
    }

    /// <summary>
    /// Servers that take 5 s: 10 in flight work 120 probes a minute, where 500 are due. Each endpoint has its turn all the same, as
    /// often as any other; and when the servers are quick again, every slot is met from the next minute on.
    /// </summary>
    [Fact]
    public async Task Run_MoreThanCanBeDone_SkipsFairlyCountsTheGapsAndRecovers()
    {
        const int limit = 10;
        await using var driver = new SchedulerDriver(limit);
        Endpoint[] endpoints = [.. Enumerable.Range(0, 500).Select(i => Every($"e{i}", 60))];
        await driver.PutAsync(endpoints);
        var start = driver.Time.GetUtcNow();
        var waiting = 0;
        driver.Probe = (_, token) =>
        {
            var answer = Task.Delay(TimeSpan.FromSeconds(5), driver.Time, token);
            Interlocked.Increment(ref waiting);
            return answer;
        };
        driver.Start();
        // The open slot of each is due at once, at the start.
        for (var second = 0; second < 1200; second += 5)
        {
            var expected = limit * (1 + second / 5);
            await Eventually.TrueAsync(() => Volatile.Read(ref waiting) == expected, $"{expected} probes wait for their server");
            driver.Time.Advance(TimeSpan.FromSeconds(5));
        }
        var slow = driver.Started.GroupBy(request => request.Endpoint.Id).ToDictionary(each => each.Key, each => each.Select(request => request.Slot).ToList());

        Assert.Equal(endpoints.Length, slow.Count);
        // 500 endpoints at 2 a second: every 250 s, as its slots fall.
        Assert.All(slow.Values, slots => Assert.All(slots.Zip(slots.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, TimeSpan.FromSeconds(180), TimeSpan.FromSeconds(300))));
        Assert.InRange(slow.Values.Max(slots => slots.Count) - slow.Values.Min(slots => slots.Count), 0, 1);

        driver.Probe = (_, _) => Task.CompletedTask;
        driver.Time.Advance(TimeSpan.FromSeconds(5));
        for (var second = 0; second < 65; second++)
        {
            driver.Time.Advance(TimeSpan.FromSeconds(1));
            await IdleAsync(driver);
        }
        var gaps = driver.Gaps;
        for (var second = 0; second < 60; second++)
        {
            driver.Time.Advance(TimeSpan.FromSeconds(1));
            await IdleAsync(driver);
        }

        Assert.Equal(gaps, driver.Gaps);
        Assert.All(endpoints, endpoint =>
        {
            var slots = driver.SlotsOf(endpoint.Id).ToList();
            Assert.Equal(Schedule.SlotAt(endpoint, driver.Time.GetUtcNow()), slots[^1]);
            Assert.Equal(slots.Distinct().Order(), slots);
        });
        // Every slot was either probed or counted as a gap.
        Assert.Equal(
            endpoints.Sum(endpoint => 1 + (Schedule.SlotAt(endpoint, driver.Time.GetUtcNow()) - Schedule.SlotAt(endpoint, start)) / endpoint.Interval),
            driver.Started.Count(request => request.Endpoint.Id[0] == 'e') + driver.Gaps);
        Assert.Equal(limit, driver.MostInFlight);
    }

    /// <summary>
    /// At the start every endpoint's slot is open. With more than can be probed beside what falls due, the open slots are left out, and not
    /// the slots of the following minutes late.
    /// </summary>
    [Fact]
    public async Task Run_StartWithMoreThanCanBeDone_IsOnTimeFromTheSecondMinuteOn()
    {
        const int limit = 50;
        await using var driver = new SchedulerDriver(limit, manyAtStart: 100);
        // 32 a second fall due, 50 can be done.
        Endpoint[] endpoints = [.. Enumerable.Range(0, 1_900).Select(i => Every($"e{i}", 60)), .. Enumerable.Range(0, 20).Select(i => Every($"hourly{i}", 3600))];
        await driver.PutAsync(endpoints);
        var start = driver.Time.GetUtcNow();
        var (inFlight, late, ended) = (new ConcurrentQueue<TaskCompletionSource>(), new ConcurrentBag<TimeSpan>(), 0);
        driver.Probe = (request, _) =>
        {
            var now = driver.Time.GetUtcNow();
            if (now >= start + TimeSpan.FromSeconds(60))
                late.Add(now - request.Slot);
            var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            inFlight.Enqueue(answer);
            return answer.Task;
        };
        driver.Start();
        await AllStartedAsync();
        for (var step = 0; step < 90 * 5; step++)
        {
            driver.Time.Advance(TimeSpan.FromSeconds(0.2));
            await AllStartedAsync();
            for (var left = limit / 5; left > 0 && inFlight.TryDequeue(out var answer); left--, ended++)
                answer.SetResult();
            await AllStartedAsync();
        }

        Assert.InRange(late.Count, 900, 1_000);
        Assert.All(late, lag => Assert.InRange(lag, TimeSpan.Zero, TimeSpan.FromSeconds(1)));
        Assert.All(endpoints, endpoint => Assert.NotEmpty(driver.SlotsOf(endpoint.Id)));

        while (inFlight.TryDequeue(out var answer))
            answer.SetResult();

        Task AllStartedAsync() => Eventually.TrueAsync(
            () => inFlight.Count == limit || ended + inFlight.Count + driver.Gaps == Slots(), $"as many as may start have started: {(driver.Time.GetUtcNow() - start).TotalSeconds} s, {ended} ended, {inFlight.Count} in flight, {driver.Gaps} left out, of {Slots()} slots");

        long Slots() => endpoints.Sum(endpoint => 1 + (Schedule.SlotAt(endpoint, driver.Time.GetUtcNow()) - Schedule.SlotAt(endpoint, start)).Ticks / endpoint.Interval.Ticks);
    }

    // A list of thousands takes its time at a start: each look at this clock takes 2 ms.
    [Fact]
    public async Task Run_SlotThatFallsDueWhileTheListIsRead_IsProbed()
    {
        await using var driver = new SchedulerDriver();
        Endpoint[] endpoints = [.. Enumerable.Range(0, 300).Select(i => Every($"e{i}", 5))];
        await driver.PutAsync(endpoints);
        var start = driver.Time.GetUtcNow();
        driver.Time.AutoAdvanceAmount = TimeSpan.FromMilliseconds(2);
        driver.Start();
        await driver.StartedAsync(64);
        driver.Time.AutoAdvanceAmount = TimeSpan.Zero;

        for (var second = 0; second < 5; second++)
        {
            var due = endpoints.Where(endpoint => Schedule.NextSlot(endpoint, start) <= driver.Time.GetUtcNow()).ToList();
            await Eventually.TrueAsync(
                () => due.TrueForAll(endpoint => driver.SlotsOf(endpoint.Id).Contains(Schedule.NextSlot(endpoint, start))), "what fell due since the start is probed");
            driver.Time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task Run_EndpointAddedWhileItRuns_IsProbedAtOnce()
    {
        await using var driver = new SchedulerDriver();
        driver.Start();
        await IdleAsync(driver);

        await driver.PutAsync(Every("a", 3600));

        await driver.StartedAsync(1);
    }

    [Fact]
    public async Task Run_EndpointDeletedOrPaused_IsProbedNoMore()
    {
        await using var driver = new SchedulerDriver();
        await driver.PutAsync(Every("deleted", 10), Every("paused", 10), Every("kept", 10));
        driver.Start();
        await driver.StartedAsync(3);

        await driver.DeleteAsync("deleted");
        await driver.PutAsync(Every("paused", 10) with { Paused = true });
        // Changes are worked in their order: once this one is, those before it are.
        await driver.PutAsync(Every("last", 10));
        await Eventually.TrueAsync(() => driver.SlotsOf("last").Any(), "the last change is worked");
        for (var i = 1; i <= 5; i++)
        {
            driver.Time.Advance(TimeSpan.FromSeconds(10));
            await Eventually.TrueAsync(() => driver.SlotsOf("kept").Count() == 1 + i, $"slot {i} of what is kept");
        }

        Assert.Single(driver.SlotsOf("deleted"));
        Assert.Single(driver.SlotsOf("paused"));

        await driver.PutAsync(Every("paused", 10));
        await Eventually.TrueAsync(() => driver.SlotsOf("paused").Count() == 2, "it is probed again when it is no longer paused");
    }

    [Fact]
    public async Task Run_DeletedAndCreatedAgainDuringItsProbe_NeverOverlaps()
    {
        await using var driver = new SchedulerDriver();
        await driver.PutAsync(Every("a", 60));
        var hang = new TaskCompletionSource();
        driver.Probe = (_, _) => hang.Task;
        driver.Start();
        await driver.StartedAsync(1);

        await driver.DeleteAsync("a");
        await driver.PutAsync(Every("a", 60), Every("last", 60));
        await Eventually.TrueAsync(() => driver.SlotsOf("last").Any(), "the changes are worked");
        Assert.Single(driver.SlotsOf("a"));
        hang.SetResult();

        await Eventually.TrueAsync(() => driver.SlotsOf("a").Count() == 2, "the new one is probed after the old probe ended");
    }

    [Fact]
    public async Task Run_IntervalChangedWhileItRuns_FollowsTheNewGrid()
    {
        await using var driver = new SchedulerDriver();
        await driver.PutAsync(Every("a", 3600));
        driver.Start();
        await driver.StartedAsync(1);

        var faster = Every("a", 5);
        await driver.PutAsync(faster);
        await driver.StartedAsync(2);
        driver.Time.Advance(TimeSpan.FromSeconds(5));
        await driver.StartedAsync(3);

        Assert.Equal(Schedule.SlotAt(faster, driver.Time.GetUtcNow()), driver.Started.Last().Slot);
        Assert.Equal(TimeSpan.FromSeconds(5), driver.Started.Last().Endpoint.Interval);
    }

    [Fact]
    public async Task Run_CycleThrows_GoesOn()
    {
        await using var driver = new SchedulerDriver();
        await driver.PutAsync(Every("a", 10), Every("b", 10));
        driver.Probe = (request, _) => request.Endpoint.Id == "a" ? throw new InvalidOperationException("a bug") : Task.CompletedTask;
        driver.Start();
        await driver.StartedAsync(2);

        for (var i = 1; i <= 3; i++)
        {
            driver.Time.Advance(TimeSpan.FromSeconds(10));
            await driver.StartedAsync(2 + 2 * i);
        }

        Assert.Equal(4, driver.SlotsOf("a").Count());
        Assert.Equal(4, driver.SlotsOf("b").Count());
    }

    [Fact]
    public async Task Stop_ProbeInFlight_LetsItEndAndStartsNoOther()
    {
        await using var driver = new SchedulerDriver();
        await driver.PutAsync(Every("a", 10));
        var hang = new TaskCompletionSource();
        driver.Probe = (_, _) => hang.Task;
        driver.Start();
        await driver.StartedAsync(1);

        var stopped = await driver.StopAsync();
        driver.Time.Advance(TimeSpan.FromSeconds(14));
        Assert.False(stopped.IsCompleted);
        hang.SetResult();
        await stopped.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Single(driver.Started);
    }

    [Fact]
    public async Task Stop_ProbeThatHangs_IsCancelledAfterTheGrace()
    {
        await using var driver = new SchedulerDriver();
        await driver.PutAsync(Every("a", 60));
        var cancelled = new TaskCompletionSource();
        driver.Probe = async (_, token) =>
        {
            using var onCancel = token.Register(() => cancelled.TrySetResult());
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        };
        driver.Start();
        await driver.StartedAsync(1);

        var stopped = await driver.StopAsync();
        // The grace is waited for from some moment after the request to stop.
        await Eventually.TrueAsync(
            () =>
            {
                driver.Time.Advance(TimeSpan.FromSeconds(1));
                return stopped.IsCompleted;
            },
            "it ends");

        Assert.True(cancelled.Task.IsCompletedSuccessfully);
        Assert.True(driver.Time.GetUtcNow() - StoreSamples.Start >= TimeSpan.FromSeconds(15));
    }

    // The loop has worked all events so far: a change put behind them is worked.
    private static async Task IdleAsync(SchedulerDriver driver)
    {
        var id = $"idle-{Guid.NewGuid():N}";
        await driver.PutAsync(Every(id, 86_400));
        await Eventually.TrueAsync(() => driver.SlotsOf(id).Any(), "the scheduler works its events");
        await driver.DeleteAsync(id);
    }
}
