using System.Globalization;
using System.Text;
using McpProbe.Endpoints;
using McpProbe.Monitoring;

namespace McpProbe.Bench;

/// <summary>
/// How many endpoints one machine watches: McpProbe.Server as a process, at an interval of a minute, half of the endpoints of each
/// era. What it does is seen from outside: the stub server writes down when each probe arrives, the kernel what it costs.
/// </summary>
internal static class Scale
{
    private const int BareProbes = 2_000;
    private const int InFlight = 8;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(60);
    private static readonly int[] Steps = [1_000, 5_000, 20_000, 50_000, 100_000];

    /// <param name="steps">Numbers of endpoints; none takes all of <see cref="Steps"/>.</param>
    /// <param name="minutes">How long each step is watched after its first minute, which is the start's.</param>
    /// <param name="own">Each endpoint has a name and a catalogue of its own; otherwise they have two catalogues among them.</param>
    public static async Task RunAsync(Report report, IReadOnlyList<int> steps, int minutes, bool own)
    {
        var server = Environment.GetEnvironmentVariable("MCPPROBE_SERVER_UNDER_TEST")
            ?? Path.Combine(Repository.Root, "src/McpProbe.Server/bin/Release/net10.0/mcpprobe-server");
        if (!File.Exists(server))
            throw new MissingPeerException($"{server} is not there; run: dotnet build -c Release src/McpProbe.Server");

        var bare = await BareProbeAsync();
        Console.WriteLine();
        Console.WriteLine(FormattableString.Invariant(
            $"Scale: an interval of a minute, {minutes} min after the first one; a bare probe over a fresh connection takes {bare:0.000} ms"));
        Console.WriteLine($"of CPU; load of the machine before: {(await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0]}");
        Line("endpoints", "slots", "lag p50", "lag p99", "CPU", "x bare", "x step", "memory", "start", "page", "", "status", "");
        Line("", "met %", "ms", "ms", "ms/probe", "", "before", "MB", "s", "ms", "KB", "ms", "KB");
        var (all, before) = (new List<(int Count, Seen Seen)>(), 0.0);
        foreach (var count in steps.Count > 0 ? steps : Steps)
        {
            var seen = await WatchAsync(server, count, TimeSpan.FromMinutes(minutes), own);
            Line(
                Text(count), Text(100.0 * seen.Met / seen.Slots, 2), Text(seen.Lag(0.5)), Text(seen.Lag(0.99)), Text(seen.CpuMs, 3), Text(seen.CpuMs / bare, 2),
                before > 0 ? Text(seen.CpuMs / before, 2) : "", Text(seen.MemoryMb), Text(seen.StartSeconds, 1),
                Text(seen.Page.Ms), Text(seen.Page.Kb), Text(seen.Status.Ms), Text(seen.Status.Kb));
            before = seen.CpuMs;
            all.Add((count, seen));
        }
        Console.WriteLine();
        Line("endpoints", "probes", "file", "written", "written", "writes", "started");
        Line("", "/s", "B/result", "KB/res.", "KB/s", "/s", "anew s");
        foreach (var (count, seen) in all)
            Line(
                Text(count), Text(seen.ProbesASecond), Text(seen.FileBytes), Text(seen.WrittenBytes / 1e3, 1), Text(seen.WrittenBytes * seen.ProbesASecond / 1e3),
                Text(seen.WritesASecond), Text(seen.RestartSeconds, 1));
        foreach (var (count, seen) in all.Where(each => each.Count == 50_000))
            Judge(report, seen, bare);
    }

    private static string Text(double value, int digits = 0) => value.ToString($"N{digits}", CultureInfo.InvariantCulture);

    // Fits a hundred columns.
    private static void Line(params IReadOnlyList<string> cells) =>
        Console.WriteLine(string.Concat(cells.Select((cell, column) => column == 0 ? cell.PadRight(9) : cell.PadLeft(column > 8 ? 7 : 8 + column / 4))).TrimEnd());

    private static void Judge(Report report, Seen seen, double bare)
    {
        report.Budget("slots met", 100.0 * seen.Met / seen.Slots, 100, "%", isMinimum: true);
        report.Budget("start lag p99", seen.Lag(0.99), 1_000, "ms");
        report.Budget("memory", seen.MemoryMb, 600, "MB");
        report.Budget("CPU a probe against the bare one", seen.CpuMs / bare, 2);
        report.Budget("start-up", Math.Max(seen.StartSeconds, seen.RestartSeconds), 10, "s");
        report.Budget("overview page", seen.Page.Ms, 200, "ms");
        report.Budget("overview page", seen.Page.Kb, 150, "KB");
        report.Budget("/api/status", seen.Status.Ms, 200, "ms");
    }

    /// <summary>What one step showed. Lags are in milliseconds, sorted.</summary>
    /// <param name="FileBytes">By which the database grew, for each result.</param>
    /// <param name="WrittenBytes">What went to the disk, the log included, for each result.</param>
    /// <param name="WritesASecond">Calls that write to a file.</param>
    /// <param name="RestartSeconds">The start with a database that has all endpoints.</param>
    private sealed record Seen(
        int Slots, int Met, IReadOnlyList<double> Lags, double CpuMs, double MemoryMb, double ProbesASecond, double FileBytes, double WrittenBytes,
        double WritesASecond, double StartSeconds, double RestartSeconds, (double Ms, double Kb) Page, (double Ms, double Kb) Status)
    {
        public double Lag(double share) => Lags.Count == 0 ? double.NaN : Lags[Math.Min(Lags.Count - 1, (int)(share * Lags.Count))];
    }

    private static async Task<Seen> WatchAsync(string server, int count, TimeSpan duration, bool own)
    {
        var time = TimeProvider.System;
        var (stub, stubUrl) = await ChildProcess.StartStubAsync();
        using var _ = stub;
        var directory = Directory.CreateTempSubdirectory("mcpprobe-scale-");
        try
        {
            var endpoints = Enumerable.Range(0, count).Select(number => Watched(stubUrl, number, own)).ToList();
            var file = Path.Combine(directory.FullName, "probes.json");
            await File.WriteAllTextAsync(file, ProbesFile(endpoints));

            var url = $"http://127.0.0.1:{FreePort()}";
            var data = Path.Combine(directory.FullName, "data");
            using var http = new HttpClient { BaseAddress = new Uri(url), Timeout = TimeSpan.FromMinutes(5) };
            var (process, startSeconds) = await StartAsync(server, file, data, url, http);
            using var first = process;

            await Task.Delay(Interval, time);
            var database = new FileInfo(Path.Combine(data, "mcpprobe.db"));
            var (from, cpu, written, writes, size) = (time.GetUtcNow(), process.Cpu, process.BytesWritten, process.Writes, database.Length);
            await Task.Delay(duration, time);
            var until = time.GetUtcNow();
            database.Refresh();
            (cpu, written, writes, size) = (process.Cpu - cpu, process.BytesWritten - written, process.Writes - writes, database.Length - size);
            var memory = process.Memory;

            var arrivals = await ArrivalsAsync(stubUrl);
            var page = await LoadAsync(http, "/");
            var status = await LoadAsync(http, "/api/status");
            await process.EndAsync();
            var (again, restartSeconds) = await StartAsync(server, file, data, url, http);
            using var second = again;
            var (slots, met, lags, probes) = Judge(endpoints, arrivals, from, until);
            return new Seen(
                slots, met, lags, cpu.TotalMilliseconds / probes, memory / 1e6, probes / duration.TotalSeconds, (double)size / probes, (double)written / probes,
                writes / duration.TotalSeconds, startSeconds, restartSeconds, page, status);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task<(ChildProcess Process, double Seconds)> StartAsync(string server, string file, string data, string url, HttpClient http)
    {
        var started = TimeProvider.System.GetTimestamp();
        var process = ChildProcess.Start(server, "--probes", file, "--data", data, "--urls", url);
        process.PassOutputOn();
        await WaitUntilReadyAsync(http, process);
        return (process, TimeProvider.System.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>Each slot in [from, until) with the first probe that came between it and the next one.</summary>
    private static (int Slots, int Met, List<double> Lags, int Probes) Judge(
        List<Endpoint> endpoints, ILookup<int, DateTimeOffset> arrivals, DateTimeOffset from, DateTimeOffset until)
    {
        var (slots, met, probes, lags) = (0, 0, 0, new List<double>());
        for (var number = 0; number < endpoints.Count; number++)
        {
            var came = arrivals[number].Order().ToList();
            probes += came.Count(at => at >= from && at < until);
            for (var slot = Schedule.NextSlot(endpoints[number], from); slot + Interval < until; slot += Interval)
            {
                slots++;
                // A lag is also seen of a probe that begins just before the clock's next tick says so.
                if (came.FindIndex(at => at >= slot - TimeSpan.FromMilliseconds(1) && at < slot + Interval) is var index and >= 0)
                {
                    met++;
                    lags.Add(Math.Max(0, (came[index] - slot).TotalMilliseconds));
                }
            }
        }
        lags.Sort();
        return (slots, met, lags, probes);
    }

    private static Endpoint Watched(string stub, int number, bool own) => new()
    {
        Id = string.Create(CultureInfo.InvariantCulture, $"endpoint-{number}"),
        Url = new Uri(string.Create(
            CultureInfo.InvariantCulture, $"{stub}{(number % 2 == 0 ? StubServer.Stateless : StubServer.Handshake)}{(own ? StubServer.Own : "")}/{number}/mcp")),
        Interval = Interval,
    };

    // JSON, which every reader of the probes file takes; the endpoints have nothing to escape.
    private static string ProbesFile(List<Endpoint> endpoints)
    {
        var text = new StringBuilder("{\"endpoints\":[");
        for (var number = 0; number < endpoints.Count; number++)
        {
            text.Append(CultureInfo.InvariantCulture,
                $$"""{{(number == 0 ? "" : ",")}}{"id":"{{endpoints[number].Id}}","url":"{{endpoints[number].Url}}","group":"group-{{number % 50}}","interval":"60s"}""").Append('\n');
        }
        return text.Append("]}").ToString();
    }

    /// <summary>CPU milliseconds of the engine's probe alone, half of each era.</summary>
    private static async Task<double> BareProbeAsync()
    {
        var (stub, url) = await ChildProcess.StartStubAsync();
        using var _ = stub;
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        using var stateless = new ProbeClient(new Uri($"{url}{StubServer.Stateless}/mcp"), keepAlive: false);
        using var handshake = new ProbeClient(new Uri($"{url}{StubServer.Handshake}/mcp"), keepAlive: false);
        var samples = new List<double>();
        for (var round = -2; round < 5; round++)
        {
            self.Refresh();
            var before = self.TotalProcessorTime;
            var left = BareProbes;
            await Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => Task.Run(async () =>
            {
                while (Interlocked.Decrement(ref left) is >= 0 and var number)
                    await (number % 2 == 0 ? stateless : handshake).ProbeAsync();
            })));
            self.Refresh();
            if (round >= 0)
                samples.Add((self.TotalProcessorTime - before).TotalMilliseconds / BareProbes);
        }
        return samples.Median();
    }

    internal static async Task<ILookup<int, DateTimeOffset>> ArrivalsAsync(string stub)
    {
        using var http = new HttpClient();
        var bytes = await http.GetByteArrayAsync(stub + StubServer.Arrivals);
        return Enumerable.Range(0, bytes.Length / StubServer.ArrivalSize)
            .Select(index => StubServer.ReadArrival(bytes.AsSpan(index * StubServer.ArrivalSize)))
            .ToLookup(arrival => arrival.Endpoint, arrival => arrival.At);
    }

    /// <summary>The median of five times, and the size.</summary>
    private static async Task<(double Ms, double Kb)> LoadAsync(HttpClient http, string path)
    {
        var (times, size) = (new List<double>(), 0);
        for (var i = 0; i < 5; i++)
        {
            var started = TimeProvider.System.GetTimestamp();
            size = (await http.GetByteArrayAsync(path)).Length;
            times.Add(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
        }
        return (times.Median(), size / 1e3);
    }

    private static async Task WaitUntilReadyAsync(HttpClient http, ChildProcess process)
    {
        while (true)
        {
            if (process.HasExited)
                throw new InvalidOperationException("The server ended; its output says why.");
            try
            {
                using var answer = await http.GetAsync("/api/health");
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    internal static int FreePort()
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        return ((System.Net.IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
