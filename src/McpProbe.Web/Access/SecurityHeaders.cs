using Microsoft.AspNetCore.Http;

namespace McpProbe.Web.Access;

/// <summary>Headers on every answer: pages run our own script only, load nothing foreign and cannot be framed; nothing is cached unless it says so.</summary>
internal sealed class SecurityHeaders(RequestDelegate next, WebOptions options)
{
    internal const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>In the items of a request whose answer other sites may show: a badge.</summary>
    internal static readonly object MayBeEmbedded = new();

    // Where the operator says that people come by https, browsers are to insist on it (RFC 6797). A month: a mistake passes.
    private readonly string? _strictTransport =
        options.PublicUrl is { Scheme: "https", IsLoopback: false } ? "max-age=2592000" : null;

    public Task InvokeAsync(HttpContext context)
    {
        // On starting, because the exception handler clears what was set before it.
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            var allowed = context.Features.Get<ForeignSites>() ?? ForeignSites.None;
            headers.ContentSecurityPolicy = allowed.Widen(ContentSecurityPolicy);
            headers.XContentTypeOptions = "nosniff";
            if (allowed.Frames.Count == 0)
                headers.XFrameOptions = "DENY";
            // Not 'no-referrer': with it browsers send 'Origin: null' with our own forms.
            headers["Referrer-Policy"] = "same-origin";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Cross-Origin-Resource-Policy"] = allowed.Frames.Count == 0 && !context.Items.ContainsKey(MayBeEmbedded) ? "same-origin" : "cross-origin";
            headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
            if (_strictTransport is not null)
                headers.StrictTransportSecurity = _strictTransport;
            if (headers.CacheControl.Count == 0)
                headers.CacheControl = "no-store";
            return Task.CompletedTask;
        });
        return next(context);
    }
}

/// <summary>What the operator allows other sites for one page: to show it in a frame, and to give it a picture.</summary>
/// <param name="Frames">Origins, or <c>*</c>; none for no frame at all.</param>
/// <param name="Picture">The address of a picture elsewhere; null for none.</param>
internal sealed record ForeignSites(IReadOnlyList<string> Frames, Uri? Picture)
{
    internal static readonly ForeignSites None = new([], null);

    internal string Widen(string policy)
    {
        if (Frames.Count > 0)
            policy = policy.Replace("frame-ancestors 'none'", $"frame-ancestors {string.Join(' ', Frames)}", StringComparison.Ordinal);
        return Picture is { } picture
            ? policy.Replace("img-src 'self' data:", $"img-src 'self' data: {picture.GetLeftPart(UriPartial.Authority)}", StringComparison.Ordinal)
            : policy;
    }
}
