using McpProbe.Model;

namespace McpProbe.Uptime;

/// <summary>How long each phase took: a histogram a phase, empty for one that never happened.</summary>
public sealed class PhaseLatencies
{
    public static readonly IReadOnlyList<LatencyPhase> Phases = Enum.GetValues<LatencyPhase>();

    public static readonly PhaseLatencies Empty = new(_ => LatencyHistogram.Empty);

    private readonly LatencyHistogram[] _histograms;

    /// <param name="histogramOf">Asked once for each phase, in their order.</param>
    public PhaseLatencies(Func<LatencyPhase, LatencyHistogram> histogramOf) => _histograms = [.. Phases.Select(histogramOf)];

    public LatencyHistogram this[LatencyPhase phase] => _histograms[(int)phase];

    public static PhaseLatencies Of(IReadOnlyCollection<Timings> timings) => timings.Count == 0
        ? Empty
        : new PhaseLatencies(phase => LatencyHistogram.Of(timings.Select(each => Ms(each, phase)).OfType<double>()));

    /// <summary>The same with another histogram for one phase.</summary>
    public PhaseLatencies With(LatencyPhase phase, LatencyHistogram histogram) => new(each => each == phase ? histogram : this[each]);

    /// <summary>Both spans together. The order of merging does not matter.</summary>
    public PhaseLatencies Merge(PhaseLatencies other) =>
        this == Empty ? other : other == Empty ? this : new PhaseLatencies(phase => this[phase].Merge(other[phase]));

    /// <summary>All spans together.</summary>
    public static PhaseLatencies Merge(IReadOnlyCollection<PhaseLatencies> spans) =>
        new(phase => LatencyHistogram.Merge(spans.Select(span => span[phase])));

    /// <summary>Milliseconds; null for a phase that did not happen.</summary>
    public static double? Ms(Timings timings, LatencyPhase phase) => phase switch
    {
        LatencyPhase.Dns => timings.DnsMs,
        LatencyPhase.Connect => timings.ConnectMs,
        LatencyPhase.Tls => timings.TlsMs,
        LatencyPhase.Handshake => timings.HandshakeMs,
        LatencyPhase.Catalog => timings.CatalogMs,
        LatencyPhase.Smoke => timings.SmokeMs,
        _ => timings.TotalMs,
    };
}
