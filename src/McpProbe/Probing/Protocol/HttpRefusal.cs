using System.Net.Http.Headers;
using McpProbe.Drift.Findings;
using McpProbe.Model;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Probing.Protocol;

/// <summary>What an HTTP status other than success means for a probe.</summary>
internal static class HttpRefusal
{
    /// <summary>Statuses by which a server of 2024-11-05 (HTTP+SSE), or one that is not there, refuses a POST.</summary>
    public static bool MayBeLegacySse(int? status) => status is 400 or 404 or 405 or 406 or 415;

    /// <summary>Statuses that say nothing of the protocol: the server, or what stands before it, is not well, or wants credentials.</summary>
    public static bool IsFinal(int status) => status is (>= 300 and < 400) or 401 or 402 or 403 or 407 or 429 or 502 or 503 or 504;

    public static Failure ToFailure(HttpResponseMessage response, ProbeRun run)
    {
        var status = (int)response.StatusCode;
        var failure = status switch
        {
            >= 300 and < 400 => Redirect(response, run),
            401 or 402 or 403 or 407 => Gate(status, run.Endpoint.HasCredentials),
            405 or 406 or 415 => WrongTransport(status),
            404 => new(FailureKind.HttpStatus, null, "HTTP 404: nothing is at the URL's path; check the path of the MCP endpoint."),
            429 => new(FailureKind.HttpStatus, null, "HTTP 429: the server limits its requests; probe it less often, or raise its limit."),
            >= 500 => new(FailureKind.HttpStatus, null, $"HTTP {status}: the server, or what stands before it, failed; look at their logs."),
            _ => new(FailureKind.HttpStatus, null, $"HTTP {status}: the server refused the request; check the URL and the endpoint's headers."),
        };
        return failure with
        {
            Phase = run.Phase,
            HttpStatus = status,
            RetryAfter = RetryAfter(response.Headers.RetryAfter, run.Time),
            Challenge = Challenge(response, run),
        };
    }

    public static Failure WrongTransport(int status) => new(FailureKind.WrongTransport, Phase.Handshake,
        $"HTTP {status}: the URL does not take MCP requests by POST; check its path and the endpoint's transport.", status);

    private static Failure Gate(int status, bool hasCredentials) => hasCredentials
        ? new(FailureKind.AuthFailed, null, $"HTTP {status}: the credentials were refused; renew them, and check what they may do.")
        : new(FailureKind.Gated, null, $"HTTP {status}: the server asks for credentials; give the endpoint a bearer token or a header.");

    private static Failure Redirect(HttpResponseMessage response, ProbeRun run)
    {
        var location = response.Headers.Location;
        NoteRedirect((int)response.StatusCode, response.RequestMessage?.Method, run);
        // A path is an absolute file address where paths begin with a slash.
        var host = location is null ? null : location is { IsAbsoluteUri: true, IsFile: false } ? location.Host : run.Endpoint.Url!.Host;
        return new(FailureKind.Redirect, null, $"HTTP {(int)response.StatusCode}: the server redirects"
            + $"{(host is null ? "" : $" to {run.Foreign(host)}")}; redirects are not followed, so give the endpoint its final URL.");
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
