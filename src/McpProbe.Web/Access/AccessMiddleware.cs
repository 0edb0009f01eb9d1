using McpProbe.Web.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace McpProbe.Web.Access;

/// <summary>Applies the access rule to every request, after routing has said whether its route is open.</summary>
internal sealed class AccessMiddleware(RequestDelegate next, AccessControl rule)
{
    public Task InvokeAsync(HttpContext context)
    {
        var isOpen = context.GetEndpoint()?.Metadata.GetMetadata<OpenRoute>() is not null;
        var decision = rule.Decide(context.Request, isOpen);
        if (decision.Viewer is null)
        {
            if (decision.Status == StatusCodes.Status401Unauthorized)
                context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer realm=\"McpProbe\"";
            return ErrorAnswer.WriteAsync(context, decision.Status, decision.Reason!);
        }

        context.Features.Set(decision.Viewer);
        return next(context);
    }
}
