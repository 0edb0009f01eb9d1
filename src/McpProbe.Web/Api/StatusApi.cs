using McpProbe.Monitoring;
using McpProbe.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Api;

/// <summary><c>GET /api/status</c> and <c>GET /api/health</c>.</summary>
internal static class StatusApi
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/api/health", Methods.Read, () => Results.Json(new HealthDocument("ok"), WebJson.Default.HealthDocument))
            .WithMetadata(OpenRoute.Instance);
        routes.MapMethods("/api/status", Methods.Read, GetAsync).WithMetadata(OpenRoute.Instance);
    }

    private static async Task<IResult> GetAsync(
        HttpContext context, IMonitorHistory history, TimeProvider time, CancellationToken cancellationToken)
    {
        var overview = await ReadVisibleAsync(history, Viewer.Of(context), cancellationToken);
        return Results.Json(StatusDocument.Of(overview, time.GetUtcNow()), WebJson.Default.StatusDocument);
    }

    /// <summary>What the viewer may see, by id.</summary>
    internal static async Task<IReadOnlyList<EndpointOverview>> ReadVisibleAsync(
        IMonitorHistory history, Viewer viewer, CancellationToken cancellationToken) =>
        [.. (await history.ReadOverviewAsync(cancellationToken)).Where(one => viewer.Sees(one.Registered.Endpoint))];
}
