using McpProbe.Monitoring;
using McpProbe.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace McpProbe.Web.Api;

/// <summary><c>GET /api/status</c> and <c>GET /api/health</c>.</summary>
internal static class StatusApi
{
    internal const string HealthPath = "/api/health";
    internal const string LivePath = "/api/live";

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods(HealthPath, Methods.Read, HealthAsync).WithMetadata(OpenRoute.Instance);
        routes.MapMethods(LivePath, Methods.Read, () => Results.Json(HealthDocument.Ok, WebJson.Default.HealthDocument)).WithMetadata(OpenRoute.Instance);
        routes.MapMethods("/api/status", Methods.Read, GetAsync).WithMetadata(OpenRoute.Instance);
    }

    private static async Task<IResult> HealthAsync(HttpContext context, CancellationToken cancellationToken) =>
        await ObstaclesAsync(context, cancellationToken) is { Count: > 0 } obstacles
            ? Problem.Of(obstacles, Viewer.Of(context).SeesEverything)
            : Results.Json(HealthDocument.Ok, WebJson.Default.HealthDocument);

    /// <summary>What keeps the head from its work, for the answer and for the head of a page.</summary>
    internal static async Task<IReadOnlyList<Obstacle>> ObstaclesAsync(HttpContext context, CancellationToken cancellationToken) =>
        context.RequestServices.GetService<IHeadHealth>() is { } health ? await health.CheckAsync(cancellationToken) : [];

    private static async Task<IResult> GetAsync(
        HttpContext context, string? after, IMonitorHistory history, SharedReads shared, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Query.Limit(context.Request, out var limit, Query.MostItems) is { } mistake)
            return mistake;
        var now = time.GetUtcNow();
        var (overview, _) = await ReadVisibleAsync(history, shared, Viewer.Of(context), now, cancellationToken);
        return Results.Json(StatusDocument.Of(overview, after, limit, now), WebJson.Default.StatusDocument);
    }

    /// <summary>What the viewer may see, by id, as it is known now.</summary>
    internal static async Task<(IReadOnlyList<EndpointOverview> Watched, IReadOnlyList<EndpointOverview> Archived)> ReadVisibleAsync(
        IMonitorHistory history, SharedReads shared, Viewer viewer, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var overview = viewer.SeesEverything
            ? await history.ReadOverviewAsync(cancellationToken)
            : await shared.GetAsync("overview", history.ReadPublicOverviewAsync, cancellationToken);
        var (watched, archived) = (new List<EndpointOverview>(overview.Count), new List<EndpointOverview>());
        foreach (var one in overview)
        {
            if (!viewer.Sees(one.Registered.Endpoint))
                continue;
            if (IsArchived(one))
                archived.Add(one);
            else
                watched.Add(Freshness.AsOf(one, now));
        }

        return (watched, archived);
    }

    internal static bool IsArchived(EndpointOverview one) => one.Registered.Source is EndpointSource.Archived;
}
