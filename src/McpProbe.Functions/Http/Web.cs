using McpProbe.Functions.Alerts;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace McpProbe.Functions.Http;

/// <summary>Pages and API: whatever no other function's route takes. Access is McpProbe.Web's own rule.</summary>
public sealed class Web(WebPipeline pipeline, RequestOutbox outbox)
{
    [Function(nameof(Web))]
    public Task RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", "put", "delete", "options", Route = "{*path}")] HttpRequest request,
        [DurableClient] DurableTaskClient durable)
    {
        outbox.Use(durable);
        return pipeline.RunAsync(request.HttpContext);
    }
}
