using System.Text.RegularExpressions;
using McpProbe.Model;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Probing.Protocol;

/// <summary>
/// Refusals that no credentials would change, for they are about what the request is: its Host or Origin, its looks to a firewall,
/// its version of HTTP.
/// </summary>
internal static partial class HostRefusal
{
    private const int LongestSaid = 160;

    /// <returns>A failure of kind <c>host-refused</c>; null when the refusal is about something else.</returns>
    /// <param name="body">The refusal's beginning, or empty when it was not read.</param>
    /// <param name="isChallenge">Whether the answer asks for credentials by <c>WWW-Authenticate</c>.</param>
    public static Failure? Find(HttpResponseMessage response, string body, bool isChallenge, string server, ProbeRun run)
    {
        var status = (int)response.StatusCode;
        if (WebFirewall.MarkIn(response) is { } mark)
            return OfFirewall(mark);
        if (isChallenge || status is 401 or 402 or 407)
            return null;

        var words = body.Length == 0 ? "" : RefusalBody.Words(body);
        if (status is 426 or 505 || (status is 400 or 403 && IsOfHttp2(words)))
            return Refused($"it does not take HTTP/1.1 here{Asking(response, run)}, as most MCP clients send it; have it, or what stands before it, speak HTTP/1.1 too.");
        if (status is 421 || (status is 400 or 403 && IsOfHost(words)))
            return Refused("it does not accept the request's Host or Origin; add the URL's host to those that the server allows, or use a host name that it knows.");
        return status is 403 or 406 && WebFirewall.PageIn(response, body) is { } firewall ? OfFirewall(firewall) : null;

        Failure OfFirewall(string name) =>
            Refused($"a web application firewall ({name}) refused the request before it came to the server; let the prober's address and user agent through.");

        Failure Refused(string why)
        {
            var said = ForeignText.OneLine(run.Redact(RefusalBody.Words(body)), LongestSaid);
            return new(FailureKind.HostRefused, null, $"{server} answered HTTP {status}{(said.Length > 0 ? $" ('{said}')" : "")}: {why}");
        }
    }

    /// <summary>The same in a JSON-RPC error that came with a refusing status.</summary>
    public static Failure? Find(RpcError error, int status, ProbeRun run) => status is 400 or 403 or 421 && IsOfHost(error.Message)
        ? new(FailureKind.HostRefused, run.Phase,
            $"{run.Server} answered HTTP {status} ('{run.Foreign(error.Message)}'): it does not accept the request's Host or Origin; "
            + "add the URL's host to those that the server allows, or use a host name that it knows.", status)
        : null;

    /// <summary>
    /// What the official SDKs ('Invalid Host header: …', 'Invalid Origin header', 'Forbidden: invalid Host header'), web frameworks
    /// and development servers say.
    /// </summary>
    internal static bool IsOfHost(string words) => HostWords().IsMatch(Beginning(words));

    /// <summary>What Kestrel and Node's HTTP/2 server say to HTTP/1.1.</summary>
    private static bool IsOfHttp2(string words) =>
        words.Contains("HTTP/2 only", StringComparison.OrdinalIgnoreCase) || words.Contains("HTTP/1.x request was sent", StringComparison.OrdinalIgnoreCase)
        || words.Contains("Unknown ALPN Protocol", StringComparison.OrdinalIgnoreCase) || words.Contains("HTTP_1_1_REQUIRED", StringComparison.Ordinal);

    private static string Asking(HttpResponseMessage response, ProbeRun run) =>
        response.Headers.NonValidated.TryGetValues("Upgrade", out var upgrade) ? $" but asks for '{ForeignText.OneLine(run.Redact(upgrade.ToString()), 40)}'" : " but HTTP/2 only";

    private static string Beginning(string words) => words.Length <= 2000 ? words : words[..2000];

    [GeneratedRegex("""
        \b(?:invalid|disallowed|untrusted|forbidden|blocked|unknown|unrecogni[sz]ed|unexpected|unauthori[sz]ed|bad|wrong|missing|mismatched|rejected)\s+
          (?:http[-_\s]+)?["'`]?(?:host|origin)(?:names?|s)?\b
        | \b(?:host|origin)(?:name)?s?\b[^<>\n]{0,120}?\b(?:not\s+(?:be\s+)?(?:allowed|permitted|trusted|accepted|valid|recogni[sz]ed|in\s+the\s+allow)
          |(?:(?:is|was|are)\s+)?(?:blocked|invalid|forbidden|disallowed|rejected)|disallowed|mismatch|rejected|denied)
        | \bmisdirected\b | \bdns[-\s]?rebinding\b | \bnot\s+allowed\s+by\s+cors\b | \baccess\s+is\s+only\s+allowed\s+at\b
        """, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex HostWords();
}
