using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Catalog;

/// <summary>How fast the server was when the snapshot was taken.</summary>
/// <param name="Samples">Probes that count: warm, and with both phases.</param>
public sealed record SnapshotLatency(int Samples, Percentiles HandshakeMs, Percentiles CatalogMs)
{
    /// <summary>Null when no sample counts.</summary>
    public static SnapshotLatency? Of(IReadOnlyList<ProbeResult> samples)
    {
        var warm = samples
            .Where(sample => !sample.Cold && sample.Timings is { HandshakeMs: not null, CatalogMs: not null })
            .Select(sample => sample.Timings)
            .ToArray();
        return warm.Length == 0 ? null : new SnapshotLatency(
            warm.Length,
            Percentiles.Of(warm.Select(timings => timings.HandshakeMs!.Value)),
            Percentiles.Of(warm.Select(timings => timings.CatalogMs!.Value)));
    }
}

/// <summary>Milliseconds; by nearest rank, so each is a time that was measured, rounded to microseconds.</summary>
public sealed record Percentiles(double P50, double P95)
{
    /// <param name="values">At least one.</param>
    public static Percentiles Of(IEnumerable<double> values)
    {
        var measured = values.ToArray();
        return new Percentiles(At(0.5), At(0.95));

        double At(double share) => Math.Round(NearestRank.In(measured, share)!.Value, 3);
    }
}
