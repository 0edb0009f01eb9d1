using McpProbe.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Functions.Http;

/// <summary>McpProbe.Web's pipeline, run inside a function: this head has no HTTP code of its own.</summary>
public sealed class WebPipeline(IServiceProvider services, HeadSettings settings)
{
    private readonly RequestDelegate _pipeline = new ApplicationBuilder(services).UseMcpProbeWeb().Build();

    public Task RunAsync(HttpContext context)
    {
        // The platform has routed the request to the function already; in here it is routed anew.
        context.SetEndpoint(null);
        context.Request.RouteValues.Clear();
        // The host hands requests over in plain HTTP on the machine; what a browser sees decides whether a cookie is Secure.
        if (settings.PublicUrl is { Scheme: "https" })
            context.Request.Scheme = Uri.UriSchemeHttps;
        return _pipeline(context);
    }
}
