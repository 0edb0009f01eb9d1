using System.Globalization;
using McpProbe.Monitoring;
using McpProbe.Text;

namespace McpProbe.Web.Pages;

/// <summary>Durations of phases, as people read them.</summary>
internal static class Milliseconds
{
    internal static string Text(double? value) => value switch
    {
        null => "–",
        0 => "0 ms",
        < 10 => value.Value.ToString("0.0", CultureInfo.InvariantCulture) + " ms",
        < 10_000 => value.Value.ToString("0", CultureInfo.InvariantCulture) + " ms",
        _ => (value.Value / 1000).ToString("0.0", CultureInfo.InvariantCulture) + " s",
    };

    /// <summary>The same beside another one: without its unit, where that is the other's.</summary>
    internal static string Beside(double other, double value)
    {
        var text = Text(value);
        return text.EndsWith(" ms", StringComparison.Ordinal) == Text(other).EndsWith(" ms", StringComparison.Ordinal) ? text[..text.IndexOf(' ', StringComparison.Ordinal)] : text;
    }

    /// <summary>The median handshake of some results, first probes of a process left out; null when none completed one.</summary>
    internal static double? MedianHandshake(IEnumerable<ProbeRecord> records) => NearestRank.In(
        records.Where(record => !record.Result.Cold).Select(record => record.Result.Timings.HandshakeMs).OfType<double>(), 0.5);
}
