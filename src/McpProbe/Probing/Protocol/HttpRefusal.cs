using System.Net.Http.Headers;
using McpProbe.Drift.Findings;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Probing.Protocol;

/// <summary>What an HTTP status other than success means for a probe.</summary>
internal static class HttpRefusal
{
    /// <summary>
    /// Whether a refused POST leaves it possible that the server speaks HTTP+SSE of 2024-11-05: any status that a server gives to a
    /// method, a path or a body that it does not know.
    /// </summary>
    public static bool MayBeLegacySse(Failure failure) => failure switch
    {
        { Kind: FailureKind.HostRefused } or { HttpStatus: 403, Challenge: not null } => false,
        { HttpStatus: 403 } => true,
        { HttpStatus: { } status } => !IsFinal(status),
        _ => failure.Kind is FailureKind.NotMcp or FailureKind.BadJson or FailureKind.NoReply or FailureKind.WrongTransport,
    };

    /// <summary>
    /// Statuses that say nothing of the protocol: the server, or what stands before it, is not well, wants credentials, or takes no
    /// request of this kind at all.
    /// </summary>
    public static bool IsFinal(int status) =>
        status is (>= 300 and < 400) or 401 or 402 or 403 or 407 or 421 or 426 or 429 or >= 502;

    /// <summary>The failure; the body is read where it can tell more than the status.</summary>
    public static async Task<Failure> ReadAsync(HttpResponseMessage response, ProbeRun run, CancellationToken cancellationToken)
    {
        var body = RefusalBody.Tells((int)response.StatusCode) ? await RefusalBody.ReadAsync(response, run, cancellationToken) : "";
        return ToFailure(response, run, body);
    }

    /// <param name="body">Its beginning, or empty when it was not read.</param>
    public static Failure ToFailure(HttpResponseMessage response, ProbeRun run, string body = "")
    {
        var status = (int)response.StatusCode;
        var challenge = Challenge(response, run);
        var server = ServerOf(response, run);
        var failure = HostRefusal.Find(response, body, challenge is not null, server, run) ?? status switch
        {
            >= 300 and < 400 => Redirect(response, server, run),
            401 or 402 or 407 => Gate(status, server, "", run.Endpoint.HasCredentials),
            403 => Gate(status, server, challenge is null ? Said(body, run) : "", run.Endpoint.HasCredentials),
            400 when RefusalBody.IsOfTlsPort(body) => new(FailureKind.HttpStatus, null,
                $"{server} answered HTTP 400, because this port speaks TLS and was asked in plain HTTP; give the endpoint an https:// URL."),
            405 or 406 or 415 => WrongTransport(status, server),
            404 => new(FailureKind.HttpStatus, null, $"{server} answered HTTP 404: nothing is at the URL's path; check the path of the MCP endpoint."),
            429 => new(FailureKind.HttpStatus, null, $"{server} answered HTTP 429: it limits its requests; probe it less often, or raise its limit."),
            >= 500 => new(FailureKind.HttpStatus, null, $"{server} answered HTTP {status}: the server, or what stands before it, failed; look at their logs."),
            _ => new(FailureKind.HttpStatus, null, $"{server} answered HTTP {status}: it refused the request; check the URL and the endpoint's headers."),
        };
        return failure with
        {
            Phase = run.Phase,
            HttpStatus = status,
            RetryAfter = RetryAfter(response.Headers.RetryAfter, run.Time),
            Challenge = challenge,
        };
    }

    public static Failure WrongTransport(int status, string server) => new(FailureKind.WrongTransport, Phase.Handshake,
        $"{server} answered HTTP {status}: the URL does not take MCP requests by POST; check its path and the endpoint's transport.", status);

    /// <summary>Who answered: an authorization server is another than the endpoint's.</summary>
    private static string ServerOf(HttpResponseMessage response, ProbeRun run) =>
        response.RequestMessage?.RequestUri is { IsAbsoluteUri: true } url ? run.Foreign(url.Authority) : run.Server;

    private static Failure Gate(int status, string server, string said, bool hasCredentials) => hasCredentials
        ? new(FailureKind.AuthFailed, null, $"{server} answered HTTP {status}{said}: the credentials were refused; renew them, and check what they may do.")
        : new(FailureKind.Gated, null, $"{server} answered HTTP {status}{said}: it asks for credentials; give the endpoint a bearer token or a header.");

    private static string Said(string body, ProbeRun run) =>
        run.Foreign(RefusalBody.Words(body)) is { Length: > 0 } words ? $" ('{words}')" : "";

    private static Failure Redirect(HttpResponseMessage response, string server, ProbeRun run)
    {
        NoteRedirect((int)response.StatusCode, response.RequestMessage?.Method, run);
        var target = TargetOf(response.Headers.Location, response.RequestMessage?.RequestUri ?? run.Url);
        if (target is not null && run.Endpoint.HideUrl)
            target = Origin.Of(new Uri(target));
        return new(FailureKind.Redirect, null, $"{server} answered HTTP {(int)response.StatusCode}: it redirects"
            + $"{(target is null ? "" : $" to {run.Foreign(target)}")}; redirects are not followed, so give the endpoint its final URL.");
    }

    /// <summary>
    /// Scheme, host and path: a query, a path's parameters, a fragment or a user name can hold what no message may show. Null when it
    /// leads nowhere.
    /// </summary>
    private static string? TargetOf(Uri? location, Uri asked)
    {
        if (location is null)
            return null;
        // Cut before it is read: what is wrong with an address can make its question mark a part of its path.
        var written = location.OriginalString;
        if (written.AsSpan().IndexOfAny(";?#") is var end and >= 0)
            written = written[..end];
        return Uri.TryCreate(asked, written, out var target)
            ? target.GetComponents(UriComponents.Scheme | UriComponents.Host | UriComponents.Port | UriComponents.Path, UriFormat.UriEscaped)
            : null;
    }

    /// <summary>By the Fetch standard (HTTP-redirect fetch, 4.4), which HttpClient and httpx follow too.</summary>
    private static void NoteRedirect(int status, HttpMethod? method, ProbeRun run)
    {
        if (status is 307 or 308 || status is 301 or 302 or 303 && method == HttpMethod.Get)
            run.Note(FindingRules.InteropRedirect, WireNames.Of(run.Phase),
                ": a redirect that some clients follow. The official TypeScript, Python and C# clients send the same request on to where it points.");
        else if (status is 301 or 302 or 303)
            run.Note(FindingRules.InteropRedirect, WireNames.Of(run.Phase),
                $": a redirect that some clients follow. HTTP {status} makes a GET of their POST, so the official Python and C# clients find no MCP there, and the TypeScript client does not follow; 307 or 308 would keep the POST.");
    }

    private static DateTimeOffset? RetryAfter(RetryConditionHeaderValue? header, TimeProvider time)
    {
        if (header?.Date is { } date)
            return date;

        var now = time.GetUtcNow();
        return header?.Delta is { } delta && delta < DateTimeOffset.MaxValue - now ? now + delta : null;
    }

    private static string? Challenge(HttpResponseMessage response, ProbeRun run)
    {
        var challenge = response.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var values) ? run.Foreign(values.ToString()) : "";
        return challenge.Length > 0 ? challenge : null;
    }
}
