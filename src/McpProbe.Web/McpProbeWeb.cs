using McpProbe.Alerts;
using McpProbe.Configuration;
using McpProbe.Monitoring;
using McpProbe.Probing;
using McpProbe.Web.Access;
using McpProbe.Web.Api;
using McpProbe.Web.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace McpProbe.Web;

/// <summary>How a head hosts the pages and the API.</summary>
public static class McpProbeWeb
{
    /// <summary>
    /// Adds what <see cref="UseMcpProbeWeb"/> needs. The head itself adds <see cref="IEndpointStore"/>, <see cref="IMonitorStore"/>,
    /// <see cref="IMonitorHistory"/>, <see cref="EndpointRegistry"/>, <see cref="AlertDesk"/>, <see cref="ChannelTester"/>, the channels
    /// by name, <see cref="McpProber"/> and <see cref="TimeProvider"/>; and <see cref="IHeadHealth"/> and <see cref="IProbesReload"/> if it has them, and <see cref="ApiDefinitions"/> if the operator allows other
    /// secrets than the default.
    /// </summary>
    /// <exception cref="ArgumentException">The key is empty or white space: whoever set it meant to have one.</exception>
    public static IServiceCollection AddMcpProbeWeb(this IServiceCollection services, WebOptions options)
    {
        var key = options.ApiKey is { } text ? new ApiKey(text) : null;
        services.AddRouting();
        services.TryAddSingleton(new ApiDefinitions(ApiSecrets.Default));
        services.TryAddSingleton<ProbesFileStatus>();
        services.AddSingleton(options);
        services.AddSingleton(provider => new AccessControl(options, key, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new OnDemandProber(options.CheckUrls, provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>
    /// The whole pipeline: headers, errors, access, pages, API. It ends the pipeline; what a head adds after it is not reached.
    /// A <c>WebApplication</c> runs it, and so does a bare <see cref="ApplicationBuilder"/> inside a function.
    /// </summary>
    public static IApplicationBuilder UseMcpProbeWeb(this IApplicationBuilder app)
    {
        app.UseMiddleware<SecurityHeaders>();
        app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = ErrorAnswer.WriteExceptionAsync });
        app.UseMiddleware<BlockedMiddleware>();
        app.UseStatusCodePages(context => ErrorAnswer.WriteStatusAsync(context.HttpContext));
        app.UseRouting();
        app.UseMiddleware<AccessMiddleware>();
        return app.UseEndpoints(Map);
    }

    private static void Map(IEndpointRouteBuilder routes)
    {
        StatusPages.Map(routes);
        BaselineForm.Map(routes);
        MaintenanceForm.Map(routes);
        ChannelPages.Map(routes);
        ResendForm.Map(routes);
        SignIn.Map(routes);
        StatusApi.Map(routes);
        EndpointsApi.Map(routes);
        HistoryApi.Map(routes);
        BaselineApi.Map(routes);
        MaintenanceApi.Map(routes);
        ChannelsApi.Map(routes);
        DeliveriesApi.Map(routes);
        CompareApi.Map(routes);
        CheckApi.Map(routes);
        ReloadApi.Map(routes);
    }
}
