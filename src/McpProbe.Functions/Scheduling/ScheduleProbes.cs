using McpProbe.Functions.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Scheduling;

/// <summary>Every half minute: what is due next goes to the queues of the locations.</summary>
public sealed class ScheduleProbes(WindowScheduler scheduler, TableStore store, StoreOpening opening, ILogger<ScheduleProbes> log)
{
    [Function(nameof(ScheduleProbes))]
    public async Task RunAsync(
        [TimerTrigger($"%{AppSettings.ProbeSchedule}%")] TimerInfo timer, CancellationToken cancellationToken)
    {
        if (!await opening.IsOpenAsync(cancellationToken))
            return;
        try
        {
            var sent = await scheduler.RunAsync(cancellationToken);
            Log.Scheduled(log, sent, timer.IsPastDue);
        }
        catch (Exception failure) when (StorageObstacle.IsEmptied(failure))
        {
            // Somebody removed a table or a queue, or the emulator was started anew: the next tick finds them again.
            await store.OpenAsync(cancellationToken);
            throw;
        }
    }
}
