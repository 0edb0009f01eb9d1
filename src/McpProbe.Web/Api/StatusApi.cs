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

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods(HealthPath, Methods.Read, HealthAsync).WithMetadata(OpenRoute.Instance);
        routes.MapMethods("/api/status", Methods.Read, GetAsync).WithMetadata(OpenRoute.Instance);
    }

    private static async Task<IResult> HealthAsync(HttpContext context, ProbesFileStatus file, CancellationToken cancellationToken)
    {
        List<Obstacle> obstacles = context.RequestServices.GetService<IHeadHealth>() is { } health ? [.. await health.CheckAsync(cancellationToken)] : [];
        if (file.Current is { } fault)
            obstacles.Add(fault.Obstacle);
        return obstacles.Count > 0 ? Problem.Of(obstacles) : Results.Json(new HealthDocument("ok"), WebJson.Default.HealthDocument);
    }

    private static async Task<IResult> GetAsync(
        HttpContext context, IMonitorHistory history, TimeProvider time, CancellationToken cancellationToken)
    {
        var overview = await ReadVisibleAsync(history, Viewer.Of(context), cancellationToken);
        return Results.Json(StatusDocument.Of(overview, time.GetUtcNow()), WebJson.Default.StatusDocument);
    }

    /// <summary>What the viewer may see of what is watched, by id.</summary>
    internal static async Task<IReadOnlyList<EndpointOverview>> ReadVisibleAsync(
        IMonitorHistory history, Viewer viewer, CancellationToken cancellationToken) =>
        [.. (await history.ReadOverviewAsync(cancellationToken)).Where(one => !IsArchived(one) && viewer.Sees(one.Registered.Endpoint))];

    internal static bool IsArchived(EndpointOverview one) => one.Registered.Source is EndpointSource.Archived;
}
