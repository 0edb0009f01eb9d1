using System.Text.Json.Serialization;
using McpProbe.Catalog;
using McpProbe.Model;

namespace McpProbe.Drift;

/// <summary>
/// What a comparison of two catalogues found. Its JSON is the contract of <c>mcpprobe diff --output json</c>
/// (docs/schema/diff.schema.json).
/// </summary>
/// <param name="Comparable">False when there was nothing to compare, or it cannot be compared.</param>
/// <param name="Maximum">The worst class among the changes; null without changes.</param>
/// <param name="Changes">Worst first.</param>
/// <param name="Findings">Suspicious text in the second catalogue that the first one does not have.</param>
public sealed record Comparison(
    bool Comparable, ChangeClass? Maximum, IReadOnlyList<Change> Changes, IReadOnlyList<Finding> Findings)
{
    /// <summary>Places that a snapshot marks as unstable, which were left out on both sides; null when there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<UnstablePlace>? Ignored { get; init; }

    public static readonly Comparison None = new(false, null, [], []);

    public static Comparison Of(IReadOnlyList<Change> changes, IReadOnlyList<Finding> findings) =>
        new(true, CatalogDiffer.Maximum(changes), changes, findings);
}
