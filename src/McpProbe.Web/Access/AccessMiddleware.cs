using McpProbe.Web.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace McpProbe.Web.Access;

/// <summary>Applies the access rule to every request, after routing has said whether its route is open.</summary>
internal sealed class AccessMiddleware(RequestDelegate next, AccessControl rule, WrongKeys wrongKeys)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var decision = rule.Decide(context, context.GetEndpoint()?.Metadata);
        if (ReferenceEquals(decision, AccessDecision.WrongKey) && await wrongKeys.WaitAsync(context) is { } tooMany)
        {
            await ErrorAnswer.WriteAsync(context, StatusCodes.Status429TooManyRequests, tooMany);
        }
        else if (decision.Refusal is var (status, why))
        {
            // For the audit: who was refused. The page that says so shows what everybody may see.
            context.Features.Set(decision.Viewer.Who);
            if (status == StatusCodes.Status401Unauthorized)
                context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer realm=\"McpProbe\"";
            await ErrorAnswer.WriteAsync(context, status, why);
        }
        else
        {
            context.Features.Set(decision.Viewer.Who);
            context.Features.Set(decision.Viewer);
            await next(context);
        }
    }
}
