using McpProbe.Alerts.Deliveries;
using McpProbe.Model;

namespace McpProbe.Monitoring;

/// <summary>From the store, which is the truth, to the outbox, which only carries: hand over, then forget.</summary>
public static class PendingTransitions
{
    private const int SweepBatch = 100;

    /// <summary>Hands transitions over in their order. A crash in between leaves them pending, to be handed over again.</summary>
    public static async Task HandOverAsync(
        IReadOnlyList<Transition> pending, IMonitorStore store, IAlertOutbox outbox, CancellationToken cancellationToken)
    {
        if (pending.Count == 0)
            return;
        foreach (var transition in pending)
            await outbox.HandOverAsync(transition, cancellationToken);
        await store.ClearPendingAsync(pending, cancellationToken);
    }

    /// <summary>
    /// What a crash left behind: run at start and every minute. One transition that cannot be handed over does not hold up
    /// those of other incidents; it stays pending.
    /// </summary>
    /// <returns>How many transitions were handed over.</returns>
    /// <exception cref="AggregateException">Some could not be; the next sweep tries them again.</exception>
    public static async Task<int> SweepAsync(IMonitorStore store, IAlertOutbox outbox, CancellationToken cancellationToken)
    {
        var (total, failures) = (0, new List<Exception>());
        var (tried, failed) = (new HashSet<string>(), new HashSet<string>());
        while (true)
        {
            // What could not be handed over stays pending: it is asked for once, so that it hides nothing. More at a time each time: it is read over.
            var page = await store.ReadPendingAsync(SweepBatch + tried.Count, tried, cancellationToken);
            if (page.Transitions.Count == 0)
            {
                failures.AddRange(page.Unreadable.Select(reason => new InvalidDataException(
                    $"A pending alert cannot be read, and is not sent: {reason} It stays where it is; run the version of McpProbe that wrote it.")));
                break;
            }

            // An incident's transitions keep their order: after one that fails, its others wait too.
            foreach (var incident in page.Transitions.GroupBy(transition => transition.Incident.Id))
            {
                tried.UnionWith(incident.Select(transition => transition.Id));
                if (failed.Contains(incident.Key))
                    continue;
                try
                {
                    await HandOverAsync([.. incident], store, outbox, cancellationToken);
                    total += incident.Count();
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    failures.Add(failure);
                    failed.Add(incident.Key);
                }
            }
        }

        return failures.Count == 0 ? total : throw new AggregateException("Some pending alerts could not be handed over.", failures);
    }
}
