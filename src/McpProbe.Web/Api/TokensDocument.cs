using McpProbe.Drift;
using McpProbe.Model;

namespace McpProbe.Web.Api;

/// <summary><c>GET /api/endpoints/{id}/tokens</c>; docs/schema/tokens.schema.json.</summary>
/// <param name="Tokens">Of the catalogue that the newest answer has; null before the first.</param>
/// <param name="Tools">As many it has.</param>
/// <param name="Points">Newest first.</param>
public sealed record TokensDocument(long? Tokens, int? Tools, IReadOnlyList<TokenStep> Points)
{
    internal static TokensDocument Of(IReadOnlyList<TokenPoint> points, CatalogSummary? now) => new(
        now?.Tokens,
        now?.Tools,
        [.. points.Select((point, i) => new TokenStep(point.Since, point.Hash, point.Tokens, point.Tokens - (i + 1 < points.Count ? points[i + 1].Tokens : null)))]);
}

/// <param name="Since">Null for the oldest one known.</param>
/// <param name="Change">Against the catalogue before; null where one of the two was not counted.</param>
public sealed record TokenStep(DateTimeOffset? Since, string Hash, long? Tokens, long? Change);
