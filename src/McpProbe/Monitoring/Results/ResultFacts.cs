using System.Text.Json;
using System.Text.Json.Serialization;
using McpProbe.Model;

namespace McpProbe.Monitoring.Results;

/// <summary>
/// The part of a result that seldom changes from probe to probe. A store keeps it once, and every result that has the same
/// refers to it. <see cref="CompactResult"/> takes a result apart and puts it together.
/// </summary>
public sealed record ResultFacts
{
    public required string Target { get; init; }

    public TransportKind? Transport { get; init; }

    public Era? Era { get; init; }

    public string? ProtocolVersion { get; init; }

    public IReadOnlyList<string> SupportedVersions { get; init; } = [];

    public ServerIdentity? Server { get; init; }

    public CatalogSummary? Catalog { get; init; }

    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>Null for none: facts that were stored before there were any have the same bytes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Finding>? Specification { get; init; }

    /// <summary>Empty when one of them failed: then they are the probe's own.</summary>
    public IReadOnlyList<ConditionResult> Conditions { get; init; } = [];

    public CertificateInfo? Certificate { get; init; }

    /// <summary>As it is stored: the same facts give the same bytes, so that they can be named by their digest.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, CompactJson.Default.ResultFacts);

    /// <exception cref="JsonException">They are damaged.</exception>
    public static ResultFacts FromJson(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, CompactJson.Default.ResultFacts)!;

    /// <summary>By content: the lists too.</summary>
    public bool Equals(ResultFacts? other) =>
        other is not null
        && Target == other.Target
        && Transport == other.Transport
        && Era == other.Era
        && ProtocolVersion == other.ProtocolVersion
        && Server == other.Server
        && Catalog == other.Catalog
        && Certificate == other.Certificate
        && SupportedVersions.SequenceEqual(other.SupportedVersions)
        && Conditions.SequenceEqual(other.Conditions)
        && Findings.SequenceEqual(other.Findings)
        && (Specification ?? []).SequenceEqual(other.Specification ?? []);

    public override int GetHashCode() => HashCode.Combine(Target, Era, ProtocolVersion, Catalog, Findings.Count, Conditions.Count);
}
