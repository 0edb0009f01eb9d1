using McpProbe.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Functions.Http;

/// <summary>McpProbe.Web's pipeline, run inside a function: this head has no HTTP code of its own.</summary>
public sealed class WebPipeline(IServiceProvider services)
{
    private readonly RequestDelegate _pipeline = new ApplicationBuilder(services).UseMcpProbeWeb().Build();

    public Task RunAsync(HttpContext context)
    {
        // The platform has routed the request to the function already; in here it is routed anew.
        context.SetEndpoint(null);
        context.Request.RouteValues.Clear();
        return _pipeline(context);
    }
}
