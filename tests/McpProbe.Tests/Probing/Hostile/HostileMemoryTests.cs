using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;

namespace McpProbe.Tests.Probing.Hostile;

/// <summary>
/// How much memory hostile servers make the prober take (DESIGN, Budgets). The servers are here; the prober that is measured is a
/// process of its own, this test assembly once more, which runs <see cref="MeasuredProber"/> alone.
/// </summary>
[Collection(nameof(HostileServers))]
public sealed class HostileMemoryTests
{
    /// <summary>The budget of one server, and of many at once, over the idle process.</summary>
    private const int MostOfOne = 150, MostOfMany = 600;

    /// <summary>Those that try to fill memory.</summary>
    private static readonly string[] Names =
    [
        "endless JSON", "endless string", "endless HTML", "endless SSE of notifications", "endless data lines of one event", "huge single line",
        "gzip bomb", "br bomb", "deflate bomb", "deep nesting never closed", "20,000 tools", "a tool of a million values", "numbers that grow",
        "repeated keys in what a repeated key hides", "half a million supported versions", "header flood", "one endless header", "endless trailers",
        "a chunk a byte", "pages that are too large together", "the largest catalogue",
    ];

    [Theory]
    [InlineData(MeasuredProber.One, 22, MostOfOne)]
    [InlineData(MeasuredProber.Differ, 1, MostOfOne)]
    [InlineData(MeasuredProber.Many, 4, MostOfMany)]
    public async Task Probe_MemoryHungryServers_StaysWithinTheBudget(string what, int count, int most)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var scenarios = Scenarios.All("http://other.test").Where(scenario => Names.Contains(scenario.Name)).ToList();
        Assert.Equal(Names.Length, scenarios.Count);
        var servers = scenarios.ConvertAll(scenario => RawServer.Start(scenario.Serve));
        var report = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo("dotnet", [typeof(HostileMemoryTests).Assembly.Location, "-noColor", "-explicit", "only", "-class", typeof(MeasuredProber).FullName!])
            {
                RedirectStandardOutput = true,
                Environment =
                {
                    [MeasuredProber.What] = what,
                    [MeasuredProber.Urls] = string.Join(' ', scenarios.Zip(servers, (scenario, server) => $"http://127.0.0.1:{server.Port}/{Uri.EscapeDataString(scenario.Name)}")),
                    [MeasuredProber.Report] = report,
                },
            };
            using var prober = Process.Start(start)!;
            var output = await prober.StandardOutput.ReadToEndAsync(cancellation);
            await prober.WaitForExitAsync(cancellation);
            Assert.True(prober.ExitCode == 0, output);

            var peaks = (await File.ReadAllLinesAsync(report, cancellation)).Select(line => line.Split('\t'))
                .ToDictionary(line => line[0], line => double.Parse(line[1], CultureInfo.InvariantCulture));
            foreach (var (name, peak) in peaks)
                TestContext.Current.TestOutputHelper!.WriteLine($"{peak,6:0.0} MB  {name}");
            Assert.Equal(count, peaks.Count);
            Assert.All(peaks, peak => Assert.InRange(peak.Value, 0, most));
        }
        finally
        {
            File.Delete(report);
            foreach (var server in servers)
                await server.DisposeAsync();
        }
    }
}

/// <summary>The process that <see cref="HostileMemoryTests"/> starts and reads the peaks of.</summary>
public sealed class MeasuredProber
{
    public const string Urls = "MCPPROBE_TEST_URLS";
    public const string Report = "MCPPROBE_TEST_REPORT";
    public const string What = "MCPPROBE_TEST_MEASURE";
    public const string One = "one by one", Differ = "differ", Many = "64 at once";

    private static readonly McpProber Prober = new(new ProberOptions { Secrets = _ => "s3cret" }, TimeProvider.System);

    [Fact(Explicit = true)]
    public async Task Probe_OneByOneAndAllAtOnce_ReportsThePeaks()
    {
        var urls = Environment.GetEnvironmentVariable(Urls)!.Split(' ').Select(url => new Uri(url)).ToList();
        await using var report = new StreamWriter(Environment.GetEnvironmentVariable(Report)!);

        var largest = urls.Find(url => url.AbsolutePath.EndsWith("catalogue", StringComparison.Ordinal));

        // What the first probe of a process needs for itself is no server's doing. What stays in pools later is.
        await ProbeAsync(urls.Find(url => url.AbsolutePath.Contains("header", StringComparison.Ordinal)));
        Collect();
        var idle = Kilobytes("VmRSS");
        switch (Environment.GetEnvironmentVariable(What))
        {
            case One:
                foreach (var url in urls)
                    await MeasureAsync(Uri.UnescapeDataString(url.AbsolutePath[1..]), () => ProbeAsync(url));
                await MeasureAsync("stdio: endless line", () => ProbeAsync(null));
                break;
            case Differ:
                await MeasureAsync("the differ between two of the largest catalogues", DiffAsync);
                break;
            default:
                await MeasureAsync($"{Many}: each of these", () => ManyAsync(i => urls[i % urls.Count]));
                foreach (var name in (string[])["the largest catalogue", "huge single line", "endless JSON"])
                    await MeasureAsync($"{Many}: {name}", () => ManyAsync(_ => urls.Find(url => url.AbsolutePath[1..] == Uri.EscapeDataString(name))));
                break;
        }

        async Task MeasureAsync(string what, Func<Task> act)
        {
            Collect();
            // proc(5), clear_refs: 5 makes the peak what is resident now.
            await File.WriteAllTextAsync("/proc/self/clear_refs", "5");
            await act();
            await report.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{what}\t{(Kilobytes("VmHWM") - idle) / 1000.0}"));
        }

        static void Collect()
        {
            GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }

        // Without the results: how long they are kept is the caller's business.
        static async Task ManyAsync(Func<int, Uri?> url) => await Task.WhenAll(Enumerable.Range(0, 64).Select(async i => { await ProbeAsync(url(i)); }));

        async Task DiffAsync()
        {
            var result = await ProbeAsync(largest);
            var before = result.Snapshot!.Catalog.Canonical;
            var after = before.ToArray();
            for (var i = 0; i < after.Length; i++)
            {
                if (after[i] == (byte)'7')
                    after[i] = (byte)'8';
            }

            Assert.NotEmpty(CatalogDiffer.Compare(before, after));
        }
    }

    private static async Task<ProbeResult> ProbeAsync(Uri? url)
    {
        var result = await Prober.ProbeAsync(
            new Endpoint { Id = "hostile", Url = url, Command = url is null ? ["sh", "-c", "tr '\\0' x < /dev/zero"] : null, Timeout = TimeSpan.FromMinutes(2) },
            TestContext.Current.CancellationToken);
        Assert.NotEqual(FailureKind.Timeout, result.Failure?.Kind);
        return result;
    }

    private static long Kilobytes(string name) => long.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split(':')[1].Replace("kB", "", StringComparison.Ordinal),
        CultureInfo.InvariantCulture);
}
