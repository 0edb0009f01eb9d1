using McpProbe.Probing;

namespace McpProbe.Monitoring;

/// <summary>The path of the data, from a due slot to the alert handed over. Both heads run it.</summary>
public sealed class MonitorCycle(McpProber prober, IMonitorStore store, IAlertOutbox outbox, TimeProvider time)
{
    /// <summary>Works one slot of one endpoint. Throws only what the store or the outbox throw, and when cancelled.</summary>
    public Task<CycleOutcome> RunAsync(ProbeRequest request, CancellationToken cancellationToken) =>
        throw new NotImplementedException($"{prober} {store} {outbox} {time} {request} {cancellationToken}");
}

public enum CycleOutcome
{
    /// <summary>Probed, or found probed, and judged.</summary>
    Recorded,

    /// <summary>The slot was judged before; what was pending is handed over.</summary>
    AlreadyJudged,

    /// <summary>Too late: the slot is a gap in the coverage.</summary>
    Gap,

    /// <summary>The endpoint was deleted or paused.</summary>
    Gone,

    /// <summary>The prober stopped before the probe ended; nothing was recorded.</summary>
    Cancelled,
}
