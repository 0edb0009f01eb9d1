using Cronos;
using CsCheck;
using McpProbe.Endpoints;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;

namespace McpProbe.Functions.Tests.Scheduling;

public class DueProbesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);
    private static readonly CronExpression EveryHalfMinute = CronExpression.Parse("*/30 * * * * *", CronFormat.IncludeSeconds);

    private static Endpoint Endpoint(string id, int seconds = 60, bool paused = false) => new()
    {
        Id = id,
        Url = new Uri("https://mcp.example.com/mcp"),
        Interval = TimeSpan.FromSeconds(seconds),
        Paused = paused,
    };

    [Fact]
    public void Horizon_OneTickMissed_LeavesNoGap()
    {
        var claimed = DueProbes.Horizon(EveryHalfMinute, Now.AddSeconds(0.2));

        // The tick of 10:00:30 never comes; that of 10:01:00 is late as well.
        Assert.True(claimed >= Now.AddSeconds(64));
    }

    [Fact]
    public void Of_WindowsOneAfterTheOther_HaveEverySlotOnce() =>
        Gen.Select(Gen.Int[1, 200], Gen.Int[1, 90].Array[1, 20], Gen.Int[0, 9999]).Sample((interval, lengths, id) =>
        {
            var endpoint = Endpoint($"ep-{id}", interval);
            var slots = new List<DateTimeOffset>();
            var after = Now;
            foreach (var length in lengths)
            {
                var window = new ScheduleWindow(after, after.AddSeconds(length));
                slots.AddRange(DueProbes.Of(endpoint, window).Select(probe => probe.Slot));
                after = window.Through;
            }

            Assert.Equal(DueProbes.Of(endpoint, new ScheduleWindow(Now, after)).Select(probe => probe.Slot), slots);
            Assert.Equal(slots.Distinct(), slots);
            Assert.InRange((after - Now).TotalSeconds / interval, slots.Count - 1, slots.Count + 1);
            Assert.All(slots, slot => Assert.Equal(slot, McpProbe.Monitoring.Schedule.SlotAt(endpoint, slot)));
        });

    [Fact]
    public void Of_Paused_IsNeverDue() =>
        Assert.Empty(DueProbes.Of(Endpoint("a", 1, paused: true), new ScheduleWindow(Now, Now.AddMinutes(1))));
}
