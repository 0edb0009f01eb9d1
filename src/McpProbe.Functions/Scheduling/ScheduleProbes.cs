using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Scheduling;

/// <summary>Every half minute: what is due next goes to the queues of the locations.</summary>
public sealed class ScheduleProbes(WindowScheduler scheduler, ILogger<ScheduleProbes> log)
{
    [Function(nameof(ScheduleProbes))]
    public async Task RunAsync(
        [TimerTrigger($"%{AppSettings.ProbeSchedule}%")] TimerInfo timer, CancellationToken cancellationToken)
    {
        var sent = await scheduler.RunAsync(cancellationToken);
        Log.Scheduled(log, sent, timer.IsPastDue);
    }
}
