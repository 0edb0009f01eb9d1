using McpProbe.Text;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace McpProbe.Web.Access;

/// <summary>
/// The framework's handlers, set up: the provider's (code flow with PKCE, state and nonce), and the cookie that keeps who signed in.
/// Both protect what they hand to browsers with keys of their own, kept in <see cref="WebOptions.KeyRing"/>.
/// </summary>
internal static class PeopleSignInServices
{
    internal const string Provider = "mcpprobe-provider";
    internal const string CallbackPath = "/sign-in/callback";

    internal static void AddPeopleSignIn(this IServiceCollection services, PeopleSignIn people, WebOptions options)
    {
        var pages = options.PublicUrl ?? throw new ArgumentException("The sign-in with a provider needs the public URL.", nameof(options));
        var isHttps = pages.Scheme == Uri.UriSchemeHttps;
        var secure = isHttps ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;

        var protection = services.AddDataProtection().SetApplicationName("McpProbe");
        if (options.KeyRing is { } ring)
        {
            services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider =>
                new ConfigureOptions<KeyManagementOptions>(keys => keys.XmlRepository = ring(provider)));
        }
        else
        {
            protection.UseEphemeralDataProtectionProvider();
        }

        // It reads the keys while the host starts, and would hold that up where the store is away. The first sign-in reads them.
        foreach (var eager in services.Where(service => service.ServiceType == typeof(IHostedService)
            && service.ImplementationType?.Assembly == typeof(KeyManagementOptions).Assembly).ToList())
        {
            services.Remove(eager);
        }

        services.AddAuthentication(PersonSession.Scheme)
            .AddCookie(PersonSession.Scheme, cookie =>
            {
                cookie.Cookie.Name = isHttps ? "__Host-mcpprobe-person" : "mcpprobe-person";
                cookie.Cookie.Path = "/";
                cookie.Cookie.HttpOnly = true;
                // Not Strict: the way back from the provider begins on its site. Changes are held to our own origin anyway.
                cookie.Cookie.SameSite = SameSiteMode.Lax;
                cookie.Cookie.SecurePolicy = secure;
                cookie.ExpireTimeSpan = PersonSession.Length;
                cookie.SlidingExpiration = false;
            })
            .AddOpenIdConnect(Provider, provider =>
            {
                provider.Authority = people.Authority.AbsoluteUri;
                provider.RequireHttpsMetadata = people.Authority.Scheme == Uri.UriSchemeHttps;
                provider.ClientId = people.ClientId;
                provider.ClientSecret = people.ClientSecret;
                provider.ResponseType = OpenIdConnectResponseType.Code;
                // The way back by GET: a form that the provider's page posts would need cookies that every site may send along.
                provider.ResponseMode = OpenIdConnectResponseMode.Query;
                provider.CallbackPath = CallbackPath;
                provider.SignInScheme = PersonSession.Scheme;
                provider.Scope.Clear();
                foreach (var scope in people.Scopes.Prepend("openid").Distinct())
                    provider.Scope.Add(scope);
                provider.MapInboundClaims = false;
                provider.GetClaimsFromUserInfoEndpoint = true;
                provider.SaveTokens = false;
                provider.DisableTelemetry = true;
                foreach (var rule in new[] { people.Administrators, people.Readers }.OfType<ClaimRule>().Select(rule => rule.Name).Append("preferred_username").Distinct())
                    provider.ClaimActions.MapJsonKey(rule, rule);
                foreach (var cookie in new[] { provider.CorrelationCookie, provider.NonceCookie })
                {
                    cookie.SameSite = SameSiteMode.Lax;
                    cookie.SecurePolicy = secure;
                }

                provider.Events.OnRedirectToIdentityProvider = context =>
                {
                    // What the provider knows: not whatever host this request named.
                    context.ProtocolMessage.RedirectUri = new Uri(pages, CallbackPath).AbsoluteUri;
                    return Task.CompletedTask;
                };
                provider.Events.OnTicketReceived = context => ReceiveAsync(context, people);
                provider.Events.OnRemoteFailure = FailAsync;
            });
    }

    private static async Task ReceiveAsync(TicketReceivedContext context, PeopleSignIn people)
    {
        var trail = context.HttpContext.RequestServices.GetRequiredService<AuditTrail>();
        var who = PersonSession.WhoIs(context.Principal!);
        if (people.RoleOf(context.Principal!) is { } role)
        {
            context.Principal = PersonSession.Create(role, who, people);
            await trail.RecordAsync(context.HttpContext, who, CallbackPath, StatusCodes.Status302Found, isOpen: true);
            return;
        }

        context.HandleResponse();
        await trail.RecordAsync(context.HttpContext, who, CallbackPath, StatusCodes.Status403Forbidden, isOpen: true);
        await ErrorAnswer.WriteAsync(
            context.HttpContext, StatusCodes.Status403Forbidden,
            $"You signed in as {ForeignText.Brief(who.Name ?? who.Subject ?? "somebody without a name")}, and the provider gives you no claim that lets you in here. Ask an administrator for it, then sign in again.");
    }

    // What the provider, or whoever made up this request, said is for the log; cleaned there.
    private static async Task FailAsync(RemoteFailureContext context)
    {
        context.HandleResponse();
        await LogFailureAsync(context.HttpContext, CallbackPath, StatusCodes.Status401Unauthorized, context.Failure?.Message ?? "no reason was given");
        await ErrorAnswer.WriteAsync(
            context.HttpContext, StatusCodes.Status401Unauthorized,
            "The sign-in with the provider did not succeed: it was cancelled, took too long, or its answer was not the one that was waited for. Sign in again; McpProbe's log has the reason.");
    }

    /// <param name="reason">Foreign text.</param>
    internal static async Task LogFailureAsync(HttpContext context, string route, int status, string reason)
    {
        var services = context.RequestServices;
        if (await services.GetRequiredService<AuditTrail>().RecordAsync(context, Viewer.Public.Who, route, status, isOpen: true))
            Log.PersonRefused(services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(PeopleSignIn).FullName!), ForeignText.Brief(reason));
    }
}
