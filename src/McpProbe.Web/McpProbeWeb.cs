using McpProbe.Alerts;
using McpProbe.Configuration;
using McpProbe.Monitoring;
using McpProbe.Probing;
using McpProbe.Uptime;
using McpProbe.Web.Access;
using McpProbe.Web.Agents;
using McpProbe.Web.Api;
using McpProbe.Web.Api.Description;
using McpProbe.Web.Badges;
using McpProbe.Web.Feeds;
using McpProbe.Web.Metrics;
using McpProbe.Web.Pages;
using McpProbe.Web.Pages.Forms;
using McpProbe.Web.Pages.OneEndpoint;
using McpProbe.Web.Pages.Overview;
using McpProbe.Web.Pages.Public;
using McpProbe.Web.Reports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace McpProbe.Web;

/// <summary>How a head hosts the pages and the API.</summary>
public static class McpProbeWeb
{
    /// <summary>
    /// Adds what <see cref="UseMcpProbeWeb"/> needs. The head itself adds <see cref="IEndpointStore"/>, <see cref="IMonitorStore"/>,
    /// <see cref="IMonitorHistory"/>, <see cref="EndpointRegistry"/>, <see cref="IncidentDesk"/>, <see cref="AlertDesk"/>, <see cref="ChannelTester"/>, the channels
    /// by name, <see cref="IRollupStore"/>, <see cref="Uptime.Reports.SlaReporter"/>, <see cref="IAuditStore"/>, <see cref="McpProber"/> and <see cref="TimeProvider"/>; and <see cref="IHeadHealth"/> and
    /// <see cref="IProbesReload"/> and <see cref="PublicPages"/> if it has them, and <see cref="ApiDefinitions"/> if the operator allows other secrets than the default.
    /// </summary>
    /// <exception cref="ArgumentException">The keys are not as <see cref="AccessKeys"/> demands: whoever set them meant to have some.</exception>
    public static IServiceCollection AddMcpProbeWeb(this IServiceCollection services, WebOptions options)
    {
        // At once: a head must not begin to serve with keys that protect nothing.
        _ = new AccessControl(options, TimeProvider.System);
        services.AddRouting();
        services.AddMetricsOfHead(options);
        services.AddAgents();
        services.AddOpenApi(OpenApiRoute.Name, OpenApiRoute.Configure);
        services.TryAddSingleton(new ApiDefinitions(ApiSecrets.Default));
        services.TryAddSingleton<ProbesFileStatus>();
        services.TryAddSingleton<PublicPages>();
        services.AddSingleton(options);
        services.AddSingleton(provider => new AccessControl(options, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<WrongKeys>();
        services.AddSingleton<SharedReads>();
        services.AddSingleton<VisibleEndpoints>();
        services.TryAddSingleton(provider => new UptimeReader(provider.GetRequiredService<IRollupStore>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<EndpointReads>();
        services.AddSingleton<EndpointFormDesk>();
        services.AddSingleton<AuditTrail>();
        services.AddSingleton<OnDemandLimits>();
        if (options.People is { } people)
            services.AddPeopleSignIn(people, options);
        services.AddSingleton(provider => new OnDemandProber(options.CheckUrls, provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>
    /// The whole pipeline: headers, errors, access, pages, API. It ends the pipeline; what a head adds after it is not reached.
    /// A <c>WebApplication</c> runs it, and so does a bare <see cref="ApplicationBuilder"/> inside a function.
    /// </summary>
    public static IApplicationBuilder UseMcpProbeWeb(this IApplicationBuilder app)
    {
        var options = app.ApplicationServices.GetRequiredService<WebOptions>();
        app.UseMiddleware<ArrivalMiddleware>();
        if (options.TrustedProxies.Count > 0)
            app.UseForwardedHeaders(OfTrusted(options.TrustedProxies));
        app.UseMiddleware<SecurityHeaders>();
        app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = ErrorAnswer.WriteExceptionAsync });
        app.UseMiddleware<BlockedMiddleware>();
        app.UseStatusCodePages(context => ErrorAnswer.WriteStatusAsync(context.HttpContext));
        app.UseRouting();
        if (options.People is not null)
            app.UseAuthentication();
        app.UseMiddleware<AuditMiddleware>();
        app.UseMiddleware<AccessMiddleware>();
        return app.UseEndpoints(routes => Map(routes, options));
    }

    /// <summary>The caller's address alone is taken on: the last one that no trusted proxy stands for.</summary>
    private static ForwardedHeadersOptions OfTrusted(IReadOnlyList<System.Net.IPNetwork> proxies)
    {
        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = null };
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var network in proxies)
            forwarded.KnownIPNetworks.Add(network);
        return forwarded;
    }

    private static void Map(IEndpointRouteBuilder routes, WebOptions options)
    {
        OverviewPages.Map(routes);
        StatusPages.Map(routes);
        EndpointPages.Map(routes);
        EndpointForm.Map(routes);
        EndpointButtons.Map(routes);
        PublicStatusPages.Map(routes);
        BaselineForm.Map(routes);
        MaintenanceForm.Map(routes);
        ChannelPages.Map(routes);
        ResendForm.Map(routes);
        IncidentPages.Map(routes);
        SignIn.Map(routes, options);
        StatusApi.Map(routes);
        EndpointsApi.Map(routes);
        HistoryApi.Map(routes);
        BaselineApi.Map(routes);
        MaintenanceApi.Map(routes);
        ChannelsApi.Map(routes);
        DeliveriesApi.Map(routes);
        IncidentsApi.Map(routes);
        CompareApi.Map(routes);
        CheckApi.Map(routes);
        ReloadApi.Map(routes);
        ProbesApi.Map(routes);
        AuditApi.Map(routes);
        ReportsApi.Map(routes);
        BadgeApi.Map(routes);
        FeedApi.Map(routes);
        MetricsRoute.Map(routes);
        OpenApiRoute.Map(routes);
        McpRoute.Map(routes);
    }
}
