using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace McpProbe.Web.Access;

/// <summary>
/// The one access rule of both heads. With a key: open routes show what is public, everything else needs the key, in a header
/// or through the cookie of the sign-in form. Without one: requests must name the loopback interface as their host, so that
/// no web page can reach in through a name that it resolves to 127.0.0.1, and then everything shows.
/// </summary>
internal sealed class AccessControl(WebOptions options, ApiKey? key, TimeProvider time)
{
    internal const string CookieName = "mcpprobe";
    internal static readonly TimeSpan SessionLength = TimeSpan.FromDays(14);

    internal bool HasKey => key is not null;

    internal AccessDecision Decide(HttpRequest request, bool isOpen)
    {
        var isSafe = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method);
        var origin = Origins.Check(request);

        if (key is null)
        {
            if (!IsAllowedHost(request.Host.Host))
                return AccessDecision.Forbid(
                    "No API key is set, so only requests to this machine's loopback names are answered, and this one named another host. "
                    + "Ask for http://127.0.0.1 or http://localhost, or set MCPPROBE_API_KEY.");
            return origin is OriginCheck.Other ? CrossOrigin : AccessDecision.Allow(new Viewer(SeesEverything: true, SignedIn: false));
        }

        if (HeaderKey(request) is { } candidate)
            return key.Matches(candidate)
                ? AccessDecision.Allow(new Viewer(SeesEverything: true, SignedIn: false))
                : AccessDecision.Challenge("The API key that was sent is not the one that is set. Check the value of MCPPROBE_API_KEY.");

        if (!isSafe && origin is OriginCheck.Other)
            return CrossOrigin;

        if (request.Cookies[CookieName] is { } token && key.IsSession(token, time.GetUtcNow()))
            // A browser always says where a form or a script that changes something comes from.
            return isSafe || origin is OriginCheck.Same
                ? AccessDecision.Allow(new Viewer(SeesEverything: true, SignedIn: true))
                : CrossOrigin;

        return isOpen
            ? AccessDecision.Allow(Viewer.Public)
            : AccessDecision.Challenge(
                "This needs the API key. Send it as 'Authorization: Bearer <key>' or 'X-Api-Key: <key>', or sign in at /sign-in.");
    }

    /// <summary>A session for whoever knows the key; null for a wrong one.</summary>
    internal string? TrySignIn(string candidate) =>
        key is not null && key.Matches(candidate) ? key.CreateSession(time.GetUtcNow() + SessionLength) : null;

    private static readonly AccessDecision CrossOrigin = AccessDecision.Forbid(
        "The request comes from a page of another origin. Open this server's own pages, or send the API key in a header.");

    private static string? HeaderKey(HttpRequest request)
    {
        if (request.Headers["X-Api-Key"] is [{ } header, ..])
            return header;
        // Other schemes are for somebody else, such as a proxy in front of this server.
        return request.Headers[HeaderNames.Authorization] is [{ } authorization, ..]
            && AuthenticationHeaderValue.TryParse(authorization, out var credentials)
            && credentials.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)
            ? credentials.Parameter ?? ""
            : null;
    }

    private bool IsAllowedHost(string host) =>
        host is "127.0.0.1" or "[::1]"
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || options.AllowedHosts.Contains(host, StringComparer.OrdinalIgnoreCase);
}

/// <summary>What the rule says of a request: who may see what, or the status to refuse with and why.</summary>
internal sealed record AccessDecision(Viewer? Viewer, int Status, string? Reason)
{
    internal static AccessDecision Allow(Viewer viewer) => new(viewer, StatusCodes.Status200OK, null);

    internal static AccessDecision Challenge(string reason) => new(null, StatusCodes.Status401Unauthorized, reason);

    internal static AccessDecision Forbid(string reason) => new(null, StatusCodes.Status403Forbidden, reason);
}
