using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace McpProbe.Web.Metrics;

/// <summary><c>GET /metrics</c>: everything, in Prometheus' text form or OpenMetrics', as the scraper asks. It needs the read key.</summary>
internal static class MetricsRoute
{
    internal const string Path = "/metrics";

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var metrics = routes.ServiceProvider.GetRequiredService<HeadMetrics>();
        routes.MapPrometheusScrapingEndpoint(Path, metrics.Scrapes, branch => branch
            .UseResponseCompression()
            .Use(async (context, next) =>
            {
                await metrics.RefreshAsync(context.RequestAborted);
                await next(context);
            }), optionsName: null)
            .WithMetadata(new HttpMethodMetadata(Methods.Read));
    }
}
