using System.Globalization;
using System.Text;
using McpProbe.Drift;

namespace McpProbe.Web.Pages.OneEndpoint;

/// <summary>The tokens of a catalogue over a time, as steps in a drawing that is <see cref="Width"/> wide and <see cref="LatencyPlot.Height"/> high.</summary>
internal sealed class TokenPlot
{
    internal const int Width = 1000;

    private readonly double _most;

    /// <param name="points">Newest first.</param>
    internal TokenPlot(IReadOnlyList<TokenPoint> points, DateTimeOffset from, DateTimeOffset until)
    {
        // The one that was there at the beginning, and those after it.
        var older = points.SkipWhile(point => point.Since > from).Take(1);
        Shown = [.. points.TakeWhile(point => point.Since > from).Concat(older).Reverse()];
        _most = LatencyPlot.RoundUp(Shown.Max(point => point.Tokens) ?? 0);
        Labels = [_most, _most * .75, _most / 2, _most / 4, 0];

        var path = new StringBuilder();
        for (var i = 0; i < Shown.Count; i++)
        {
            if (Shown[i].Tokens is not { } tokens)
                continue;
            var (start, end) = (X(Shown[i].Since ?? from), i + 1 < Shown.Count ? X(Shown[i + 1].Since!.Value) : Width);
            var y = LatencyPlot.Height * (1 - tokens / _most);
            path.Append(CultureInfo.InvariantCulture, $"{(i > 0 && Shown[i - 1].Tokens is not null ? 'L' : 'M')}{start:0.#} {y:0.#}H{end:0.#}");
        }

        Path = path.ToString();

        double X(DateTimeOffset at) => Math.Clamp(Width * ((at - from) / (until - from)), 0, Width);
    }

    /// <summary>The catalogues of the time, oldest first.</summary>
    internal IReadOnlyList<TokenPoint> Shown { get; }

    /// <summary>What stands at the side, from the top: equal distances apart.</summary>
    internal IReadOnlyList<double> Labels { get; }

    internal string Path { get; }
}
