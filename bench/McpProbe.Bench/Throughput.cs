using System.Diagnostics;

namespace McpProbe.Bench;

/// <summary>Probes a second and client CPU a probe, 64 in flight, connections kept on both sides.</summary>
internal static class Throughput
{
    private const int InFlight = 64;
    private const int Rounds = 7;

    /// <summary>Until the just-in-time compiler has done its last tier for all three.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(Report report)
    {
        var (stub, url) = await ChildProcess.StartStubAsync();
        using var _ = stub;
        foreach (var era in new[] { StubServer.Stateless, StubServer.Handshake })
            await CompareAsync(report, new Uri($"{url}{era}/mcp"), era[1..]);
    }

    /// <summary>Our client alone for half a minute, for a profiler; says what the garbage collector took of it.</summary>
    /// <param name="path">Such as <c>/stateless</c>, or <c>/large</c> for a catalogue that is parsed each time.</param>
    public static async Task LoopAsync(string path)
    {
        var (stub, url) = await ChildProcess.StartStubAsync();
        using var _ = stub;
        using var ours = new ProbeClient(new Uri($"{url}{path}/mcp"), keepAlive: true);
        var duration = TimeSpan.FromSeconds(30);
        var (rate, cpu) = await MeasureAsync(ours.ProbeAsync, duration);
        Report.Table($"{path}, {InFlight} in flight", "probes/s", "client CPU ms", "full GCs", "GC pauses %");
        Report.Row("McpProbe", Report.Number(rate), Report.Number(cpu), Report.Number(GC.CollectionCount(GC.MaxGeneration)),
            Report.Number(100 * (GC.GetTotalPauseDuration() / duration)));
    }

    private static async Task CompareAsync(Report report, Uri url, string era)
    {
        using var ours = new ProbeClient(url, keepAlive: true);
        using var plain = new PlainClient(url);
        using var sdk = new SdkClient(url);
        Func<Task>[] clients = [ours.ProbeAsync, plain.ProbeAsync, sdk.ProbeAsync];

        foreach (var client in clients)
            await MeasureAsync(client, WarmUp);
        var measured = clients.Select(_ => new List<(double Rate, double Cpu)>()).ToList();
        for (var round = 0; round < Rounds; round++)
        {
            for (var client = 0; client < clients.Length; client++)
                measured[client].Add(await MeasureAsync(clients[client], Round));
        }

        Report.Table($"Throughput, {era} era: {InFlight} in flight, median of {Rounds} alternated rounds", "probes/s", "client CPU ms");
        string[] names = ["McpProbe", "plain HttpClient, the same requests", "official SDK client"];
        foreach (var (name, rounds) in names.Zip(measured))
            Report.Row(name, Report.Number(rounds.Select(round => round.Rate).Median()), Report.Number(rounds.Select(round => round.Cpu).Median()));

        // Ratios within a round: what else the machine does changes from round to round.
        report.Budget("throughput against plain HttpClient", measured[0].Zip(measured[1], (us, them) => us.Rate / them.Rate).Median(), 0.8, isMinimum: true);
        report.Budget("client CPU against the official SDK client", measured[0].Zip(measured[2], (us, them) => us.Cpu / them.Cpu).Median(), 0.5);
    }

    private static async Task<(double Rate, double CpuMs)> MeasureAsync(Func<Task> probe, TimeSpan duration)
    {
        var time = TimeProvider.System;
        using var self = Process.GetCurrentProcess();
        var (started, cpu, count) = (time.GetTimestamp(), self.TotalProcessorTime, 0);
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => Task.Run(async () =>
        {
            while (time.GetElapsedTime(started) < duration)
            {
                await probe();
                Interlocked.Increment(ref count);
            }
        })));
        self.Refresh();
        return (count / time.GetElapsedTime(started).TotalSeconds, (self.TotalProcessorTime - cpu).TotalMilliseconds / count);
    }
}
