using McpProbe.Drift;
using McpProbe.Model;
using McpProbe.Monitoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Api;

/// <summary>
/// <c>GET /api/endpoints/{id}/compare?from&amp;to</c>: what changed between two points in time, each an instant or a catalogue's
/// hash. Without them: from the baseline to the catalogue of now.
/// </summary>
internal static class CompareApi
{
    /// <summary>Records of the history that points are looked for in.</summary>
    internal const int Reach = 500;

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapMethods("/api/endpoints/{id}/compare", Methods.Read, CompareAsync);

    private static async Task<IResult> CompareAsync(
        string id, string? from, string? to, IMonitorStore store, IMonitorHistory history, CancellationToken cancellationToken)
    {
        var (comparison, problem) = await ReadAsync(id, from, to, store, history, cancellationToken);
        return comparison is null
            ? problem!.Answer()
            : Results.Json(comparison, WebJson.Default.ComparisonDocument);
    }

    /// <summary>The comparison, or why there is none.</summary>
    internal static async Task<(ComparisonDocument? Comparison, Problem? Problem)> ReadAsync(
        string id, string? from, string? to, IMonitorStore store, IMonitorHistory history, CancellationToken cancellationToken)
    {
        if (await store.ReadStateAsync(id, cancellationToken) is not { State: var state })
            return (null, Problem.MissingEndpoint(id));
        var timeline = new CatalogTimeline(state, await history.ReadDriftAsync(id, Reach, cancellationToken));
        if (timeline.Points.Count == 0 || state.Baseline is not { } baseline)
            return (null, Problem.Create(StatusCodes.Status404NotFound, $"No probe has read the catalogue of '{id}' yet. Look at its results."));

        var before = from is null ? new CatalogVersion(baseline.ProtocolVersion, baseline.Reference.Hash) : Find(timeline, from);
        var after = to is null ? timeline.Points[0].Catalog : Find(timeline, to);
        if (before is null || after is null)
            return (null, Problem.Create(StatusCodes.Status400BadRequest, "The query is not valid.",
                [.. Mistakes(before is null ? "from" : null, after is null ? "to" : null)]));

        if (await store.ReadCatalogAsync(before.Hash, cancellationToken) is not { } old)
            return (null, NotStored(before));
        if (await store.ReadCatalogAsync(after.Hash, cancellationToken) is not { } now)
            return (null, NotStored(after));
        var changes = RevisionDiffer.Compare(old, now, before.ProtocolVersion, after.ProtocolVersion);
        return (new ComparisonDocument(before, after, CatalogDiffer.Maximum(changes), changes), null);
    }

    private static CatalogVersion? Find(CatalogTimeline timeline, string point) =>
        Query.TryParseInstant(point, out var instant) ? timeline.At(instant) : timeline.Find(point);

    private static IEnumerable<Mistake> Mistakes(params string?[] parameters) => parameters
        .Where(parameter => parameter is not null)
        .Select(parameter => new Mistake(1, 1, $"?{parameter}", $"'{parameter}' is neither an instant, such as 2026-11-22T10:00:00Z, nor the hash of a catalogue that this endpoint had."));

    private static Problem NotStored(CatalogVersion catalog) => Problem.Create(
        StatusCodes.Status404NotFound, $"The catalogue {catalog.Hash} is not stored any more. Compare with a newer one.");
}

/// <summary>Two catalogues of one endpoint; docs/schema/comparison.schema.json.</summary>
/// <param name="Maximum">The worst class of the changes; null when there are none.</param>
public sealed record ComparisonDocument(CatalogVersion From, CatalogVersion To, ChangeClass? Maximum, IReadOnlyList<Change> Changes);
