using McpProbe.Endpoints;
using McpProbe.Probing.Net;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.OAuth;

/// <summary>The way to an endpoint's server by HTTP: its secrets in place, its token got. Nothing was sent to the server yet.</summary>
/// <param name="Sent">The OAuth token that goes with each request, and whether it was here already; null without OAuth.</param>
internal sealed record HttpWay(RequestHeaders Headers, ConnectTarget Target, TlsMaterial Tls, (AccessToken Token, bool Cached)? Sent)
{
    /// <exception cref="ProbeFailedException">A secret is missing or cannot be used, or there is no token to be had.</exception>
    public static async Task<HttpWay> FindAsync(ProbeRun run, TlsMaterialCache trust, AccessTokens tokens, CancellationToken cancellationToken)
    {
        var headers = RequestHeaders.Resolve(run.Endpoint, run.Options.Secrets);
        run.Secrets = headers.Secrets;
        var target = ConnectTarget.Of(run.Endpoint);
        ProbeUrl.Resolve(run, headers);
        var tls = trust.Read(run);
        if (run.Endpoint.OAuth is null)
            return new HttpWay(headers, target, tls, Sent: null);
        var sent = await tokens.GetAsync(run, headers, target, tls, cancellationToken);
        headers.Authorize(sent.Token.Value);
        return new HttpWay(headers, target, tls, sent);
    }
}
