using McpProbe.Functions;

namespace McpProbe.Bench.Azure;

/// <summary>What a month of one fleet costs, by what it is paid for, in US dollars.</summary>
/// <param name="WorkingTime">Of probes and timers, on demand, after the free grant.</param>
/// <param name="Idle">The host's own requests, whatever is watched.</param>
internal sealed record MonthlyCost(
    double WorkingTime, double Executions, double Queue, double Tables, double Idle, double Kept, double Logs, double Alerts, double AlwaysReady)
{
    /// <summary>Of a result: the budget that the storage's tests hold.</summary>
    private const double ResultBytes = 300;

    /// <summary>Days that single results are kept: the setting's default, and half a month, since a month is dropped as a whole.</summary>
    private const double ResultDays = 35 + 15;

    /// <summary>Of an hour's rollup or a day's, kept for 400 days and 5 years.</summary>
    private const double RollupBytes = 600;
    private const double RollupRows = 400 * 24 + 5 * 365;

    /// <summary>Of a log record or a span, as Application Insights counts it; and how many there are of an execution.</summary>
    private const double RecordBytes = 1_000;
    private const double RecordsAMessage = 1;
    private const double RecordsATick = 2;
    private const double RecordsASweep = 1;

    /// <summary>Measured in the real host: the lock on the timers and the hub's leases, and the hub's table for each partition.</summary>
    private const double LeasesAMinute = 31;
    private const double PartitionRequestsAMinute = 7.5;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Of one request to storage, within a region.</summary>
    private static readonly TimeSpan Request = TimeSpan.FromMilliseconds(10);

    public double Total => WorkingTime + Executions + Queue + Tables + Idle + Kept + Logs + Alerts + AlwaysReady;

    public static MonthlyCost Of(
        SimulatedSchedule schedule, HostRun run, Fleet fleet, HeadSettings settings, HostJson host, int memoryMb, int alwaysReady, double sampling = 1)
    {
        // The pattern repeats with the interval, so minutes stand for a month.
        var months = Prices.Month / schedule.Length;
        double Times(double inSimulation) => inSimulation * months;

        var messages = schedule.Visible.ToList();
        var ticks = Times(schedule.Ticks);
        var sweeps = Prices.Month / TimeSpan.FromMinutes(1);
        var hours = Prices.Month / TimeSpan.FromHours(1);

        // Each kind of timer has an instance of its own, so each run is metered by itself.
        var cores = memoryMb / 2048.0;
        var sends = (double)messages.Count / schedule.Ticks;
        var tick = Request * (sends / 16 + 3 * settings.Shards) + TimeSpan.FromMilliseconds(0.02) * (fleet.Endpoints / cores);
        var rollUp = Request * (6.0 * fleet.Endpoints / 16);
        var timers = Longer(tick, Second) * ticks + Second * sweeps + Longer(rollUp, Second) * hours;
        var gigabyteSeconds = FlexBilling.GigabyteSeconds(run.Metered, memoryMb) * months + FlexBilling.GigabyteSeconds(timers, memoryMb);
        var executions = Times(run.Executions) + ticks + sweeps + hours;

        // A probe's result; the states of a message, by shard, and what the overview shows of it; a tick; what is due and what is pending; an hour's rollups.
        var reads = new StateReads(fleet, settings.Shards);
        var prefetches = messages.Sum(message => reads.Of(message).Sum(read => read.Requests) + reads.WritesOf(message).Sum(write => write.Requests));
        var tables = Times(messages.Sum(message => message.Probes.Count) + prefetches + schedule.TableRequests)
            + sweeps * 2 * settings.Shards + hours * 6 * fleet.Endpoints;
        var queue = Times(messages.Count * 2 + run.Polls);

        var minutes = Prices.Month / TimeSpan.FromMinutes(1);
        var hubPolls = Prices.Month / host.MaxHubPollingInterval * (host.HubPartitions + 1);
        var poisonPolls = Prices.Month / host.MaxPollingInterval;
        var idle = (hubPolls + poisonPolls) * Prices.QueueRequest + minutes * LeasesAMinute * Prices.BlobRequest
            + minutes * PartitionRequestsAMinute * host.HubPartitions * Prices.TableRequest;

        var kept = fleet.ProbesAMonth / Prices.Month.TotalDays * ResultDays * ResultBytes + fleet.Endpoints * RollupRows * RollupBytes;
        var logs = (Times(run.Executions) * RecordsAMessage + ticks * RecordsATick + (sweeps + hours) * RecordsASweep) * RecordBytes * sampling;
        return new MonthlyCost(
            Math.Max(0, gigabyteSeconds - Prices.FreeGigabyteSeconds) * Prices.GigabyteSecond,
            Math.Max(0, executions - Prices.FreeExecutions) * Prices.Execution,
            queue * Prices.QueueRequest,
            tables * Prices.TableRequest,
            idle,
            kept / 1e9 * Prices.TableGigabyteMonth,
            logs / 1e9 * Prices.LogGigabyte,
            2 * Prices.LogAlert,
            alwaysReady * FlexBilling.GigabyteSeconds(Prices.Month, memoryMb) * Prices.AlwaysReadyGigabyteSecond);
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
