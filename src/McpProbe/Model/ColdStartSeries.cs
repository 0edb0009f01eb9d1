using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Model;

/// <summary>One cold start: the handshake after a silence, and the one right after it.</summary>
/// <param name="ColdMs">Of the first probe's handshake, in milliseconds.</param>
/// <param name="WarmMs">Of the second one's.</param>
public sealed record ColdStartSample(DateTimeOffset At, double ColdMs, double WarmMs);

/// <summary>What one slot of an endpoint whose cold starts are measured came to.</summary>
/// <param name="Began">When the server was asked first.</param>
/// <param name="Ended">When it was asked last.</param>
/// <param name="Sample">Null where it was not cold, or did not wake up.</param>
public sealed record ColdStartLook(DateTimeOffset Began, DateTimeOffset Ended, ColdStartSample? Sample);

/// <summary>The series of an endpoint's cold starts: apart from its results, so that no percentile or baseline holds a cold time.</summary>
public sealed record ColdStartSeries
{
    /// <summary>As many as are kept, about 60 bytes each.</summary>
    public const int Most = 50;

    /// <summary>Fewer say nothing of whether it sleeps.</summary>
    private const int Least = 3;

    /// <summary>Slots are apart by whole intervals, and probes take some of that.</summary>
    private const double ShareOfSilence = 0.9;

    private const double SleepsFactor = 2;
    private const double SleepsMs = 100;

    public static readonly ColdStartSeries Empty = new();

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<ColdStartSample> Samples { get => field ?? []; init; } = [];

    /// <summary>When McpProbe asked the server last, at any location; null where that is not known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Asked { get; init; }

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

    /// <summary>
    /// Whether nobody of McpProbe asked it for so long: after a start the first slot is worked late and the next one in time, and another
    /// location may have been quicker. A clock that was set back says nothing.
    /// </summary>
    public bool IsSilence(DateTimeOffset now, TimeSpan after) => Asked is not { } asked || (now - asked).Duration() >= after * ShareOfSilence;

    /// <summary>Of locations that woke it in the same slot the one that waited longest counts: it was the first.</summary>
    public ColdStartSeries With(ColdStartLook look, TimeSpan after)
    {
        var next = this with { Asked = look.Ended };
        return look.Sample is not { } sample ? next
            : Samples is [.., var last] && last.At == sample.At ? sample.ColdMs <= last.ColdMs ? next : next with { Samples = [.. Samples.SkipLast(1), sample] }
            : IsSilence(look.Began, after) ? next with { Samples = [.. Samples.Skip(Samples.Count + 1 - Most), sample] }
            : next;
    }

    private double? Quantile(Func<ColdStartSample, double> of, double share) => NearestRank.In(Samples.Select(of), share);
}
