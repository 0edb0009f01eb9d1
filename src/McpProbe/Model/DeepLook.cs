using System.Text.Json.Serialization;

namespace McpProbe.Model;

/// <summary>What a look at a server found that takes more requests than a probe: once a day, or on demand.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Findings">At most <see cref="Most"/>: a state is read with every probe.</param>
public sealed record DeepLook(DateTimeOffset At, IReadOnlyList<Finding> Findings)
{
    public const int Most = 20;

    /// <summary>Since when there are hard findings; null for none. Who accepted the catalogue before has not seen them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? HardSince { get; init; }

    internal DeepLook After(DeepLook? before) => this with
    {
        HardSince = Findings.Any(finding => finding.Level is FindingLevel.Hard) ? before?.HardSince ?? At : null,
    };

    /// <summary>What could not be looked at, and why, as sentences; null for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Unfinished { get; init; }
}
