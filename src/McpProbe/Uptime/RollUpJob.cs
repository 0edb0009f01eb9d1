using System.Collections.Concurrent;
using McpProbe.Endpoints;
using McpProbe.Monitoring;

namespace McpProbe.Uptime;

/// <summary>
/// Turns results into hours and hours into days. Every step writes over its own earlier work and the mark moves last, so
/// that a crash, a repeat or two jobs at once change nothing.
/// </summary>
/// <param name="atOnce">Endpoints in work at once: many where the store is far, one where it takes the machine's own time.</param>
public sealed class RollUpJob(IEndpointStore endpoints, IRollupStore store, TimeProvider time, int atOnce = 16)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Results that are still on their way when their hour ends.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    /// <summary>Hours before the mark that are rolled up again, for what came later still: a queue message lives for an hour.</summary>
    private static readonly TimeSpan Again = Hour;

    /// <summary>How far the first run of a store looks back, at most: it begins with the oldest result that there is.</summary>
    private static readonly TimeSpan FirstRun = TimeSpan.FromHours(25);

    /// <summary>When there is a new hour to roll up, after <paramref name="now"/>.</summary>
    public static DateTimeOffset NextRun(DateTimeOffset now) => Floor(now - Grace) + Hour + Grace;

    public async Task<RolledUp> RunAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var until = Floor(now - Grace);
        var watched = (await endpoints.ListEndpointsAsync(cancellationToken)).Select(each => each.Endpoint).ToList();
        var rolled = await store.ReadRolledThroughAsync(cancellationToken);
        var mark = rolled ?? await FirstHourAsync(watched, Floor(now - FirstRun), until, cancellationToken);

        var (hours, latest) = (0, new ConcurrentBag<HourLatency>());
        for (var start = rolled is null ? mark : mark - Again; start < until; start += Hour, hours++)
        {
            var hour = start;
            await EachAsync(watched, async (endpoint, cancellation) =>
            {
                var rollups = await RollUpAsync(endpoint, hour, cancellation);
                if (hour + Hour == until && HourLatency.Of(endpoint, hour, rollups) is { } latency)
                    latest.Add(latency);
            }, cancellationToken);
            if (hour >= mark)
                await store.WriteRolledThroughAsync(hour + Hour, cancellationToken);
        }

        return new RolledUp(hours, [.. latest]);
    }

    // A store without a mark is new, as a rule: one question an endpoint, and not one for each hour before it was there.
    private async Task<DateTimeOffset> FirstHourAsync(
        List<Endpoint> watched, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var slots = new ConcurrentBag<DateTimeOffset>();
        await EachAsync(watched, async (endpoint, cancellation) =>
        {
            var results = await store.ReadResultsAsync(endpoint.Id, from, until, cancellation);
            if (results.Count > 0)
                slots.Add(results.Min(record => record.Slot));
        }, cancellationToken);
        var first = slots.IsEmpty ? until : Floor(slots.Min());
        await store.WriteRolledThroughAsync(first, cancellationToken);
        return first;
    }

    private Task EachAsync(List<Endpoint> watched, Func<Endpoint, CancellationToken, ValueTask> work, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            watched, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken }, work);

    private async Task<IReadOnlyList<RollupRecord>> RollUpAsync(Endpoint endpoint, DateTimeOffset hour, CancellationToken cancellationToken)
    {
        var results = await store.ReadResultsAsync(endpoint.Id, hour, hour + Hour, cancellationToken);
        var rollups = Hours(endpoint, hour, results);
        if (rollups.Count > 0)
            await store.WriteRollupsAsync(endpoint.Id, rollups, cancellationToken);

        if (hour.Hour == 23)
        {
            var day = hour.AddHours(-23);
            var hours = await store.ReadRollupsAsync(endpoint.Id, RollupPeriod.Hour, day, day.AddDays(1), cancellationToken);
            if (hours.Count > 0)
                await store.WriteRollupsAsync(endpoint.Id, Days(day, hours), cancellationToken);
        }

        return rollups;
    }

    /// <summary>Pure: one hour's results, a rollup a location.</summary>
    public static IReadOnlyList<RollupRecord> Hours(Endpoint endpoint, DateTimeOffset hour, IEnumerable<ProbeRecord> results)
    {
        var expected = Schedule.SlotsIn(endpoint, hour, hour + Hour);
        return [.. results.GroupBy(record => record.Location).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group =>
            new RollupRecord(RollupPeriod.Hour, hour, group.Key, Rollup.Of(group.Select(record => record.Result), expected)))];
    }

    /// <summary>Pure: one day's hours, a rollup a location.</summary>
    public static IReadOnlyList<RollupRecord> Days(DateTimeOffset day, IEnumerable<RollupRecord> hours) =>
        [.. hours.GroupBy(record => record.Location).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group =>
            new RollupRecord(RollupPeriod.Day, day, group.Key, group.Aggregate(Rollup.Empty, (sum, record) => sum.Merge(record.Rollup))))];

    private static DateTimeOffset Floor(DateTimeOffset at) => new(at.UtcTicks - at.UtcTicks % Hour.Ticks, TimeSpan.Zero);
}

/// <param name="Hours">How many were rolled up, the repeated one included.</param>
/// <param name="Latest">What the newest of them measured: of each endpoint that was reached in it.</param>
public sealed record RolledUp(int Hours, IReadOnlyList<HourLatency> Latest);
