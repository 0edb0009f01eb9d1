using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace McpProbe.Bench;

/// <summary>CPU of a watched probe, with its whole sequence over a fresh connection, against one POST of blackbox_exporter.</summary>
internal static class BlackboxExporter
{
    private const int Probes = 2_000;
    private const int InFlight = 8;
    private const int Rounds = 5;
    internal const string Executable = "/usr/bin/prometheus-blackbox-exporter";

    internal const string Configuration = """
        modules:
          mcp:
            prober: http
            timeout: 5s
            http:
              method: POST
              headers: { Content-Type: application/json, Accept: "application/json, text/event-stream" }
              body: '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"blackbox","version":"1"}}}'
              fail_if_body_not_matches_regexp: [ '"protocolVersion"' ]

        """;

    public static async Task RunAsync(Report report)
    {
        if (!File.Exists(Executable))
            throw new MissingPeerException("blackbox_exporter is not installed; run: apt-get install prometheus-blackbox-exporter");

        var (stub, url) = await ChildProcess.StartStubAsync();
        using var _ = stub;
        var port = FreePort();
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, Configuration);
            using var exporter = ChildProcess.Start(Executable, "--config.file", file, "--web.listen-address", $"127.0.0.1:{port}", "--log.level", "error");
            await CompareAsync(report, url, exporter, new Uri($"http://127.0.0.1:{port}"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task CompareAsync(Report report, string url, ChildProcess exporter, Uri exporterUrl)
    {
        using var http = new HttpClient { BaseAddress = exporterUrl };
        await WaitUntilReadyAsync(http);
        var target = Uri.EscapeDataString($"{url}{StubServer.Handshake}/mcp");
        using var stateless = new ProbeClient(new Uri($"{url}{StubServer.Stateless}/mcp"), keepAlive: false);
        using var handshake = new ProbeClient(new Uri($"{url}{StubServer.Handshake}/mcp"), keepAlive: false);
        using var self = Process.GetCurrentProcess();

        (string Name, Func<Task> Work, Func<TimeSpan> Cpu)[] measured =
        [
            ("McpProbe, stateless: 2 requests", stateless.ProbeAsync, OwnCpu),
            ("McpProbe, handshake: 5 requests", handshake.ProbeAsync, OwnCpu),
            ("blackbox_exporter: 1 request", () => SucceedAsync(http, $"/probe?module=mcp&target={target}"), () => exporter.Cpu),
            ("  of which its own web server (/-/healthy)", () => http.GetStringAsync("/-/healthy"), () => exporter.Cpu),
        ];
        var samples = measured.Select(_ => new List<double>()).ToList();
        for (var round = -1; round < Rounds; round++)
        {
            for (var i = 0; i < measured.Length; i++)
            {
                var cpu = await MeasureAsync(measured[i].Work, measured[i].Cpu);
                if (round >= 0) // the first warms up
                    samples[i].Add(cpu);
            }
        }

        Report.Table($"CPU a probe, each over a fresh connection: median of {Rounds} alternated rounds of {Probes}", "CPU ms");
        for (var i = 0; i < measured.Length; i++)
            Report.Row(measured[i].Name, Report.Number(samples[i].Median()));
        var theirs = samples[2].Median() - samples[3].Median();
        report.Budget("stateless era, against its probe alone", samples[0].Median() / theirs, 1);
        report.Budget("handshake era, against its probe alone", samples[1].Median() / theirs, 1);

        TimeSpan OwnCpu()
        {
            self.Refresh();
            return self.TotalProcessorTime;
        }
    }

    private static async Task<double> MeasureAsync(Func<Task> work, Func<TimeSpan> cpu)
    {
        var before = cpu();
        var left = Probes;
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
                await work();
        })));
        return (cpu() - before).TotalMilliseconds / Probes;
    }

    private static async Task SucceedAsync(HttpClient http, string probe)
    {
        var metrics = await http.GetStringAsync(probe);
        if (!metrics.Contains("probe_success 1", StringComparison.Ordinal))
            throw new InvalidOperationException($"blackbox_exporter's probe failed:\n{metrics}");
    }

    private static async Task WaitUntilReadyAsync(HttpClient http)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await http.GetStringAsync("/-/healthy");
                return;
            }
            catch (HttpRequestException) when (attempt < 100)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
