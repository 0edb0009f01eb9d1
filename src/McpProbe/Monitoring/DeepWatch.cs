using System.Collections.Concurrent;
using McpProbe.Alerts.Deliveries;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring.Prober;
using McpProbe.Probing;

namespace McpProbe.Monitoring;

/// <summary>
/// Once a day, at an instant that depends on its id: looks at each endpoint beyond what a probe asks (<see cref="DeepProber"/>), and
/// keeps what was found in its state. Never a stranger's endpoint, one at a time per host.
/// </summary>
/// <param name="atOnce">Servers that are looked at together.</param>
public sealed class DeepWatch(
    IEndpointStore endpoints, IMonitorStore store, McpProber prober, DeepProber deep, HostTurns turns, TimeProvider time, int atOnce = 4)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>How long after its instant an endpoint is still looked for: a head runs this every hour, and one hour may be missed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromHours(3);

    /// <param name="outbox">As in <see cref="EndpointJudge"/>.</param>
    /// <param name="until">No look begins later; the next hour goes on.</param>
    /// <returns>How many endpoints were looked at.</returns>
    /// <exception cref="AggregateException">Some looks failed for a reason of our own, such as the store; all others were made.</exception>
    public async Task<int> RunAsync(IAlertOutbox? outbox, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var judge = new EndpointJudge(store, outbox);
        var looked = 0;
        var failures = new ConcurrentQueue<Exception>();
        var due = (await endpoints.ListEndpointsAsync(cancellationToken))
            .Where(each => each is { Mistakes: null, Source: not EndpointSource.Archived } && DeepProber.AppliesTo(each.Endpoint))
            .Select(each => (each.Endpoint, Slot: Schedule.SlotAt(each.Endpoint with { Interval = Day }, now)))
            .Where(each => now - each.Slot < Patience)
            .OrderBy(each => each.Slot);
        await Parallel.ForEachAsync(
            due,
            new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken },
            async (each, cancellation) =>
            {
                try
                {
                    if (time.GetUtcNow() < until && await IsDueAsync(each.Endpoint.Id, each.Slot, cancellation)
                        && await LookAsync(each.Endpoint, judge, cancellation))
                        Interlocked.Increment(ref looked);
                }
                catch (Exception failure) when (!cancellation.IsCancellationRequested)
                {
                    failures.Enqueue(failure);
                }
            });
        return failures.IsEmpty ? looked : throw new AggregateException($"{failures.Count} of the deep looks failed; the next hour tries again.", failures);
    }

    /// <summary>Once it was probed, and not again on the same day.</summary>
    private async Task<bool> IsDueAsync(string id, DateTimeOffset slot, CancellationToken cancellationToken) =>
        await store.ReadStateAsync(id, cancellationToken) is { State: { Locations.Count: > 0 } state } && !(state.Deep?.At >= slot);

    private async Task<bool> LookAsync(Endpoint endpoint, EndpointJudge judge, CancellationToken cancellationToken)
    {
        using var turn = await turns.EnterAsync(endpoint.Url!, cancellationToken);
        if (turn is null)
            return false;
        // Not recorded: it tells the checks how the server is now. A tool is not called once more for it.
        var result = await prober.ProbeAsync(endpoint with { Smoke = null }, cancellationToken);
        // A server that is down, or behind what fails, cannot be looked at; what the last look found still stands.
        if (!DeepProber.CanLook(result) || result.Failure is { HttpStatus: 429 or >= 500 })
            return false;
        var look = await deep.LookAsync(endpoint, result, cancellationToken);
        return await judge.JudgeAsync(endpoint, _ => new DeepLooked(look.At, look), delete: false, cancellationToken) is not null;
    }
}
