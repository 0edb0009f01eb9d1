using McpProbe.Model;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Access;

/// <summary>
/// Every request that is to change something leaves its line, before the caller sees the answer, whatever came of it: by its method,
/// so that no route can forget to.
/// </summary>
internal sealed class AuditMiddleware(RequestDelegate next, AuditTrail trail)
{
    private const int CallerGone = 499;

    public async Task InvokeAsync(HttpContext context)
    {
        // A path that no route takes changes nothing, and neither does one that reads by POST.
        if (AccessControl.IsSafe(context.Request) || context.GetEndpoint() is not RouteEndpoint { RoutePattern.RawText: { } pattern } route
            || route.Metadata.GetMetadata<ReadsByPost>() is not null)
        {
            await next(context);
            return;
        }

        var recorded = false;
        context.Response.OnStarting(() => RecordAsync(context.Response.StatusCode));
        try
        {
            await next(context);
        }
        catch (Exception failure)
        {
            await RecordAsync(context.RequestAborted.IsCancellationRequested ? CallerGone : ErrorAnswer.StatusOf(context, failure));
            throw;
        }

        await RecordAsync(context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted ? CallerGone : context.Response.StatusCode);

        async Task RecordAsync(int status)
        {
            if (recorded)
                return;
            recorded = true;
            // A strict check of a server that is down is answered with 503, as often as somebody polls it.
            if (status is not (StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status429TooManyRequests) && (route.Metadata.GetMetadata<ChangesNothing>() ?? context.Features.Get<ChangesNothing>()) is not null)
                return;
            await trail.RecordAsync(context, context.Features.Get<Actor>() ?? Viewer.Public.Who, pattern, status, route.Metadata.GetMetadata<OpenRoute>() is not null);
        }
    }
}
