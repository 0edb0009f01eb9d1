using System.Text.Json;
using McpProbe.Model;
using McpProbe.Uptime;

namespace McpProbe.Testing;

/// <summary>Rollups as they come, and as they came.</summary>
public static class RollupSamples
{
    /// <summary>A row as the version before all phases were kept wrote it.</summary>
    public const string Former =
        """{"healthy":3,"degraded":0,"gated":0,"down":1,"unknown":0,"expected":60,"handshakeMs":{"count":3,"sumMs":16.5,"minMs":5,"maxMs":6.5,"buckets":{"46":2,"49":1}}}""";

    /// <summary>A rollup as that version would have written it.</summary>
    public static string FormerOf(Rollup rollup) => JsonSerializer.Serialize(rollup, RollupJson.Default.Rollup);

    public static void AssertFormer(Rollup rollup)
    {
        Assert.Equal((3, 1, 60), (rollup.Healthy, rollup.Down, rollup.Expected));
        Assert.Equal((3, 16.5, 5, 6.5), (rollup.HandshakeMs.Count, rollup.HandshakeMs.SumMs, rollup.HandshakeMs.MinMs, rollup.HandshakeMs.MaxMs));
        Assert.Equal([new LatencyBucket(46, 2), new LatencyBucket(49, 1)], rollup.HandshakeMs.Buckets);
        Assert.Equal(0, rollup.Latency[LatencyPhase.Catalog].Count);
    }

    /// <summary>A usual hour at 60 s of a server over the Internet: seven phases, each with its own spread.</summary>
    public static Rollup UsualHour(int seed)
    {
        var random = new Random(seed);
        double Ms(double median) => Math.Round(median * Math.Exp(0.3 * Gauss()), 2);
        double Gauss() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return Rollup.Of(
            Enumerable.Range(0, 60).Select(_ => new ProbeResult
            {
                Target = "https://example.com/mcp",
                Verdict = Verdict.Healthy,
                Timings = new Timings(Ms(3), Ms(20), Ms(40), Ms(120), Ms(80), Ms(200), Ms(460)),
                StartedAt = DateTimeOffset.UnixEpoch,
            }),
            expected: 60);
    }
}
