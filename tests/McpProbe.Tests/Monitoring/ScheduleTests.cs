using McpProbe.Endpoints;
using McpProbe.Monitoring;

namespace McpProbe.Tests.Monitoring;

public class ScheduleTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 10, 0, 0, 123, TimeSpan.Zero);

    private static Endpoint Every(string id, double seconds) => new() { Id = id, Interval = TimeSpan.FromSeconds(seconds) };

    [Fact]
    public void SlotAt_OfAnId_IsTheSameEverywhereAndAlways()
    {
        // The first 8 bytes of the id's SHA-256, modulo the interval in milliseconds: 32418.
        var (endpoint, minute) = (Every("every.thing", 60), new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));

        Assert.Equal(minute.AddMilliseconds(32418), Schedule.SlotAt(endpoint, minute.AddMilliseconds(32418)));
        Assert.Equal(minute.AddMilliseconds(32418 - 60_000), Schedule.SlotAt(endpoint, minute.AddMilliseconds(32418).AddTicks(-1)));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 1, 1)]
    [InlineData(1, 1, 0)]
    [InlineData(1, 600_000_000, 0)]
    [InlineData(1, 600_000_001, 1)]
    [InlineData(0, 600_000_000, 1)]
    [InlineData(0, 1_200_000_001, 3)]
    [InlineData(5, 3, 0)]
    public void SlotsIn_TicksAfterASlot_AreThoseFromTheFirstUntilTheSecond(long from, long until, int expected)
    {
        var endpoint = Every("every.thing", 60);
        var slot = Schedule.SlotAt(endpoint, Now);

        Assert.Equal(expected, Schedule.SlotsIn(endpoint, slot.AddTicks(from), slot.AddTicks(until)).Count());
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(7)]
    [InlineData(60)]
    [InlineData(86_400)]
    public void SlotAt_AnyTime_IsTheLatestOfAFixedGrid(double seconds)
    {
        var endpoint = Every("everything", seconds);

        var slot = Schedule.SlotAt(endpoint, Now);

        Assert.InRange(Now - slot, TimeSpan.Zero, endpoint.Interval - TimeSpan.FromTicks(1));
        Assert.Equal(slot, Schedule.SlotAt(endpoint, slot));
        Assert.Equal(slot + endpoint.Interval, Schedule.NextSlot(endpoint, Now));
        Assert.Equal(slot + 3 * endpoint.Interval, Schedule.SlotAt(endpoint, Now + 3 * endpoint.Interval));
    }

    [Fact]
    public void SlotAt_ManyEndpoints_SpreadsThemOverTheInterval()
    {
        var perTenth = new int[10];
        for (var i = 0; i < 1000; i++)
            perTenth[(int)((Now - Schedule.SlotAt(Every($"endpoint-{i}", 60), Now)).TotalSeconds / 6)]++;

        Assert.All(perTenth, count => Assert.InRange(count, 60, 140));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(59.9, false)]
    [InlineData(60, true)]
    public void IsGap_SlotAsOldAsItsInterval_IsNotProbed(double age, bool gap)
    {
        var endpoint = Every("everything", 60);
        var slot = Schedule.SlotAt(endpoint, Now);

        Assert.Equal(gap, Schedule.IsGap(endpoint, slot, slot + TimeSpan.FromSeconds(age)));
    }
}
