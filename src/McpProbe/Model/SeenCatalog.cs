using System.Text.Json.Serialization;

namespace McpProbe.Model;

/// <summary>What one location sees, where that is not the baseline, or not always the same.</summary>
public sealed record SeenCatalog
{
    /// <summary>What it saw twice in a row in place of the baseline; null for the baseline.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CatalogVersion? Settled { get; init; }

    /// <summary>Null while every probe sees what the location has.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public UnsettledCatalog? Unsettled { get; init; }
}

/// <summary>
/// A row of probes of one location that saw other catalogues than the one it has, none of them twice in a row. It ends when that
/// one, or another, is seen twice in a row. Of the catalogues themselves hashes are kept only.
/// </summary>
/// <param name="Last">The other catalogue that was seen last: seen again at once, it is what the location has.</param>
/// <param name="Unlike">How many probes of the row saw another catalogue.</param>
/// <param name="Changes">What the last one differs in, as short hashes: see <c>ChangeKeys</c>.</param>
public sealed record UnsettledCatalog(DriftCandidate Last, int Unlike, IReadOnlyList<string> Changes)
{
    /// <summary>The slot of the row's first probe; null when an older version began it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Since { get; init; }

    /// <summary>The location's own catalogue was seen last, once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Back { get; init; }

    /// <summary>More than one other catalogue: more than two replicas that answer in turns.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Several { get; init; }

    /// <summary>Places that differed between one probe of the row and the next: the tool and the pointer, the first ones.</summary>
    public IReadOnlyList<string> Places { get => field ?? []; init; } = [];

    /// <summary>Hashes of lasting changes that were told.</summary>
    public IReadOnlyList<string> Told { get => field ?? []; init; } = [];

    /// <summary>Whether the last one held findings that the policy asks for; null when it is not known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Suspicious { get; init; }
}
