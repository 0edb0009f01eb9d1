using McpProbe.Catalog;
using McpProbe.Gate;
using McpProbe.Model;

namespace McpProbe.Tests.Gate;

public class LatencyJudgeTests
{
    [Theory]
    [InlineData("as fast", 20.0, 0.0, 20, 20.0, 22.0, 20, CheckStatus.Passed)]
    [InlineData("at the limit", 22.0, 0.0, 20, 20.0, 22.0, 20, CheckStatus.Passed)]
    [InlineData("within 5 ms", 27.0, 0.0, 20, 20.0, 22.0, 20, CheckStatus.Warned)]
    [InlineData("beyond 5 ms", 27.1, 0.0, 20, 20.0, 22.0, 20, CheckStatus.Failed)]
    [InlineData("within a tenth", 440.0, 0.0, 20, 399.0, 400.0, 20, CheckStatus.Warned)]
    [InlineData("beyond a tenth", 441.0, 0.0, 20, 399.0, 400.0, 20, CheckStatus.Failed)]
    [InlineData("within the baseline's spread", 90.0, 0.0, 20, 10.0, 50.0, 20, CheckStatus.Warned)]
    [InlineData("beyond the baseline's spread", 91.0, 0.0, 20, 10.0, 50.0, 20, CheckStatus.Failed)]
    [InlineData("within the samples' spread", 62.0, 80.0, 20, 20.0, 22.0, 20, CheckStatus.Warned)]
    [InlineData("beyond the samples' spread", 130.0, 40.0, 20, 20.0, 22.0, 20, CheckStatus.Failed)]
    [InlineData("few samples", 900.0, 0.0, 4, 20.0, 22.0, 20, CheckStatus.Warned)]
    [InlineData("enough samples", 900.0, 0.0, 5, 20.0, 22.0, 20, CheckStatus.Failed)]
    [InlineData("few in the baseline", 900.0, 0.0, 20, 20.0, 22.0, 4, CheckStatus.Warned)]
    public void Judge_MedianAgainstTheBaseline_FailsBeyondTheNoiseOnly(
        string what, double median, double range, int samples, double p50, double p95, int baselineSamples, CheckStatus expected)
    {
        // Symmetric about the median, and the middle half as wide as said.
        var values = Enumerable.Range(0, samples).Select(i => i == (samples - 1) / 2 ? median : i < samples / 2 ? median - range / 2 : median + range / 2);

        var check = LatencyJudge.Judge([.. values], Baseline(p50, p95, baselineSamples));

        Assert.True(check.Status == expected, $"{what}: {check.Detail}");
        Assert.Equal(expected is CheckStatus.Failed ? ExitCodes.LatencyRegression : ExitCodes.Ok, check.ExitCode);
    }

    [Fact]
    public void Judge_Slower_StatesTheNoise()
    {
        double[] samples = [30, 10, 20, 40, 50];

        var check = LatencyJudge.Judge(samples, Baseline(2, 4, 20));

        Assert.Equal(
            "handshake median 30.0 ms (middle half 20.0 to 40.0, 5 samples) against the baseline's p95 of 4.0 ms (20 samples): "
            + "26.0 ms slower, the noise is 20.0 ms; look at what the deployment made slower, or take a new baseline if it was meant",
            check.Detail);
    }

    [Fact]
    public void Judge_NoSample_IsSkipped() => Assert.Equal(CheckStatus.Skipped, LatencyJudge.Judge([], Baseline(1, 2, 20)).Status);

    private static SnapshotLatency Baseline(double p50, double p95, int samples) => new(samples, new Percentiles(p50, p95), new Percentiles(1, 1));
}
