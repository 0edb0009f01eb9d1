using McpProbe.Catalog;
using McpProbe.Endpoints;
using McpProbe.Probing;
using McpProbe.Probing.Run;

namespace McpProbe.Cli.Tests;

/// <summary>Accepted snapshots for the gate, taken without starting the program.</summary>
internal static class Baselines
{
    /// <summary>Slower than any handshake of a test: the latency check passes, however loaded the machine is.</summary>
    public const double Slow = 60_000;

    /// <summary>Writes what the server offers to a file.</summary>
    /// <param name="handshakeMs">What every sample took; the truth would depend on the machine's load.</param>
    public static async Task<string> TakeAsync(Endpoint endpoint, string file, double handshakeMs = Slow)
    {
        var prober = new McpProber(new ProberOptions(), TimeProvider.System);
        var result = await prober.ProbeAsync(endpoint with { Timeout = TimeSpan.FromSeconds(30) }, TestContext.Current.CancellationToken);
        Assert.True(result.Snapshot is not null, result.Failure?.Message);
        var sample = result with { Timings = result.Timings with { HandshakeMs = handshakeMs } };
        await File.WriteAllBytesAsync(
            file, SnapshotFile.Write(result.Target, result.Snapshot, [.. Enumerable.Repeat(sample, 20)]), TestContext.Current.CancellationToken);
        return file;
    }

    public static Task<string> TakeAsync(string url, string file, double handshakeMs = Slow) =>
        TakeAsync(new Endpoint { Id = "baseline", Url = new Uri(url) }, file, handshakeMs);
}
