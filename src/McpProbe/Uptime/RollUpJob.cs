using System.Collections.Concurrent;
using System.Text.Json;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Uptime;

/// <summary>
/// Turns results into hours and hours into days. Every step writes over its own earlier work and the mark moves last, so
/// that a crash, a repeat or two jobs at once change nothing. One endpoint that fails does not hold up the others' hour; the hours
/// after it wait for the next run.
/// </summary>
/// <param name="locations">Where probes are expected from: an hour without any of them has its rollup too, or nobody saw the gap.</param>
/// <param name="atOnce">Endpoints in work at once: many where the store is far, one where it takes the machine's own time.</param>
public sealed class RollUpJob(
    IEndpointStore endpoints, IMonitorStore states, IRollupStore store, IReadOnlyCollection<string> locations, TimeProvider time, int atOnce = 16)
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
        var watched = (await endpoints.ListEndpointsAsync(cancellationToken)).ToList();
        var rolled = await store.ReadRolledThroughAsync(cancellationToken);
        var mark = rolled ?? await FirstHourAsync(watched, Floor(now - FirstRun), until, cancellationToken);

        var (hours, latest) = (0, new ConcurrentBag<HourLatency>());
        for (var start = rolled is null ? mark : mark - Again; start < until; start += Hour, hours++)
        {
            var hour = start;
            await EachAsync(watched, async (registered, cancellation) =>
            {
                var rollups = await RollUpAsync(registered, hour, cancellation);
                if (hour + Hour == until && HourLatency.Of(registered.Endpoint, hour, rollups) is { } latency)
                    latest.Add(latency);
            }, cancellationToken);
            if (hour >= mark)
                await store.WriteRolledThroughAsync(hour + Hour, cancellationToken);
        }

        return new RolledUp(hours, [.. latest]);
    }

    // A store without a mark is new, as a rule: one question an endpoint, and not one for each hour before it was there.
    private async Task<DateTimeOffset> FirstHourAsync(
        List<RegisteredEndpoint> watched, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var slots = new ConcurrentBag<DateTimeOffset>();
        await EachAsync(watched, async (registered, cancellation) =>
        {
            var results = await store.ReadResultsAsync(registered.Endpoint.Id, from, until, cancellation);
            if (results.Count > 0)
                slots.Add(results.Min(record => record.Slot));
        }, cancellationToken);
        var first = slots.IsEmpty ? until : Floor(slots.Min());
        await store.WriteRolledThroughAsync(first, cancellationToken);
        return first;
    }

    private async Task EachAsync(
        List<RegisteredEndpoint> watched, Func<RegisteredEndpoint, CancellationToken, ValueTask> work, CancellationToken cancellationToken)
    {
        var failures = new ConcurrentBag<Exception>();
        await Parallel.ForEachAsync(
            watched,
            new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken },
            async (registered, cancellation) =>
            {
                try
                {
                    await work(registered, cancellation);
                }
                catch (Exception failure) when (!cancellation.IsCancellationRequested)
                {
                    failures.Add(failure);
                }
            });
        if (!failures.IsEmpty)
            throw new AggregateException("The results of some endpoints could not be rolled up.", failures);
    }

    private async Task<IReadOnlyList<RollupRecord>> RollUpAsync(
        RegisteredEndpoint registered, DateTimeOffset hour, CancellationToken cancellationToken)
    {
        var id = registered.Endpoint.Id;
        var results = await store.ReadResultsAsync(id, hour, hour + Hour, cancellationToken);
        // Only a gap needs to know whether somebody had asked for a maintenance then.
        var state = HasGap(registered, hour, results) ? await FindStateAsync(id, cancellationToken) : EndpointState.New;
        var rollups = Hours(registered, state, hour, locations, results);
        if (rollups.Count > 0)
            await store.WriteRollupsAsync(id, rollups, cancellationToken);

        if (hour.Hour == 23)
        {
            var day = hour.AddHours(-23);
            var hours = await store.ReadRollupsAsync(id, RollupPeriod.Hour, day, day.AddDays(1), cancellationToken);
            if (hours.Count > 0)
                await store.WriteRollupsAsync(id, Days(day, hours), cancellationToken);
        }

        return rollups;
    }

    private bool HasGap(RegisteredEndpoint registered, DateTimeOffset hour, IReadOnlyList<ProbeRecord> results) =>
        SpanRollup.ExpectedSlots(registered, hour, hour + Hour).Count() is var expected
        && locations.Any(location => results.Count(record => record.Location == location) < expected);

    // One that cannot be read knows of no maintenance; it is for others to complain of.
    private async Task<EndpointState> FindStateAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return (await states.ReadStateAsync(id, cancellationToken))?.State ?? EndpointState.New;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidDataException)
        {
            return EndpointState.New;
        }
    }

    /// <summary>Pure: one hour's results, a rollup a location, those included from which there is nothing.</summary>
    /// <param name="state">Knows of the maintenance that somebody asked for.</param>
    /// <param name="locations">Where probes are expected from.</param>
    public static IReadOnlyList<RollupRecord> Hours(
        RegisteredEndpoint registered, EndpointState state, DateTimeOffset hour, IEnumerable<string> locations, IEnumerable<ProbeRecord> results) =>
        [.. SpanRollup.Of(registered, state, hour, hour + Hour, locations, results).Select(each => new RollupRecord(RollupPeriod.Hour, hour, each.Location, each.Rollup))];

    /// <summary>Pure: one day's hours, a rollup a location.</summary>
    public static IReadOnlyList<RollupRecord> Days(DateTimeOffset day, IEnumerable<RollupRecord> hours) =>
        [.. hours.GroupBy(record => record.Location).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group =>
            new RollupRecord(RollupPeriod.Day, day, group.Key, group.Aggregate(Rollup.Empty, (sum, record) => sum.Merge(record.Rollup))))];

    private static DateTimeOffset Floor(DateTimeOffset at) => new(at.UtcTicks - at.UtcTicks % Hour.Ticks, TimeSpan.Zero);
}

/// <param name="Hours">How many were rolled up, the repeated one included.</param>
/// <param name="Latest">What the newest of them measured: of each endpoint that was reached in it.</param>
public sealed record RolledUp(int Hours, IReadOnlyList<HourLatency> Latest);
