using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace McpProbe.Web.Access;

/// <summary>How a request came here: straight, or through a proxy.</summary>
/// <param name="ProxyHeader">A header that only proxies add; null when there is none.</param>
internal sealed record Arrival(string? ProxyHeader)
{
    private static readonly string[] Names =
    [
        HeaderNames.Via, "Forwarded", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "X-ProxyUser-IP", "True-Client-IP",
        "CF-Connecting-IP", "CF-Ray", "Fastly-Client-IP", "Fly-Client-IP", "CDN-Loop", "Client-IP", "X-ARR-SSL", "X-Appengine-User-IP",
    ];

    private static readonly string[] Beginnings = ["X-Forwarded", "X-Original-", "X-Envoy-", "X-Azure-", "X-Amzn-", "X-Amz-Cf-", "Tailscale-"];

    internal static Arrival Of(HttpContext context) => context.Features.Get<Arrival>() ?? new Arrival(ProxyHeader: null);

    internal static Arrival Of(HttpRequest request) => new(request.Headers.Keys.FirstOrDefault(name =>
        Names.Contains(name, StringComparer.OrdinalIgnoreCase)
        || Beginnings.Any(beginning => name.StartsWith(beginning, StringComparison.OrdinalIgnoreCase))));

    /// <summary>
    /// Whether a header says that the browser spoke TLS. Anybody may say so: all that follows is that the cookie which this very
    /// asker gets is sent over TLS only.
    /// </summary>
    internal static bool SaysHttps(HttpRequest request) =>
        Holds(request.Headers["X-Forwarded-Proto"].ToString(), "https")
        || Holds(request.Headers["X-Forwarded-Scheme"].ToString(), "https")
        || Holds(request.Headers["X-Forwarded-Ssl"].ToString(), "on")
        || request.Headers["X-ARR-SSL"].Count > 0
        || request.Headers["Forwarded"].ToString().Split(',', ';')
            .Any(part => part.Split('=', 2, StringSplitOptions.TrimEntries) is [var name, var value]
                && name.Equals("proto", StringComparison.OrdinalIgnoreCase) && Holds(value.Trim('"'), "https"));

    // Of several proxies each adds its own.
    private static bool Holds(string list, string value) =>
        list.Split(',', StringSplitOptions.TrimEntries).Contains(value, StringComparer.OrdinalIgnoreCase);
}

/// <summary>Notes how the request came, and takes on the scheme that the browser spoke: cookies, links and the provider's way back go by it.</summary>
internal sealed class ArrivalMiddleware(RequestDelegate next, WebOptions options)
{
    public Task InvokeAsync(HttpContext context)
    {
        context.Features.Set(Arrival.Of(context.Request));
        if (options.PublicUrl is { Scheme: "https" } || Arrival.SaysHttps(context.Request))
            context.Request.Scheme = Uri.UriSchemeHttps;
        if (context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped)
            context.Connection.RemoteIpAddress = mapped.MapToIPv4();
        return next(context);
    }
}
