using Microsoft.AspNetCore.Http;

namespace McpProbe.Web.Api;

/// <summary>Answers 503 with the reason while the head cannot answer at all; its health it always tells.</summary>
internal sealed class BlockedMiddleware(RequestDelegate next, IHeadHealth? health = null)
{
    public Task InvokeAsync(HttpContext context) =>
        health?.Blocked is { } obstacle && context.Request.Path != StatusApi.HealthPath && context.Request.Path != "/app.css"
            ? ErrorAnswer.WriteObstacleAsync(context, obstacle)
            : next(context);
}
