using System.Globalization;
using McpProbe.Catalog;
using McpProbe.Model;

namespace McpProbe.Gate;

/// <summary>
/// Judges the latency of the handshake phase against a baseline: the median of the samples must not be above the baseline's 95th
/// percentile. A difference within the noise warns and does not fail, for a gate that fails by chance is soon switched off.
/// </summary>
/// <remarks>
/// The noise is the largest of: the samples' interquartile range; the baseline's own spread from its median to its 95th
/// percentile; a tenth of that percentile; 5 ms, which the scheduler of a shared machine takes or leaves. It also never fails
/// over fewer than <see cref="LeastSamples"/> samples on either side.
/// </remarks>
public static class LatencyJudge
{
    public const int LeastSamples = 5;
    private const double LeastNoiseMs = 5;
    private const double LeastNoiseShare = 0.1;

    /// <param name="handshakeMs">Milliseconds of the handshake phase, of warm probes.</param>
    public static GateCheck Judge(IReadOnlyList<double> handshakeMs, SnapshotLatency baseline)
    {
        const string name = "latency";
        if (handshakeMs.Count == 0)
            return GateCheck.Skipped(name, "no sample was taken");

        var sorted = handshakeMs.Order().ToArray();
        var (lower, median, upper) = (At(25), At(50), At(75));
        var allowed = baseline.HandshakeMs.P95;
        var noise = Math.Max(
            Math.Max(upper - lower, allowed - baseline.HandshakeMs.P50),
            Math.Max(LeastNoiseMs, LeastNoiseShare * allowed));
        var measured = Text($"handshake median {median:0.0} ms (middle half {lower:0.0} to {upper:0.0}, {sorted.Length} samples) against the baseline's p95 of {allowed:0.0} ms ({baseline.Samples} samples)");

        if (median <= allowed)
            return GateCheck.Passed(name, measured);
        var slower = Text($"{measured}: {median - allowed:0.0} ms slower, the noise is {noise:0.0} ms");
        if (sorted.Length < LeastSamples || baseline.Samples < LeastSamples)
            return GateCheck.Warned(name, $"{slower}; fewer than {LeastSamples} samples on a side fail nothing");
        return median - allowed <= noise
            ? GateCheck.Warned(name, slower)
            : GateCheck.Failed(name, ExitCodes.LatencyRegression, $"{slower}; look at what the deployment made slower, or take a new baseline if it was meant");

        // Nearest rank, as in the snapshot.
        double At(int percent) => sorted[(percent * sorted.Length + 99) / 100 - 1];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
