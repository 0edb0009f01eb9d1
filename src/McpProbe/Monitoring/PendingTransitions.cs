using McpProbe.Incidents;

namespace McpProbe.Monitoring;

/// <summary>From the store, which is the truth, to the outbox, which is a courier: hand over, then forget.</summary>
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

    /// <summary>What a crash left behind: run at start and every minute.</summary>
    /// <returns>How many transitions were handed over.</returns>
    public static async Task<int> SweepAsync(IMonitorStore store, IAlertOutbox outbox, CancellationToken cancellationToken)
    {
        var total = 0;
        while (await store.ReadPendingAsync(SweepBatch, cancellationToken) is { Count: > 0 } pending)
        {
            await HandOverAsync(pending, store, outbox, cancellationToken);
            total += pending.Count;
        }

        return total;
    }
}
