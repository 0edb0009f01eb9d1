using System.Net.Mime;
using System.Text;
using McpProbe.Web.Api;
using McpProbe.Web.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace McpProbe.Web.Access;

/// <summary>The sign-in form: trades the key for a cookie, so that a browser can show the private view.</summary>
internal static class SignIn
{
    private const int MostBytes = 8 << 10;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/sign-in", Methods.Read, ShowForm).WithMetadata(OpenRoute.Instance);
        routes.MapPost("/sign-in", EnterAsync).WithMetadata(OpenRoute.Instance);
        routes.MapPost("/sign-out", Leave).WithMetadata(OpenRoute.Instance);
    }

    private static IResult ShowForm(HttpContext context, AccessRule rule, WebOptions options)
    {
        var returnTo = LocalPath(context.Request.Query["return"]);
        return !rule.HasKey || Viewer.Of(context).SeesEverything
            ? Results.Redirect(returnTo)
            : Page(options, returnTo, wrong: false);
    }

    private static async Task<IResult> EnterAsync(
        HttpContext context, AccessRule rule, WebOptions options, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        if (!context.Request.HasFormContentType)
            return Problem.Of(StatusCodes.Status415UnsupportedMediaType, $"The sign-in form is sent as {MediaTypeNames.Application.FormUrlEncoded}.");
        if (await RequestBody.ReadAsync(context.Request, MostBytes, cancellationToken) is not { } body)
            return RequestBody.TooLarge(MostBytes);

        var form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body.Span));
        var returnTo = LocalPath(form.TryGetValue("return", out var path) ? path.ToString() : null);
        if (!rule.HasKey)
            return SeeOther(context, returnTo);
        if (!form.TryGetValue("key", out var key) || rule.TrySignIn(key.ToString()) is not { } session)
        {
            Log.SignInRefused(loggers.CreateLogger(typeof(SignIn).FullName!), context.Connection.RemoteIpAddress);
            return Page(options, returnTo, wrong: true);
        }

        context.Response.Cookies.Append(AccessRule.CookieName, session, Cookie(context.Request, AccessRule.SessionLength));
        return SeeOther(context, returnTo);
    }

    private static IResult Leave(HttpContext context)
    {
        context.Response.Cookies.Delete(AccessRule.CookieName, Cookie(context.Request, maxAge: null));
        return SeeOther(context, "/");
    }

    private static PageResult<SignInPage> Page(WebOptions options, string returnTo, bool wrong) => new(
        new()
        {
            [nameof(SignInPage.Options)] = options,
            [nameof(SignInPage.ReturnTo)] = returnTo,
            [nameof(SignInPage.WrongKey)] = wrong,
        },
        wrong ? StatusCodes.Status401Unauthorized : StatusCodes.Status200OK);

    private static CookieOptions Cookie(HttpRequest request, TimeSpan? maxAge) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = request.IsHttps,
        Path = "/",
        MaxAge = maxAge,
        IsEssential = true,
    };

    // 303: the browser follows with GET, and a reload does not send the key again.
    private static IResult SeeOther(HttpContext context, string path)
    {
        context.Response.Headers.Location = path;
        return Results.StatusCode(StatusCodes.Status303SeeOther);
    }

    /// <summary>A path on this server, so that a link to the form cannot send people elsewhere; the front page for anything else.</summary>
    internal static string LocalPath(string? path) =>
        path is ['/', ..] and not ['/', '/' or '\\', ..] && !path.Any(char.IsControl) && path.All(char.IsAscii) ? path : "/";
}
