using McpProbe.Web.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace McpProbe.Web.Access;

/// <summary>The sign-in form: trades the key for a cookie, so that a browser can show the private view.</summary>
internal static class SignIn
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/sign-in", Methods.Read, ShowForm).WithMetadata(OpenRoute.Instance);
        routes.MapPost("/sign-in", EnterAsync).WithMetadata(OpenRoute.Instance);
        routes.MapPost("/sign-out", Leave).WithMetadata(OpenRoute.Instance);
    }

    private static IResult ShowForm(HttpContext context, AccessControl rule, WebOptions options)
    {
        var returnTo = LocalPath(context.Request.Query["return"]);
        return !rule.HasKey || Viewer.Of(context).SeesEverything
            ? Results.Redirect(returnTo)
            : Page(options, returnTo, wrong: false);
    }

    private static async Task<IResult> EnterAsync(
        HttpContext context, AccessControl rule, WebOptions options, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var (form, refusal) = await FormFields.ReadAsync(context.Request, cancellationToken);
        if (form is null)
            return refusal!;

        var returnTo = LocalPath(form["return"]);
        if (!rule.HasKey)
            return FormFields.SeeOther(context, returnTo);
        if (form["key"] is not { } key || rule.TrySignIn(key) is not { } session)
        {
            Log.SignInRefused(loggers.CreateLogger(typeof(SignIn).FullName!), context.Connection.RemoteIpAddress);
            return Page(options, returnTo, wrong: true);
        }

        context.Response.Cookies.Append(AccessControl.CookieName, session, Cookie(context.Request, AccessControl.SessionLength));
        return FormFields.SeeOther(context, returnTo);
    }

    private static IResult Leave(HttpContext context)
    {
        context.Response.Cookies.Delete(AccessControl.CookieName, Cookie(context.Request, maxAge: null));
        return FormFields.SeeOther(context, "/");
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

    /// <summary>A path on this server, so that a link to the form cannot send people elsewhere; the front page for anything else.</summary>
    internal static string LocalPath(string? path) =>
        path is ['/', ..] and not ['/', '/' or '\\', ..] && !path.Any(char.IsControl) && path.All(char.IsAscii) ? path : "/";
}
