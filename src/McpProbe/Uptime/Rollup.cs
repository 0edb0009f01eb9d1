using System.Text.Json.Serialization;
using McpProbe.Model;

namespace McpProbe.Uptime;

/// <summary>What the probes of one endpoint from one location found in a span of time. Spans can be added up.</summary>
public sealed record Rollup
{
    public static readonly Rollup Empty = new();

    public int Healthy { get; init; }

    public int Degraded { get; init; }

    /// <summary>Alive, but asking for credentials that the endpoint was not given.</summary>
    public int Gated { get; init; }

    public int Down { get; init; }

    /// <summary>Probes that say nothing of the endpoint.</summary>
    public int Unknown { get; init; }

    /// <summary>Probes in a maintenance, whatever they found: neither up nor down, and not expected.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Maintenance { get; init; }

    /// <summary>Slots in the span: what there would be without a gap, and without those of a maintenance.</summary>
    public int Expected { get; init; }

    /// <summary>
    /// Of the healthy and degraded probes; the cold ones and those in a maintenance are left out. Rows of a former version know the
    /// handshake's alone.
    /// </summary>
    [JsonIgnore]
    public PhaseLatencies Latency { get; init; } = PhaseLatencies.Empty;

    public LatencyHistogram HandshakeMs
    {
        get => Latency[LatencyPhase.Handshake];
        init => Latency = Latency.With(LatencyPhase.Handshake, value);
    }

    [JsonIgnore]
    public int Up => Healthy + Degraded + Gated;

    /// <summary>Probes that found out whether the endpoint was up.</summary>
    [JsonIgnore]
    public int Observed => Up + Down;

    /// <summary>From 0 to 1: up / (up + down). Null when nothing was observed, which is neither up nor down.</summary>
    [JsonIgnore]
    public double? Uptime => Observed == 0 ? null : (double)Up / Observed;

    /// <summary>From 0 to 1: how much of the span was looked at. Null when nothing was expected.</summary>
    [JsonIgnore]
    public double? Coverage => Expected == 0 ? null : Math.Min(1, (double)Observed / Expected);

    /// <param name="expected">Slots in the span, those of a maintenance included.</param>
    public static Rollup Of(IEnumerable<ProbeResult> results, int expected)
    {
        var (maintenance, all) = (0, new List<ProbeResult>());
        foreach (var result in results)
        {
            if (result.Maintenance)
                maintenance++;
            else
                all.Add(result);
        }

        var counts = all.CountBy(result => result.Verdict).ToDictionary();
        return new Rollup
        {
            Healthy = counts.GetValueOrDefault(Verdict.Healthy),
            Degraded = counts.GetValueOrDefault(Verdict.Degraded),
            Gated = counts.GetValueOrDefault(Verdict.Gated),
            Down = counts.GetValueOrDefault(Verdict.Down),
            Unknown = counts.GetValueOrDefault(Verdict.Unknown),
            Maintenance = maintenance,
            Expected = Math.Max(0, expected - maintenance),
            Latency = PhaseLatencies.Of(
            [
                .. all.Where(result => result is { Cold: false, Verdict: Verdict.Healthy or Verdict.Degraded }).Select(result => result.Timings),
            ]),
        };
    }

    /// <summary>Both spans together. The order of merging does not matter.</summary>
    public Rollup Merge(Rollup other) => new()
    {
        Healthy = Healthy + other.Healthy,
        Degraded = Degraded + other.Degraded,
        Gated = Gated + other.Gated,
        Down = Down + other.Down,
        Unknown = Unknown + other.Unknown,
        Maintenance = Maintenance + other.Maintenance,
        Expected = Expected + other.Expected,
        Latency = Latency.Merge(other.Latency),
    };
}
