using System.Collections.Concurrent;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Monitoring;

namespace McpProbe.Uptime;

/// <summary>
/// After each roll-up: was the hour much slower than the week before it? Compares the p95 of the handshake, over all locations,
/// and lets <see cref="IncidentMachine"/> judge. Endpoints for which nothing can follow cost no request.
/// </summary>
/// <param name="atOnce">As in <see cref="RollUpJob"/>.</param>
public sealed class LatencyWatch(IRollupStore rollups, IMonitorStore store, int atOnce = 16)
{
    /// <summary>Under so many in the hour, its p95 is one or two probes.</summary>
    public const int LeastInHour = 20;

    /// <summary>Under so many before it, nobody knows yet what is usual.</summary>
    public const int LeastBefore = 200;

    private const int Days = 7;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <param name="latest">Of <see cref="RollUpJob.RunAsync"/>. The same hour can be judged again without harm.</param>
    /// <returns>How many endpoints were judged.</returns>
    /// <exception cref="AggregateException">Some could not be; the next hour looks at them anew.</exception>
    public async Task<int> RunAsync(IReadOnlyList<HourLatency> latest, IAlertOutbox outbox, CancellationToken cancellationToken)
    {
        var measured = latest.Where(each => each.Samples >= LeastInHour && !each.Endpoint.Paused).ToList();
        if (measured.Count == 0)
            return 0;

        var regressed = await rollups.ReadRegressedAsync(cancellationToken);
        var (judged, failures) = (0, new ConcurrentBag<Exception>());
        await Parallel.ForEachAsync(
            measured,
            new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken },
            async (each, cancellation) =>
            {
                try
                {
                    var isJudged = regressed.Contains(each.Endpoint.Id)
                        ? await JudgeRegressedAsync(each, outbox, cancellation)
                        : await JudgeAsync(each, outbox, cancellation);
                    if (isJudged)
                        Interlocked.Increment(ref judged);
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    // Of this endpoint alone.
                    failures.Add(failure);
                }
            });
        return failures.IsEmpty ? judged : throw new AggregateException("The latency of some endpoints could not be judged.", failures);
    }

    private async Task<bool> JudgeAsync(HourLatency hour, IAlertOutbox outbox, CancellationToken cancellationToken)
    {
        // An hour that is not slow in itself is a regression of nothing: most end here, and nothing is read for them.
        if (hour.Endpoint.Alerts.Latency is not { } rule || hour.P95Ms <= rule.AtLeast.TotalMilliseconds)
            return false;
        return await MeasureAsync(hour, hour.Hour, cancellationToken) is { } measured
            && IsRegression(measured, rule)
            && await store.ReadStateAsync(hour.Endpoint.Id, cancellationToken) is { } before
            && await CommitAsync(hour.Endpoint, before, measured, outbox, cancellationToken);
    }

    /// <summary>
    /// What was usual before it became slow counts, or the slow hours would pass for usual after a third of a day. After a week
    /// they are.
    /// </summary>
    private async Task<bool> JudgeRegressedAsync(HourLatency hour, IAlertOutbox outbox, CancellationToken cancellationToken)
    {
        if (await store.ReadStateAsync(hour.Endpoint.Id, cancellationToken) is not { } before)
            return false;
        var since = before.State.OpenIncidents.FirstOrDefault(incident => incident.Kind is IncidentKind.Degraded)?.OpenedAt;
        return await MeasureAsync(hour, BaselineEnd(hour.Hour, Earlier(since, before.State.Regression?.At)), cancellationToken) is { } measured
            && await CommitAsync(hour.Endpoint, before, measured, outbox, cancellationToken);
    }

    /// <summary>Pure: up to which full hour the usual latency is taken.</summary>
    /// <param name="hour">The hour that is judged.</param>
    /// <param name="since">When it was found to be slow, at the end of an hour that was; null when it was not.</param>
    internal static DateTimeOffset BaselineEnd(DateTimeOffset hour, DateTimeOffset? since)
    {
        if (since is not { } found)
            return hour;
        var slow = found - Hour;
        var end = new DateTimeOffset(slow.UtcTicks - slow.UtcTicks % Hour.Ticks, TimeSpan.Zero);
        return end > hour ? hour : end < hour.AddDays(-Days) ? hour.AddDays(-Days) : end;
    }

    private static bool IsRegression(LatencyMeasured measured, LatencyRegressionRule rule) =>
        measured.HourP95 >= rule.Factor * measured.WeekP95 && measured.HourP95 - measured.WeekP95 >= rule.AtLeast.TotalMilliseconds;

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one < other ? one : other ?? one;

    /// <summary>
    /// Compares with the days and hours before <paramref name="until"/>: whole days and the hours of the day that has begun, 7 to
    /// 8 days in two queries of at most 30 rows a location, where the exact 168 hours would be 168 rows to read.
    /// </summary>
    private async Task<LatencyMeasured?> MeasureAsync(HourLatency hour, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var (id, day) = (hour.Endpoint.Id, new DateTimeOffset(until.UtcDateTime.Date, TimeSpan.Zero));
        var days = await rollups.ReadRollupsAsync(id, RollupPeriod.Day, day.AddDays(-Days), day, cancellationToken);
        var hours = until == day ? [] : await rollups.ReadRollupsAsync(id, RollupPeriod.Hour, day, until, cancellationToken);
        var usual = LatencyHistogram.Merge([.. days, .. hours]);
        return usual.Count >= LeastBefore
            ? new LatencyMeasured(hour.Hour + Hour, hour.P95Ms, hour.Samples, usual.Quantile(0.95)!.Value, usual.Count)
            : null;
    }

    private async Task<bool> CommitAsync(
        Endpoint endpoint, StoredState before, LatencyMeasured measured, IAlertOutbox outbox, CancellationToken cancellationToken)
    {
        while (true)
        {
            var judgement = IncidentMachine.Judge(before.State, measured, endpoint);
            if (ReferenceEquals(judgement.State, before.State))
                return true;
            var change = new StateChange
            {
                EndpointId = endpoint.Id,
                Before = before,
                After = judgement.State,
                Incidents = judgement.Incidents,
                Transitions = judgement.Transitions,
            };
            switch ((await store.CommitAsync(change, cancellationToken)).Status)
            {
                case CommitStatus.Committed:
                    await PendingTransitions.HandOverAsync([.. before.Pending, .. judgement.Transitions], store, outbox, cancellationToken);
                    return true;
                case CommitStatus.Gone:
                    return false;
                case CommitStatus.Conflict or CommitStatus.ResultExists:
                    break;
            }

            if (await store.ReadStateAsync(endpoint.Id, cancellationToken) is not { } now)
                return false;
            before = now;
        }
    }
}
