using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace McpProbe.Web.Access;

/// <summary>What a request's <c>Origin</c> says of the page it comes from (RFC 6454).</summary>
internal enum OriginCheck
{
    NotSent,

    /// <summary>One of our own pages.</summary>
    Same,

    /// <summary>Another site's, or an opaque origin (<c>null</c>).</summary>
    Other,
}

internal static class Origins
{
    /// <summary>
    /// Our own pages are those of the public URL. Straight from the browser they are those of the request's host too; a proxy may have
    /// put any host there, so then the public URL alone counts, where there is one.
    /// </summary>
    internal static OriginCheck Check(HttpRequest request, Uri? publicUrl)
    {
        if (request.Headers[HeaderNames.Origin] is not [{ } origin, ..])
            return OriginCheck.NotSent;
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            return OriginCheck.Other;
        if (publicUrl is not null && Uri.Compare(uri, publicUrl, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0)
            return OriginCheck.Same;
        if (publicUrl is not null && Arrival.Of(request.HttpContext).ProxyHeader is not null)
            return OriginCheck.Other;

        // Host and port only: behind a proxy that ends TLS, the scheme that a browser sees is not the one that arrives here.
        var host = request.Host;
        return uri.Host.Equals(host.Host, StringComparison.OrdinalIgnoreCase) && uri.Port == (host.Port ?? (uri.IsDefaultPort ? uri.Port : -1))
            ? OriginCheck.Same
            : OriginCheck.Other;
    }
}
