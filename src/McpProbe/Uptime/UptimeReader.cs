using System.Collections.Concurrent;
using McpProbe.Monitoring;

namespace McpProbe.Uptime;

/// <summary>
/// Reads summaries for pages. What is rolled up is kept until there is more of it, and a summary for a minute: whoever looks at a page
/// again, and all who look at the same one, cost the store next to nothing. An endpoint is read by one of them at a time.
/// </summary>
/// <param name="atOnce">Endpoints read at once: many where the store is far, one where it takes the machine's own time.</param>
public sealed class UptimeReader(IRollupStore store, TimeProvider time, int atOnce = 16)
{
    /// <summary>How old a summary may be.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    /// <summary>Some 6 KB each.</summary>
    private const int MostKept = 5000;

    /// <summary>What is not rolled up for longer is shown as a gap, until it is.</summary>
    private static readonly TimeSpan MostSince = TimeSpan.FromHours(3);

    private readonly ConcurrentDictionary<string, Known> _known = [];
    private readonly SemaphoreSlim _gate = new(1, 1);
    private (DateTimeOffset? Mark, DateTimeOffset At) _mark;

    private sealed record Known(long Generation, DateTimeOffset? Mark, Past Past, UptimeSummary Summary, DateTimeOffset At);

    private sealed record Past(IReadOnlyList<RollupRecord> Hours, IReadOnlyList<RollupRecord> Days);

    /// <summary>The summaries by id: of each endpoint that is asked for.</summary>
    public async Task<IReadOnlyDictionary<string, UptimeSummary>> ReadAsync(
        IReadOnlyCollection<EndpointOverview> endpoints, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var found = new ConcurrentDictionary<string, UptimeSummary>();
        var wanted = new List<EndpointOverview>();
        foreach (var one in endpoints)
        {
            if (Find(one, now) is { } summary)
                found[one.Registered.Endpoint.Id] = summary;
            else
                wanted.Add(one);
        }

        if (wanted.Count == 0)
            return found;
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var mark = await ReadMarkAsync(now, cancellationToken);
            await Parallel.ForEachAsync(
                wanted,
                new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken },
                async (one, cancellation) =>
                    found[one.Registered.Endpoint.Id] = Find(one, now) ?? await ReadAsync(one, mark, now, cancellation));
        }
        finally
        {
            _gate.Release();
        }

        return found;
    }

    private UptimeSummary? Find(EndpointOverview one, DateTimeOffset now) =>
        _known.TryGetValue(one.Registered.Endpoint.Id, out var known) && known.Generation == one.Registered.Generation
        && now - known.At < Kept && UptimeSummary.FloorHour(now) == UptimeSummary.FloorHour(known.At)
            ? known.Summary
            : null;

    private async Task<UptimeSummary> ReadAsync(EndpointOverview one, DateTimeOffset? mark, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (id, today) = (one.Registered.Endpoint.Id, UptimeSummary.FloorDay(now));
        var past = _known.TryGetValue(id, out var known) && known.Mark == mark && UptimeSummary.FloorDay(known.At) == today
            ? known.Past
            : new Past(
                await store.ReadRollupsAsync(id, RollupPeriod.Hour, today.AddDays(-1), now, cancellationToken),
                await store.ReadRollupsAsync(id, RollupPeriod.Day, today.AddDays(1 - UptimeSummary.MostDays), today, cancellationToken));
        var earliest = UptimeSummary.FloorHour(now - MostSince);
        var from = mark > earliest ? mark.Value : earliest;
        // An hour may be rolled up before the mark says so: then it is in both, and counts once.
        var hours = past.Hours.Where(record => record.Start < from).ToList();
        var since = UptimeSummary.Since(
            one.Registered, one.State, from, await store.ReadResultsAsync(id, from, now.AddTicks(1), cancellationToken),
            hours.Select(record => record.Location).Distinct(), now);
        var summary = UptimeSummary.Of(past.Days, hours, since, now);
        if (_known.Count >= MostKept)
            _known.Clear();
        _known[id] = new Known(one.Registered.Generation, mark, past, summary, now);
        return summary;
    }

    private async Task<DateTimeOffset?> ReadMarkAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (_mark.At == default || (now - _mark.At).Duration() >= Kept || UptimeSummary.FloorHour(now) != UptimeSummary.FloorHour(_mark.At))
            _mark = (await store.ReadRolledThroughAsync(cancellationToken), now);
        return _mark.Mark;
    }
}
