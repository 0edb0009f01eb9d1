using Microsoft.AspNetCore.Http;

namespace McpProbe.Web.Api;

/// <summary>Answers 503 with the reason while the head cannot answer at all; its health it always tells.</summary>
internal sealed class BlockedMiddleware(RequestDelegate next, IHeadHealth? health = null)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (health is null || context.Request.Path == StatusApi.HealthPath || context.Request.Path == "/app.css"
            || await health.FindBlockAsync(context.RequestAborted) is not { } obstacle)
            await next(context);
        else
            await ErrorAnswer.WriteObstacleAsync(context, obstacle);
    }
}
