using McpProbe.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Pages;

/// <summary>What all pages need.</summary>
internal static class StatusPages
{
    internal const int BarLength = 60;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var asset in new[] { Asset.Stylesheet, Asset.Script })
            routes.MapMethods(asset.Path.Split('?')[0], Methods.Read, asset.Answer).WithMetadata(OpenRoute.Instance);
    }

    /// <summary>Of an endpoint that the viewer sees.</summary>
    internal static Task<T> ForAsync<T>(
        Viewer viewer, SharedReads shared, string key, Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        viewer.SeesEverything ? read(cancellationToken) : shared.GetAsync(key, read, cancellationToken);
}
