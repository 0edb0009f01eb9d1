using System.Diagnostics.Metrics;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Metrics;

namespace McpProbe.Tests.Monitoring.Metrics;

public sealed class MetricsCostTests
{
    private static readonly Endpoint Endpoint = new() { Id = "cost", Url = new Uri("https://cost.example/mcp"), Group = "g", Metrics = true };

    private static readonly ProbeResult Result = new()
    {
        Target = "https://cost.example/mcp",
        Verdict = Verdict.Healthy,
        Timings = new(0.4, 1.2, 6.3, 14, 9, 3, 40),
        StartedAt = default,
    };

    /// <summary>All that a probe measures: started, begun, read, probed with six phases, committed, ended.</summary>
    [Fact]
    public void Probe_Measured_AllocatesNothing()
    {
        using var metrics = new MonitorMetrics(new OwnSeries());
        metrics.Series.Choose([Endpoint]);
        var measured = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, metrics.Series))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => measured++);
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => measured++);
        listener.Start();
        for (var i = 0; i < 100; i++)
            Measure(metrics);
        measured = 0;
        const int probes = 10_000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var begun = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < probes; i++)
            Measure(metrics);
        var took = TimeProvider.System.GetElapsedTime(begun);
        var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)probes;
        TestContext.Current.SendDiagnosticMessage($"{measured / probes} measurements a probe, {bytes:0.0} bytes, {took.TotalMicroseconds / probes:0.00} µs (listener that only counts)");
        Assert.Equal(13 * probes, measured);
        Assert.True(bytes < 1, $"{bytes} bytes a probe");
    }

    private static void Measure(MonitorMetrics metrics)
    {
        metrics.Started(TimeSpan.FromMilliseconds(3), "local");
        metrics.Begun("local");
        metrics.Stored("read", TimeSpan.FromMilliseconds(0.2));
        metrics.Probed(Endpoint, "local", Result);
        metrics.Stored("commit", TimeSpan.FromMilliseconds(2));
        metrics.Ended("local", CycleOutcome.Recorded);
    }
}
