using System.Text.Json;
using CsCheck;
using McpProbe.Uptime;

namespace McpProbe.Tests.Uptime;

public class LatencyHistogramTests
{
    // Over what latencies are: from a microsecond to more than a day.
    private static readonly Gen<double[]> Values = Gen.Double[-3, 8].Select(exponent => Math.Pow(10, exponent)).Array[0, 200];

    private const double LargestError = 0.045;

    [Fact]
    public void Quantile_OfAnyValues_IsWithinAFewPerCentOfTheExactOne() =>
        Gen.Select(Values, Gen.Double[0, 1]).Sample((values, share) =>
        {
            var inRange = values.Where(value => value is > 0.1 and < 1e8).Order().ToArray();
            var quantile = LatencyHistogram.Of(inRange).Quantile(share);
            if (inRange.Length == 0)
            {
                Assert.Null(quantile);
                return;
            }

            var exact = inRange[Math.Max(1, (int)Math.Ceiling(share * inRange.Length)) - 1];
            Assert.InRange(quantile!.Value, exact * (1 - LargestError), exact * (1 + LargestError));
        });

    [Fact]
    public void Quantile_OfValuesOutsideTheBuckets_StaysBetweenTheSmallestAndTheLargest() => Values.Sample(values =>
    {
        var histogram = LatencyHistogram.Of(values);
        foreach (var share in new[] { 0, 0.5, 0.95, 1 })
        {
            if (histogram.Quantile(share) is { } quantile)
                Assert.InRange(quantile, values.Min(), values.Max());
        }
    });

    [Fact]
    public void Merge_OfParts_IsTheHistogramOfTheWhole() => Gen.Select(Values, Values).Sample((one, other) =>
    {
        var whole = LatencyHistogram.Of([.. one, .. other]);
        var merged = LatencyHistogram.Of(one).Merge(LatencyHistogram.Of(other));

        Assert.Equal(whole.Buckets, merged.Buckets);
        Assert.Equal((whole.Count, whole.MinMs, whole.MaxMs), (merged.Count, merged.MinMs, merged.MaxMs));
        Assert.Equal(whole.SumMs, merged.SumMs, tolerance: 1e-9 * Math.Max(1, whole.SumMs));
    });

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 2)]
    [InlineData(0.99, 4)]
    [InlineData(1, 4)]
    public void Quantile_OfFourValues_IsTheValueOfThatRank(double share, double expected) =>
        Assert.Equal(expected, LatencyHistogram.Of([4, 1, 2, 3]).Quantile(share)!.Value, expected * LargestError);

    // A bucket ends where it says, and the last one takes what is longer.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.1, 0)]
    [InlineData(0.1001, 1)]
    [InlineData(0.2, 8)]
    [InlineData(0.2001, 9)]
    [InlineData(1e8, 240)]
    [InlineData(1e12, 240)]
    public void Of_AValue_IsInTheBucketThatItsSizeSays(double value, int bucket) =>
        Assert.Equal([new LatencyBucket(bucket, 1)], LatencyHistogram.Of([value]).Buckets);

    [Fact]
    public void Quantile_WithinABucket_IsItsGeometricMiddle()
    {
        // Bucket 80: from 93.9 to 102.4 ms.
        var histogram = LatencyHistogram.Of([50, 95, 100, 102, 500]);

        Assert.Equal(0.1 * Math.Pow(2, 79.5 / 8), histogram.Quantile(0.5)!.Value, tolerance: 1e-9);
        Assert.Equal((5, 847, 50, 500, 169.4), (histogram.Count, histogram.SumMs, histogram.MinMs, histogram.MaxMs, histogram.MeanMs));
        Assert.Equal(500, histogram.Quantile(1));
    }

    [Fact]
    public void Quantile_OfMoreThanAllOrLessThanNone_IsAMistake()
    {
        var histogram = LatencyHistogram.Of([1, 2]);

        Assert.Throws<ArgumentOutOfRangeException>(() => histogram.Quantile(-0.01));
        Assert.Throws<ArgumentOutOfRangeException>(() => histogram.Quantile(1.01));
        Assert.Throws<ArgumentOutOfRangeException>(() => LatencyHistogram.Empty.Quantile(2));
        Assert.Null(LatencyHistogram.Empty.MeanMs);
    }

    [Fact]
    public void Merge_WithNothing_IsTheOtherOne()
    {
        var one = LatencyHistogram.Of([1, 2]);

        Assert.Same(one, LatencyHistogram.Empty.Merge(one));
        Assert.Same(one, one.Merge(LatencyHistogram.Empty));
        Assert.Same(LatencyHistogram.Empty, LatencyHistogram.Of([]));
    }

    [Fact]
    public void Json_WrittenAndRead_IsTheSame() => Values.Sample(values =>
    {
        var rollup = new Rollup { HandshakeMs = LatencyHistogram.Of(values), Expected = 3 };
        var json = JsonSerializer.Serialize(rollup, RollupJson.Default.Rollup);

        var read = JsonSerializer.Deserialize(json, RollupJson.Default.Rollup)!;

        Assert.Equal(json, JsonSerializer.Serialize(read, RollupJson.Default.Rollup));
        Assert.Equal(rollup.HandshakeMs.Quantile(0.95), read.HandshakeMs.Quantile(0.95));
    });
}
