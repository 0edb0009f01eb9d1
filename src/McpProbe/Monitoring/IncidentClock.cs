using McpProbe.Alerts.Deliveries;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;

namespace McpProbe.Monitoring;

/// <summary>
/// What time alone does to incidents: reminders, escalations, the end of a maintenance and of flapping. Run every few seconds
/// on one machine and each minute on Azure; several at once do nothing twice.
/// </summary>
public static class IncidentClock
{
    private const int Batch = 100;

    /// <summary>
    /// Judges every endpoint that is due. One that fails does not hold up the others; it stays due.
    /// </summary>
    /// <param name="count">For error budgets; null leaves them as they are.</param>
    /// <returns>How many endpoints were judged.</returns>
    /// <exception cref="AggregateException">Some could not be; the next run tries them again.</exception>
    public static async Task<int> RunAsync(
        IMonitorStore store, IEndpointStore endpoints, IAlertOutbox? outbox, TimeProvider time, CancellationToken cancellationToken,
        CountProbes? count = null)
    {
        var judge = new EndpointJudge(store, outbox);
        var (judged, failures) = (new HashSet<string>(), new List<Exception>());
        // What could not be judged stays due: it is asked for once, so that it hides nothing. More at a time each time: it is read over.
        while (await store.ReadDueAsync(time.GetUtcNow(), Batch + judged.Count, judged, cancellationToken) is { Count: > 0 } due)
        {
            foreach (var id in due)
            {
                judged.Add(id);
                try
                {
                    await JudgeAsync(id, judge, store, endpoints, count, time, cancellationToken);
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    failures.Add(failure);
                }
            }
        }

        return failures.Count == 0
            ? judged.Count
            : throw new AggregateException("Some endpoints whose incidents are due could not be judged.", failures);
    }

    private static async Task JudgeAsync(
        string id, EndpointJudge judge, IMonitorStore store, IEndpointStore endpoints, CountProbes? count, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await endpoints.FindEndpointAsync(id, cancellationToken) is not { Endpoint: var endpoint, Generation: var generation })
            return;
        var now = time.GetUtcNow();
        var counts = count is not null && endpoint is { Slo: not null, Paused: false }
            && (await store.ReadStateAsync(id, cancellationToken))?.State is { Budget.LookAt: var at } state && at <= now
            ? await count(endpoint, state.TargetSince, now, cancellationToken)
            : null;
        await judge.JudgeAsync(
            endpoint,
            // A crash came between the storing of a definition and its judging, or between the pausing and the closing.
            state => state.Generation < generation && endpoint.HasTarget ? new EndpointDefined(now, generation)
                : endpoint.Paused ? new EndpointClosed(now, IncidentRules.EndpointPaused)
                : counts is not null ? new BudgetMeasured(now, counts)
                : new TimePassed(now),
            delete: false, cancellationToken);
    }
}

/// <summary>Counts an endpoint's probes in the windows of <see cref="BurnRule"/>.</summary>
/// <param name="since">Slots up to it belong to another target, and are left out; null for none.</param>
public delegate Task<IReadOnlyList<WindowCounts>> CountProbes(
    Endpoint endpoint, DateTimeOffset? since, DateTimeOffset now, CancellationToken cancellationToken);
