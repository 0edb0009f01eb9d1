using McpProbe.Web.Pages;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Access;

/// <summary>The sign-in form: trades a key for a cookie, so that a browser can show the private view; or sends people to the provider.</summary>
internal static class SignIn
{
    private const string ProviderPath = "/sign-in/provider";

    internal static void Map(IEndpointRouteBuilder routes, WebOptions options)
    {
        routes.MapMethods("/sign-in", Methods.Read, ShowForm).WithMetadata(OpenRoute.Instance);
        routes.MapPost("/sign-in", EnterAsync).WithMetadata(OpenRoute.Instance);
        routes.MapPost("/sign-out", LeaveAsync).WithMetadata(OpenRoute.Instance);
        // As a Delegate: as a RequestDelegate, which it fits too, its result would be dropped (ASP0016).
        if (options.People is not null)
            routes.MapGet(ProviderPath, (Delegate)GoToProviderAsync).WithMetadata(OpenRoute.Instance);
    }

    // Whoever may only read may sign in as somebody else.
    private static IResult ShowForm(HttpContext context, AccessControl rule, WebOptions options)
    {
        var returnTo = LocalPath(context.Request.Query["return"]);
        return !rule.HasKey || Viewer.Of(context).MayChange
            ? Results.Redirect(returnTo)
            : Page(options, returnTo, wrong: false);
    }

    private static async Task<IResult> EnterAsync(
        HttpContext context, AccessControl rule, WrongKeys wrongKeys, WebOptions options, CancellationToken cancellationToken)
    {
        var (form, refusal) = await FormFields.ReadAsync(context.Request, cancellationToken);
        if (form is null)
            return refusal!;

        var returnTo = LocalPath(form["return"]);
        if (!rule.HasKey)
            return FormFields.SeeOther(context, returnTo);
        if (form["key"] is not { } key || rule.TrySignIn(key) is not var (session, who))
        {
            return await wrongKeys.WaitAsync(context) is { } tooMany
                ? MessagePage.Answer(context, StatusCodes.Status429TooManyRequests, "Not signed in", tooMany)
                : Page(options, returnTo, wrong: true);
        }

        context.Features.Set(who);
        context.Response.Cookies.Append(AccessControl.CookieName(context.Request), session, Cookie(context.Request, AccessControl.SessionLength));
        return FormFields.SeeOther(context, returnTo);
    }

    // By a link, not a form: our pages let forms lead to this server only (form-action), and browsers hold redirects to that.
    private static async Task<IResult> GoToProviderAsync(HttpContext context)
    {
        try
        {
            await context.ChallengeAsync(
                PeopleSignInServices.Provider, new AuthenticationProperties { RedirectUri = LocalPath(context.Request.Query["return"]) });
            return Results.Empty;
        }
        catch (Exception failure) when (failure is InvalidOperationException or HttpRequestException or IOException)
        {
            await PeopleSignInServices.LogFailureAsync(context, ProviderPath, StatusCodes.Status502BadGateway, failure.Message);
            return MessagePage.Answer(
                context, StatusCodes.Status502BadGateway, "The provider does not answer",
                $"McpProbe cannot read what the sign-in provider says of itself. Check {AccessSettings.AuthorityVariable} and that this machine reaches it; until then sign in with a key.");
        }
    }

    private static async Task<IResult> LeaveAsync(HttpContext context, WebOptions options)
    {
        context.Response.Cookies.Delete(AccessControl.CookieName(context.Request), Cookie(context.Request, maxAge: null));
        if (options.People is not null)
            await context.SignOutAsync(PersonSession.Scheme);
        return FormFields.SeeOther(context, "/");
    }

    private static PageResult<SignInPage> Page(WebOptions options, string returnTo, bool wrong) => new(
        new()
        {
            [nameof(SignInPage.Options)] = options,
            [nameof(SignInPage.ReturnTo)] = returnTo,
            [nameof(SignInPage.WrongKey)] = wrong,
            [nameof(SignInPage.ProviderAt)] = options.People is null ? null : $"{ProviderPath}?return={Uri.EscapeDataString(returnTo)}",
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
