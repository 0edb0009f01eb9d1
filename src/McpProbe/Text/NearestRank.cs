namespace McpProbe.Text;

/// <summary>Percentiles by nearest rank: each is a value that was measured, none lies between two.</summary>
public static class NearestRank
{
    /// <summary>The place of a percentile among so many sorted values, counted from 1.</summary>
    /// <param name="share">From 0 to 1: 0.95 for the p95.</param>
    public static long Of(double share, long count) => Math.Max(1, (long)Math.Ceiling(share * count));

    /// <summary>The percentile of some values; null without any.</summary>
    /// <param name="share"><inheritdoc cref="Of" path="/param[@name='share']"/></param>
    public static double? In(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? null : sorted[Of(share, sorted.Length) - 1];
    }
}
