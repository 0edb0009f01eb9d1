using System.Diagnostics.Metrics;

namespace McpProbe.Server.Scheduling;

/// <summary>What the scheduler measures of itself; meter <c>McpProbe.Server</c>.</summary>
internal sealed class SchedulerMetrics
{
    public const string MeterName = "McpProbe.Server";

    public SchedulerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        StartLag = meter.CreateHistogram<double>(
            "mcpprobe.schedule.start_lag", "s", "From the slot to the start of its probe.");
        Gaps = meter.CreateCounter<long>(
            "mcpprobe.schedule.gaps", "{slot}", "Slots that were not probed because their successor was due.");
        Overloaded = meter.CreateCounter<long>(
            "mcpprobe.probes.overloaded", "{probe}", "Probes during which this process itself stood still, so that they say nothing of the server's failures and times.");
    }

    /// <inheritdoc cref="Monitoring.Prober.OverloadGuard"/>
    public Counter<long> Overloaded { get; }

    public Histogram<double> StartLag { get; }

    public Counter<long> Gaps { get; }
}
