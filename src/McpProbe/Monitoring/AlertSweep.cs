using McpProbe.Alerts.Deliveries;

namespace McpProbe.Monitoring;

/// <summary>
/// What no probe does: judges the incidents that are due by time alone, then hands over what a crash, or another location, left
/// pending. Both heads run it at start and then over and over.
/// </summary>
public static class AlertSweep
{
    /// <param name="count"><inheritdoc cref="IncidentClock.RunAsync" path="/param[@name='count']"/></param>
    /// <returns>How many pending transitions were handed over.</returns>
    /// <exception cref="AggregateException">Some incidents could not be judged, or some transitions not handed over; the next sweep tries them again.</exception>
    public static async Task<int> RunAsync(
        IMonitorStore store, IEndpointStore endpoints, IAlertOutbox outbox, TimeProvider time, CancellationToken cancellationToken,
        CountProbes? count = null)
    {
        var failures = new List<Exception>();
        try
        {
            await IncidentClock.RunAsync(store, endpoints, outbox, time, cancellationToken, count);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // What could not be judged must not keep back what was.
            failures.Add(failure);
        }

        var handedOver = 0;
        try
        {
            handedOver = await PendingTransitions.SweepAsync(store, outbox, cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            failures.Add(failure);
        }

        return failures.Count == 0 ? handedOver : throw new AggregateException(failures);
    }
}
