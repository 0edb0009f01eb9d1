using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Model;

/// <summary>One cold start: the handshake after a silence, and the one right after it.</summary>
/// <param name="ColdMs">Of the first probe's handshake, in milliseconds.</param>
/// <param name="WarmMs">Of the second one's.</param>
public sealed record ColdStartSample(DateTimeOffset At, double ColdMs, double WarmMs);

/// <summary>The series of an endpoint's cold starts: apart from its results, so that no percentile or baseline holds a cold time.</summary>
public sealed record ColdStartSeries
{
    /// <summary>As many as are kept, about 60 bytes each.</summary>
    public const int Most = 50;

    /// <summary>Fewer say nothing of whether it sleeps.</summary>
    private const int Least = 3;

    private const double SleepsFactor = 2;
    private const double SleepsMs = 100;

    public static readonly ColdStartSeries Empty = new();

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<ColdStartSample> Samples { get => field ?? []; init; } = [];

    [JsonIgnore]
    public double? ColdP50 => Quantile(each => each.ColdMs, .5);

    [JsonIgnore]
    public double? ColdP95 => Quantile(each => each.ColdMs, .95);

    [JsonIgnore]
    public double? WarmP50 => Quantile(each => each.WarmMs, .5);

    /// <summary>How many times as long the median cold handshake takes.</summary>
    [JsonIgnore]
    public double? Ratio => ColdP50 is { } cold && WarmP50 is > 0 and var warm ? cold / warm : null;

    /// <summary>Whether its host puts it to sleep: the median cold handshake takes twice as long, and 100 ms more at least. Null while too little is known.</summary>
    [JsonIgnore]
    public bool? Sleeps => Samples.Count < Least ? null : Ratio >= SleepsFactor && ColdP50 - WarmP50 >= SleepsMs;

    public ColdStartSeries With(ColdStartSample sample) => this with { Samples = [.. Samples.Skip(Samples.Count + 1 - Most), sample] };

    private double? Quantile(Func<ColdStartSample, double> of, double share) => NearestRank.In(Samples.Select(of), share);
}
