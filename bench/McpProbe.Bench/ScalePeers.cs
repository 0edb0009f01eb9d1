using System.Globalization;
using System.Text;

namespace McpProbe.Bench;

/// <summary>
/// The same job by Prometheus and blackbox_exporter, as Debian has them: a POST of <c>initialize</c> to each target once a minute. Of McpProbe's
/// five or two requests, and of the catalogue, they do one request.
/// </summary>
internal static class ScalePeers
{
    private const string Prometheus = "/usr/bin/prometheus";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(60);

    /// <param name="steps">Numbers of targets; it ends after the first at which a minute of a target passed without a probe.</param>
    /// <param name="minutes">How long each step is watched after its first minute.</param>
    public static async Task RunAsync(IReadOnlyList<int> steps, int minutes)
    {
        if (!File.Exists(Prometheus) || !File.Exists(BlackboxExporter.Executable))
            throw new MissingPeerException("They are not installed; run: apt-get install prometheus prometheus-blackbox-exporter");
        Console.WriteLine();
        Console.WriteLine("Prometheus with blackbox_exporter: one POST to each target, every minute");
        Report.Table("", "minutes met %", "probes/s", "CPU ms/probe", "memory MB");
        foreach (var count in steps)
        {
            var (met, of, probes, cpu, memory) = await WatchAsync(count, TimeSpan.FromMinutes(minutes));
            Report.Row(
                string.Create(CultureInfo.InvariantCulture, $"{count} targets"), Report.Number(100.0 * met / of),
                Report.Number(probes / (60.0 * minutes)), Report.Number(cpu.TotalMilliseconds / probes), Report.Number(memory / 1e6));
            if (met < of)
                return;
        }
    }

    private static async Task<(int Met, int Of, int Probes, TimeSpan Cpu, long Memory)> WatchAsync(int count, TimeSpan duration)
    {
        var time = TimeProvider.System;
        var (stub, stubUrl) = await ChildProcess.StartStubAsync();
        using var _ = stub;
        var directory = Directory.CreateTempSubdirectory("mcpprobe-peers-");
        try
        {
            var (exporterPort, port) = (Scale.FreePort(), Scale.FreePort());
            var modules = Path.Combine(directory.FullName, "blackbox.yml");
            await File.WriteAllTextAsync(modules, BlackboxExporter.Configuration);
            var configuration = Path.Combine(directory.FullName, "prometheus.yml");
            await File.WriteAllTextAsync(configuration, Configuration(count, stubUrl, exporterPort));
            using var exporter = ChildProcess.Start(
                BlackboxExporter.Executable, "--config.file", modules, "--web.listen-address", $"127.0.0.1:{exporterPort}", "--log.level", "error");
            exporter.PassOutputOn();
            using var prometheus = ChildProcess.Start(
                Prometheus, "--config.file", configuration, "--storage.tsdb.path", Path.Combine(directory.FullName, "tsdb"),
                "--web.listen-address", $"127.0.0.1:{port}", "--log.level", "error");
            prometheus.PassOutputOn();

            await Task.Delay(Interval, time);
            var (from, cpu) = (time.GetUtcNow(), exporter.Cpu + prometheus.Cpu);
            await Task.Delay(duration, time);
            var until = time.GetUtcNow();
            cpu = exporter.Cpu + prometheus.Cpu - cpu;
            var memory = exporter.Memory + prometheus.Memory;

            var arrivals = await Scale.ArrivalsAsync(stubUrl);
            var (met, of, probes) = (0, 0, 0);
            for (var number = 0; number < count; number++)
            {
                var came = arrivals[number].Where(at => at >= from && at < until).ToList();
                probes += came.Count;
                // A second more than the interval: its scrapes are a minute apart, give or take what one lasts.
                for (var minute = from; minute + Interval + TimeSpan.FromSeconds(1) <= until; minute += Interval)
                {
                    of++;
                    met += came.Exists(at => at >= minute && at < minute + Interval + TimeSpan.FromSeconds(1)) ? 1 : 0;
                }
            }
            return (met, of, probes, cpu, memory);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static string Configuration(int count, string stub, int exporterPort)
    {
        var text = new StringBuilder($$"""
            scrape_configs:
            - job_name: mcp
              scrape_interval: 60s
              scrape_timeout: 10s
              metrics_path: /probe
              params: { module: [mcp] }
              relabel_configs:
              - { source_labels: [__address__], target_label: __param_target }
              - { source_labels: [__param_target], target_label: instance }
              - { target_label: __address__, replacement: "127.0.0.1:{{exporterPort}}" }
              static_configs:
              - targets:

            """);
        for (var number = 0; number < count; number++)
            text.Append(CultureInfo.InvariantCulture, $"    - \"{stub}{StubServer.Handshake}/{number}/mcp\"\n");
        return text.ToString();
    }
}
