using System.Text.Json;
using System.Text.Json.Serialization;
using McpProbe.Model;
using McpProbe.Text;

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
    public static ResultFacts FromJson(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, CompactJson.Default.ResultFacts)!.Slim();

    /// <summary>The same, made of what the facts of other endpoints have in common with it: to be kept in memory.</summary>
    public ResultFacts Slim() => this with
    {
        Target = Shared.Text(Target),
        ProtocolVersion = Shared.Text(ProtocolVersion),
        SupportedVersions = Shared.List(SupportedVersions),
        Server = Shared.Value(Server),
        Catalog = Shared.Value(Catalog is null ? null : Catalog with { Hash = Shared.Text(Catalog.Hash) }),
        Findings = Shared.List(Findings),
        Specification = Specification is null ? null : Shared.List(Specification),
        Conditions = Shared.List(Conditions),
    };

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
