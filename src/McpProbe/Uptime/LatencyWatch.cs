using System.Collections.Concurrent;
using McpProbe.Alerts.Deliveries;
using McpProbe.Incidents;
using McpProbe.Incidents.Rules;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Uptime;

/// <summary>
/// After each roll-up: was the hour much slower than the week before it? Compares the p95 of the handshake, over all locations,
/// and lets <see cref="IncidentMachine"/> judge. Endpoints for which nothing can follow cost no request.
/// </summary>
/// <param name="atOnce">As in <see cref="RollUpJob"/>.</param>
public sealed class LatencyWatch(IRollupStore rollups, IMonitorStore store, TimeProvider time, int atOnce = 16)
{
    private const int Days = 7;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <param name="latest">Of <see cref="RollUpJob.RunAsync"/>. The same hour can be judged again without harm.</param>
    /// <returns>How many endpoints were judged.</returns>
    /// <exception cref="AggregateException">Some could not be; the next hour looks at them anew.</exception>
    public async Task<int> RunAsync(IReadOnlyList<HourLatency> latest, IAlertOutbox outbox, CancellationToken cancellationToken)
    {
        var measured = latest.Where(each => each.Samples >= DegradedRule.FewestOfAnHour && !each.Endpoint.Paused).ToList();
        if (measured.Count == 0)
            return 0;

        var regressed = await rollups.ReadRegressedAsync(cancellationToken);
        var judge = new EndpointJudge(store, outbox);
        var (judged, failures) = (0, new ConcurrentBag<Exception>());
        await Parallel.ForEachAsync(
            measured,
            new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken },
            async (each, cancellation) =>
            {
                try
                {
                    if (await JudgeAsync(each, regressed.Contains(each.Endpoint.Id), judge, cancellation))
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

    private async Task<bool> JudgeAsync(HourLatency hour, bool isRegressed, EndpointJudge judge, CancellationToken cancellationToken)
    {
        var since = isRegressed ? (await store.ReadStateAsync(hour.Endpoint.Id, cancellationToken))?.State.Regression?.At : null;
        if (since is null && !CanBeRegression(hour))
            return false;
        if (await MeasureAsync(hour, BaselineEnd(hour.Hour, since), cancellationToken) is not { } measured
            || (since is null && !DegradedRule.IsRegression(measured, hour.Endpoint.Alerts.Latency!)))
            return false;

        return await judge.JudgeAsync(
            hour.Endpoint,
            // The hour lies before a maintenance that has begun since: after it, the next hour tells.
            // And what was usual for another server is not for this one.
            state => MaintenanceCalendar.Covers(hour.Endpoint, state, time.GetUtcNow())
                || state.TargetSince > hour.Hour.AddDays(-Days - 1) ? null : measured,
            delete: false, cancellationToken) is not null;
    }

    /// <summary>Whether there can be a week that the hour is slow against. For most there cannot, and nothing is read for them.</summary>
    private static bool CanBeRegression(HourLatency hour) =>
        hour.Endpoint.Alerts is { Degraded: true, Latency: { } rule } && hour.P95Ms >= rule.AtLeast.TotalMilliseconds;

    /// <summary>
    /// Up to which full hour the usual latency is taken. What was usual before the endpoint became slow counts, or its slow hours
    /// would pass for usual after a third of a day. After a week they are.
    /// </summary>
    /// <param name="hour">The hour that is judged.</param>
    /// <param name="since">The end of the hour that it was first slow in; null while it is not.</param>
    internal static DateTimeOffset BaselineEnd(DateTimeOffset hour, DateTimeOffset? since)
    {
        var end = since - Hour ?? hour;
        return end > hour ? hour : end < hour.AddDays(-Days) ? hour.AddDays(-Days) : end;
    }

    /// <summary>
    /// Compares with the days and hours before <paramref name="until"/>: whole days and the hours of the day that has begun, 7 to
    /// 8 days in two queries of at most 30 rows a location, where the exact 168 hours would be 168 rows to read.
    /// </summary>
    /// <returns>Null when there is too little to compare with.</returns>
    private async Task<LatencyMeasured?> MeasureAsync(HourLatency hour, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var (id, day) = (hour.Endpoint.Id, new DateTimeOffset(until.UtcDateTime.Date, TimeSpan.Zero));
        var days = await rollups.ReadRollupsAsync(id, RollupPeriod.Day, day.AddDays(-Days), day, cancellationToken);
        var hours = until == day ? [] : await rollups.ReadRollupsAsync(id, RollupPeriod.Hour, day, until, cancellationToken);
        var usual = LatencyHistogram.Merge([.. days, .. hours]);
        return usual.Count >= DegradedRule.FewestOfAWeek
            ? new LatencyMeasured(hour.Hour + Hour, hour.P95Ms, hour.Samples, usual.Quantile(0.95)!.Value, usual.Count)
            : null;
    }
}
