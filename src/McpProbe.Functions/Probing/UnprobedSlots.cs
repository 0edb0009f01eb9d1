using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Probing;

/// <summary>Slots that could not be probed, recorded as results of unknown verdict, so that pages and reports show why.</summary>
public sealed class UnprobedSlots(IMonitorStore store, TimeProvider time)
{
    /// <param name="generation">Of the definition that was to be probed.</param>
    /// <returns>False when the slot has a result already, its endpoint is gone, or has another definition since.</returns>
    public async Task<bool> RecordAsync(
        string endpointId, long generation, DateTimeOffset slot, string location, Failure failure, CancellationToken cancellationToken)
    {
        if (await store.ReadStateAsync(endpointId, cancellationToken) is not { } before || generation < before.State.Generation)
            return false;

        var result = new ProbeResult
        {
            Target = endpointId,
            Verdict = failure.VerdictOf(),
            Failure = failure,
            Attempts = 0,
            Timings = new Timings(null, null, null, null, null, null, TotalMs: 0),
            StartedAt = time.GetUtcNow(),
        };
        // The result only: what nobody saw neither opens nor resolves an incident.
        var change = new StateChange { EndpointId = endpointId, Before = before, Record = new ProbeRecord(slot, location, result) };
        return (await store.CommitAsync(change, cancellationToken)).Status is CommitStatus.Committed;
    }
}
