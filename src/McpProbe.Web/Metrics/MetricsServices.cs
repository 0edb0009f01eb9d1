using McpProbe.Monitoring.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;

namespace McpProbe.Web.Metrics;

/// <summary>What metrics and spans need of the services.</summary>
internal static class MetricsServices
{
    internal static void AddMetricsOfHead(this IServiceCollection services, WebOptions options)
    {
        services.AddSingleton(new OwnSeries(options.MetricsEndpoints));
        services.AddSingleton(container => new MonitorMetrics(container.GetRequiredService<OwnSeries>(), options.Instance));
        services.AddSingleton<HeadMetrics>();
        options.Otlp.AddTo(services);
        services.AddHostedService<MetricsService>();
        // The answer holds no secret that a guess could be mixed with (BREACH).
        services.AddResponseCompression(compression =>
        {
            compression.EnableForHttps = true;
            compression.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "application/openmetrics-text"];
        });
    }
}
