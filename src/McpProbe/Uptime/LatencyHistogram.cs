using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Uptime;

/// <summary>
/// How latencies are distributed, in a form that can be added up: averages of averages, and percentiles of percentiles, would
/// be wrong. Buckets grow by 2^(1/8), so that a quantile is at most 4.5 % off.
/// </summary>
public sealed record LatencyHistogram
{
    public static readonly LatencyHistogram Empty = new();

    private const double SmallestMs = 0.1;
    private const double BucketsPerOctave = 8;

    /// <value>The bucket of everything from about 29 hours up.</value>
    private const int LastBucket = 240;

    public long Count { get; init; }

    public double SumMs { get; init; }

    /// <value>0 while there is no value.</value>
    public double MinMs { get; init; }

    /// <value>0 while there is no value.</value>
    public double MaxMs { get; init; }

    /// <summary>
    /// Values by bucket, in ascending order, without the empty ones: bucket n holds what is above 0.1 ms × 2^((n-1)/8) and up to
    /// 0.1 ms × 2^(n/8); bucket 0 what is shorter.
    /// </summary>
    [JsonConverter(typeof(LatencyBucketsConverter))]
    public IReadOnlyList<LatencyBucket> Buckets { get; init; } = [];

    /// <summary>Milliseconds; null while there is no value.</summary>
    [JsonIgnore]
    public double? MeanMs => Count == 0 ? null : SumMs / Count;

    /// <param name="valuesMs">Milliseconds, from 0.</param>
    public static LatencyHistogram Of(IEnumerable<double> valuesMs)
    {
        var values = valuesMs.ToList();
        if (values.Count == 0)
            return Empty;
        return new LatencyHistogram
        {
            Count = values.Count,
            SumMs = values.Sum(),
            MinMs = values.Min(),
            MaxMs = values.Max(),
            Buckets = [.. values.CountBy(BucketOf).OrderBy(each => each.Key).Select(each => new LatencyBucket(each.Key, each.Value))],
        };
    }

    /// <summary>The distribution of both together. The order of merging does not matter.</summary>
    public LatencyHistogram Merge(LatencyHistogram other) => Count == 0 ? other : other.Count == 0 ? this : Merge([this, other]);

    /// <summary>The distribution of all together.</summary>
    public static LatencyHistogram Merge(IEnumerable<LatencyHistogram> histograms)
    {
        Span<long> counts = stackalloc long[LastBucket + 1];
        counts.Clear();
        var (count, sum, min, max) = (0L, 0.0, double.MaxValue, 0.0);
        foreach (var histogram in histograms)
        {
            if (histogram.Count == 0)
                continue;
            count += histogram.Count;
            sum += histogram.SumMs;
            min = Math.Min(min, histogram.MinMs);
            max = Math.Max(max, histogram.MaxMs);
            foreach (var (bucket, number) in histogram.Buckets)
                counts[Math.Clamp(bucket, 0, LastBucket)] += number;
        }

        if (count == 0)
            return Empty;
        var buckets = new List<LatencyBucket>();
        for (var bucket = 0; bucket <= LastBucket; bucket++)
        {
            if (counts[bucket] > 0)
                buckets.Add(new LatencyBucket(bucket, counts[bucket]));
        }

        return new LatencyHistogram { Count = count, SumMs = sum, MinMs = min, MaxMs = max, Buckets = buckets };
    }

    /// <summary>The handshakes of several spans together.</summary>
    public static LatencyHistogram Merge(IEnumerable<RollupRecord> rollups) => Merge(rollups.Select(record => record.Rollup.HandshakeMs));

    /// <summary>The value that a share of all values does not exceed, in milliseconds; null while there is no value.</summary>
    /// <param name="share">From 0 to 1: 0.95 for the p95.</param>
    public double? Quantile(double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        if (Count == 0)
            return null;

        var rank = NearestRank.Of(share, Count);
        if (rank == Count)
            return MaxMs;
        var seen = 0L;
        foreach (var (bucket, count) in Buckets)
        {
            seen += count;
            if (seen >= rank)
                return Math.Clamp(MiddleOf(bucket), MinMs, MaxMs);
        }

        return MaxMs;
    }

    private static int BucketOf(double ms) => ms <= SmallestMs
        ? 0
        : Math.Min((int)Math.Ceiling(Math.Log2(ms / SmallestMs) * BucketsPerOctave), LastBucket);

    // The geometric middle: as far from the lower bound as from the upper one, in per cent.
    private static double MiddleOf(int bucket) => SmallestMs * Math.Pow(2, (bucket - 0.5) / BucketsPerOctave);
}
