using System.Globalization;
using System.Text;
using McpProbe.Uptime;

namespace McpProbe.Web.Pages.OneEndpoint;

/// <summary>The percentiles of one phase over time, as the paths of a drawing that is <see cref="Height"/> high and 10 wide a span.</summary>
internal sealed class LatencyPlot
{
    internal const int Height = 100;
    internal const int Step = 10;

    internal static readonly IReadOnlyList<(string Name, double Share)> Percentiles = [("p50", .5), ("p95", .95), ("p99", .99)];

    // A scale of equal steps would leave nothing of what is usual, where one span is far above it.
    private const double MostOfUsual = 40;

    private readonly UptimeSeries _series;
    private readonly LatencyPhase _phase;
    private readonly double _least;
    private readonly double _most;

    internal LatencyPlot(UptimeSeries series, LatencyPhase phase)
    {
        (_series, _phase) = (series, phase);
        Total = series.Total.Latency[phase];
        Values = [.. series.Spans.Select(span => Percentiles.Select(each => span.Rollup.Latency[phase].Quantile(each.Share)).ToArray())];
        var (lows, highs) = (Values.Select(each => each[0]).OfType<double>().ToList(), Values.Select(each => each[^1]).OfType<double>().ToList());
        if (highs.Count == 0)
            return;
        IsLogarithmic = highs.Max() > MostOfUsual * Math.Max(lows.Min(), .05);
        _most = IsLogarithmic ? Math.Pow(10, Math.Ceiling(Math.Log10(highs.Max()))) : RoundUp(highs.Max());
        _least = IsLogarithmic ? Math.Pow(10, Math.Floor(Math.Log10(Math.Max(lows.Min(), .05)))) : 0;
    }

    /// <summary>Of the whole range.</summary>
    internal LatencyHistogram Total { get; }

    /// <summary>Milliseconds by span and percentile; null where nothing was measured.</summary>
    internal IReadOnlyList<double?[]> Values { get; }

    internal bool IsLogarithmic { get; }

    internal bool IsEmpty => Total.Count == 0;

    /// <summary>What stands at the side, from the top: equal distances apart.</summary>
    internal IReadOnlyList<double> Labels => IsLogarithmic
        ? [.. Enumerable.Range(0, Decades + 1).Select(i => _most / Math.Pow(10, i))]
        : [_most, _most * .75, _most / 2, _most / 4, 0];

    private int Decades => (int)Math.Round(Math.Log10(_most / _least));

    /// <summary>The path of a percentile; it is broken where nothing was measured.</summary>
    internal string Path(int percentile)
    {
        var path = new StringBuilder();
        for (var i = 0; i < Values.Count; i++)
        {
            if (Values[i][percentile] is not { } ms)
                continue;
            var (x, y) = (i * Step + Step / 2, Y(ms));
            var follows = i > 0 && Values[i - 1][percentile] is not null;
            var goesOn = i + 1 < Values.Count && Values[i + 1][percentile] is not null;
            // One that stands alone is a short line.
            path.Append(follows ? Text($"L{x} {y:0.#}") : goesOn ? Text($"M{x} {y:0.#}") : Text($"M{x - 3} {y:0.#}h6"));
        }

        return path.ToString();
    }

    private double Y(double ms) => Height * (1 - (IsLogarithmic
        ? Math.Log10(Math.Max(ms, _least) / _least) / Decades
        : ms / _most));

    private static readonly int[] RoundFactors = [1, 2, 4, 8, 10];

    /// <summary>To the next of 1, 2, 4 and 8 times a power of ten: quarters of it are short to write.</summary>
    internal static double RoundUp(double most)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(most, .1))));
        return RoundFactors.First(factor => factor * power >= most * .9999) * power;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
