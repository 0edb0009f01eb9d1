using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace McpProbe.Functions.Http;

/// <summary>The on-demand check as a function of its own, so that the platform scales and measures it apart from the pages.</summary>
public sealed class CheckNow(WebPipeline pipeline)
{
    [Function(nameof(CheckNow))]
    public Task RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/check")] HttpRequest request) =>
        pipeline.RunAsync(request.HttpContext);
}
