using CsCheck;
using McpProbe.Endpoints;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;

namespace McpProbe.Functions.Tests.Scheduling;

public class GatheringTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    private static Endpoint Endpoint(int number, int seconds = 60) => new()
    {
        Id = $"ep-{number}",
        Url = new Uri("https://mcp.example.com/mcp"),
        Interval = TimeSpan.FromSeconds(seconds),
        Timeout = TimeSpan.FromSeconds(1),
    };

    private static IEnumerable<(ScheduledProbe Probe, DateTimeOffset At)> Gathered(IReadOnlyCollection<Endpoint> silent, TimeSpan length)
    {
        var gathering = Gathering.Of(silent);
        return silent.SelectMany(endpoint => DueProbes.Of(endpoint, new ScheduleWindow(Now, Now + length)))
            .Select(probe => (probe, gathering.At(probe.Endpoint, probe.Slot)));
    }

    [Fact]
    public void At_OfOne_IsItsSlot() =>
        Assert.All(Gathered([Endpoint(1)], TimeSpan.FromMinutes(5)), each => Assert.Equal(each.Probe.Slot, each.At));

    // Ten of a thousand: what one per cent is.
    [Fact]
    public void At_OfTen_IsOnceAMinute()
    {
        Endpoint[] ten = [.. Enumerable.Range(0, 10).Select(number => Endpoint(number))];

        var gathered = Gathered(ten, TimeSpan.FromMinutes(10)).ToList();

        Assert.Equal(100, gathered.Count);
        Assert.InRange(gathered.Select(each => each.At).Distinct().Count(), 10, 11);
    }

    [Fact]
    public void At_OfMany_IsTwiceAMinute()
    {
        Endpoint[] many = [.. Enumerable.Range(0, 500).Select(number => Endpoint(number))];

        var meetings = Gathered(many, TimeSpan.FromMinutes(10)).Select(each => each.At).Distinct().ToList();

        Assert.InRange(meetings.Count, 20, 21);
        Assert.All(Gathered(many, TimeSpan.FromMinutes(10)), each => Assert.True(each.At - each.Probe.Slot <= TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void At_AnyFleet_IsNeverBeforeTheSlotNorSoLateThatItIsAGap() =>
        Gen.Int[1, 600].Array[1, 80].Sample(intervals =>
        {
            Endpoint[] silent = [.. intervals.Select((seconds, number) => Endpoint(number, seconds))];
            Assert.All(Gathered(silent, TimeSpan.FromMinutes(3)), each =>
            {
                var wait = each.At - each.Probe.Slot;
                Assert.True(wait >= TimeSpan.Zero && wait <= TimeSpan.FromSeconds(50), $"{wait}");
                Assert.True(wait <= each.Probe.Endpoint.Interval * 5 / 6, $"{wait}");
            });
        }, iter: 100);

    // Those that answer are packed by their slots, whoever is silent among their neighbours.
    [Fact]
    public void Pack_OfSilentAndOthers_PutsEachIntoMessagesOfItsKind()
    {
        Endpoint[] fleet = [.. Enumerable.Range(0, 200).Select(number => Endpoint(number))];
        var silent = fleet.Where((_, number) => number % 20 == 0).ToHashSet();
        var gathering = Gathering.Of(silent);
        var due = fleet.SelectMany(endpoint => DueProbes.Of(endpoint, new ScheduleWindow(Now, Now.AddMinutes(1))))
            .Select(probe => silent.Contains(probe.Endpoint) ? probe with { Gathered = gathering.At(probe.Endpoint, probe.Slot) } : probe);

        var sent = ProbeBatch.Pack(due, "home", 100).Batches.Select(batch => (batch.VisibleAt, ProbeMessage.Read(batch.Body).Probes)).ToList();

        Assert.Equal(200, sent.Sum(each => each.Probes.Count));
        Assert.All(sent, each => Assert.Single(each.Probes.Select(probe => silent.Any(one => one.Id == probe.Endpoint.Id)).Distinct()));
        Assert.All(sent, each => Assert.All(each.Probes, probe => Assert.True(
            each.VisibleAt <= probe.Slot + (silent.Any(one => one.Id == probe.Endpoint.Id) ? TimeSpan.FromSeconds(50) : ProbeBatch.Span))));
        Assert.Equal(sent.OrderBy(each => each.VisibleAt), sent);
    }
}
