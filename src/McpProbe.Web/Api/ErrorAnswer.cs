using McpProbe.Web.Pages;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace McpProbe.Web.Api;

/// <summary>Errors outside the handlers: a page for browsers that asked for a page, problem details for everybody else.</summary>
internal static class ErrorAnswer
{
    internal static Task WriteAsync(HttpContext context, int status, string detail)
    {
        return WantsPage(context)
            ? MessagePage.Answer(context, status, ReasonPhrases.GetReasonPhrase(status), detail).ExecuteAsync(context)
            : Problem.Of(status, detail).ExecuteAsync(context);
    }

    /// <summary>503 with the reason: the asker may try again soon.</summary>
    internal static Task WriteObstacleAsync(HttpContext context, Obstacle obstacle)
    {
        context.Response.Headers.RetryAfter = "10";
        return WantsPage(context)
            ? MessagePage.Answer(
                context, StatusCodes.Status503ServiceUnavailable, $"McpProbe is not available: {obstacle.Reason}", obstacle.Detail).ExecuteAsync(context)
            : Problem.Of([obstacle]).ExecuteAsync(context);
    }

    /// <summary>For answers that routing or a refusal left without a body.</summary>
    internal static Task WriteStatusAsync(HttpContext context)
    {
        var status = context.Response.StatusCode;
        var request = context.Request;
        return WriteAsync(context, status, status switch
        {
            StatusCodes.Status404NotFound => $"There is nothing at {request.Path}. The API is described in docs/http-api.md; the status page is at /.",
            StatusCodes.Status405MethodNotAllowed =>
                $"{request.Path} does not answer {request.Method}. It answers {context.Response.Headers.Allow}.",
            StatusCodes.Status415UnsupportedMediaType => $"{request.Path} does not take this Content-Type. Send JSON, with 'Content-Type: application/json'.",
            _ => "The request could not be answered.",
        });
    }

    /// <summary>A bug, or a store that cannot be reached. The exception handler has logged it; its text is not for the asker.</summary>
    internal static Task WriteExceptionAsync(HttpContext context)
    {
        var error = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        if (error is not null && Explain(context, error) is { } obstacle)
            return WriteObstacleAsync(context, obstacle);
        var status = StatusOf(context, error);
        return WriteAsync(context, status, status == StatusCodes.Status500InternalServerError
            ? "McpProbe could not answer because of an error of its own. Its log says what happened; try again, and report it if it stays."
            : "The request could not be read. Check its length and its encoding.");
    }

    /// <summary>The status that <see cref="WriteExceptionAsync"/> answers with.</summary>
    internal static int StatusOf(HttpContext context, Exception? error) => error switch
    {
        BadHttpRequestException bad => bad.StatusCode,
        not null when Explain(context, error) is not null => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    private static Obstacle? Explain(HttpContext context, Exception error) => context.RequestServices.GetService<IHeadHealth>()?.Explain(error);

    private static bool WantsPage(HttpContext context) =>
        !context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal)
        && context.Request.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase));
}
