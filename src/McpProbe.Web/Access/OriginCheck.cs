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
    // Host and port only: behind a proxy that ends TLS, the scheme that a browser sees is not the one that arrives here.
    internal static OriginCheck Check(HttpRequest request)
    {
        if (request.Headers[HeaderNames.Origin] is not [{ } origin, ..])
            return OriginCheck.NotSent;
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            return OriginCheck.Other;
        var host = request.Host;
        return uri.Host.Equals(host.Host, StringComparison.OrdinalIgnoreCase) && uri.Port == (host.Port ?? (uri.IsDefaultPort ? uri.Port : -1))
            ? OriginCheck.Same
            : OriginCheck.Other;
    }
}
