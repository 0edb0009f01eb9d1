using System.Net.Http.Headers;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.OAuth;

/// <summary>
/// Finds the token endpoint as the MCP specification says (Authorization Server Discovery): from the server's 401 to its protected
/// resource metadata (RFC 9728), from there to the authorization server's (RFC 8414, OpenID Connect Discovery). Whatever the
/// watched server names, only its own origin or the configured issuer will ever be sent the secret.
/// </summary>
internal sealed class TokenDiscovery(ProbeRun run, RequestHeaders headers, OAuthHttp http)
{
    private const string ProtectedResource = "/.well-known/oauth-protected-resource";
    private const string Remedy = "set oauth.tokenUrl, or oauth.issuer if you trust another issuer with the secret.";

    private readonly Uri _url = run.Url;
    private readonly Uri? _issuer = run.Endpoint.OAuth!.Issuer;

    /// <summary>What the token is for when the server's metadata does not say: the URL without query, which may hold a secret.</summary>
    /// <param name="endpoint">The endpoint's own URL, with references in place of its secrets, which are not for another origin.</param>
    public static string ResourceOf(Uri endpoint) =>
        UrlText.WithoutSecrets(endpoint) is var url && url.AbsolutePath == "/" ? Origin.Of(url) : url.GetLeftPart(UriPartial.Path);

    /// <exception cref="ProbeFailedException">None is found, or none that may be sent the secret.</exception>
    public async Task<TokenEndpoint> FindAsync(CancellationToken cancellationToken)
    {
        var challenge = await ChallengeAsync(cancellationToken);
        var resource = await ResourceMetadataAsync(challenge, cancellationToken);
        var issuer = resource is null ? IssuerWithoutMetadata() : ChooseIssuer(resource.Texts("authorization_servers") ?? []);
        var metadata = await IssuerMetadataAsync(issuer, cancellationToken) ?? throw Failed(FailureKind.AuthFailed, resource is null && _issuer is null
            ? $"The server names no authorization server (neither in its 401 nor under {ProtectedResource}); " + Remedy
            : $"The authorization server {Shown(issuer)} has no metadata (RFC 8414 or OpenID Connect); correct the issuer, or set oauth.tokenUrl.");
        return new TokenEndpoint(
            TokenUrl(metadata, issuer),
            resource?.Text("resource") is { } named && run.Redact(named) == named ? named : ResourceOf(run.Endpoint.Url!),
            run.Endpoint.OAuth!.Scope ?? challenge.Scope,
            Authentication(metadata, issuer));
    }

    /// <summary>Asks the server as a client without a token does.</summary>
    private async Task<BearerChallenge> ChallengeAsync(CancellationToken cancellationToken)
    {
        var isSse = run.Endpoint.Transport is TransportChoice.Sse;
        using var request = new HttpRequestMessage(isSse ? HttpMethod.Get : HttpMethod.Post, _url);
        headers.AddTo(request);
        request.Headers.TryAddWithoutValidation("Accept", isSse ? "text/event-stream" : "application/json, text/event-stream");
        if (!isSse)
        {
            var discover = McpRequest.Discover(McpRequest.DiscoverId, ProtocolVersions.NewestStateless);
            request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", discover.ProtocolVersion);
            request.Headers.TryAddWithoutValidation("Mcp-Method", discover.Method);
            request.Content = new ByteArrayContent(discover.ToJson()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        var answer = await http.SendAsync(request, "The server", readBody: false, cancellationToken);
        // Not well, or elsewhere: that is the finding, not that it names no authorization server.
        if (answer.Refusal is { } refusal && HttpRefusal.IsFinal(answer.Status) && answer.Status is not (401 or 402 or 403 or 407))
            throw new ProbeFailedException(refusal);
        return answer.Challenge;
    }

    private async Task<OAuthDocument?> ResourceMetadataAsync(BearerChallenge challenge, CancellationToken cancellationToken)
    {
        if (challenge.ResourceMetadata is { } named)
        {
            if (!Uri.TryCreate(_url, named, out var url) || !Origin.AreSame(url, _url))
                throw Failed(FailureKind.CrossOrigin,
                    $"The server's 401 names resource metadata on another origin ({run.Foreign(named)}), where nothing was sent; make it name its own origin, or set oauth.tokenUrl.");
            return Checked(await GetAsync(url, "The resource metadata", cancellationToken) ?? throw Failed(FailureKind.AuthFailed,
                $"The resource metadata that the server's 401 names ({run.Foreign(url.AbsolutePath)}) is not there, or is no JSON object; correct the server, or set oauth.tokenUrl."));
        }

        var path = _url.AbsolutePath.TrimEnd('/');
        var metadata = path.Length == 0 ? null : await GetAsync(new Uri(_url, ProtectedResource + path), "The resource metadata", cancellationToken);
        metadata ??= await GetAsync(new Uri(_url, ProtectedResource), "The resource metadata", cancellationToken);
        return metadata is null ? null : Checked(metadata);
    }

    /// <summary>Metadata for another resource could lead the token, or the secret, astray (RFC 9728, 3.3 and 7.3).</summary>
    private OAuthDocument Checked(OAuthDocument metadata)
    {
        var named = metadata.Text("resource") ?? "";
        var resource = Origin.Parse(named);
        if (resource is { Fragment.Length: 0 } && Origin.AreSame(resource, _url)
            && (_url.AbsolutePath + "/").StartsWith(resource.AbsolutePath.TrimEnd('/') + "/", StringComparison.Ordinal))
            return metadata;

        throw Failed(resource is null || Origin.AreSame(resource, _url) ? FailureKind.AuthFailed : FailureKind.CrossOrigin,
            $"The server's resource metadata is for another resource ({run.Foreign(named)}) than the endpoint's URL; correct the server's public URL, or set oauth.tokenUrl.");
    }

    /// <summary>Before resource metadata (specification 2025-03-26) a server was its own authorization server.</summary>
    private string IssuerWithoutMetadata() => _issuer?.OriginalString ?? Origin.Of(_url);

    private string ChooseIssuer(IReadOnlyList<string> named)
    {
        if (named.Count == 0)
            throw Failed(FailureKind.AuthFailed, "The server's resource metadata names no authorization server; correct the server, or set oauth.tokenUrl.");

        var allowed = named.FirstOrDefault(issuer => _issuer is not null
            ? IsSameIssuer(issuer, _issuer.OriginalString)
            : Origin.Parse(issuer) is { } url && Origin.AreSame(url, _url));
        return allowed ?? throw Failed(FailureKind.CrossOrigin, _issuer is null
            ? $"The server names an authorization server on another origin ({Shown(named[0])}), which was sent nothing; " + Remedy
            : $"The server names the authorization server {Shown(named[0])}, not the endpoint's oauth.issuer, so nothing was sent; correct one of them.");
    }

    private async Task<OAuthDocument?> IssuerMetadataAsync(string issuer, CancellationToken cancellationToken)
    {
        if (Origin.Parse(issuer) is not { Query.Length: 0, Fragment.Length: 0 } url)
            throw Failed(FailureKind.AuthFailed, $"The authorization server's issuer ({Shown(issuer)}) is not a URL without query; correct it, or set oauth.tokenUrl.");
        if (!Origin.IsSafe(url))
            throw Failed(FailureKind.AuthFailed, $"The authorization server {Shown(issuer)} is not reached by https, so the secret was not sent; give it https, or set oauth.tokenUrl.");

        var path = url.AbsolutePath.TrimEnd('/');
        string[] places = path.Length == 0
            ? ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]
            : ["/.well-known/oauth-authorization-server" + path, "/.well-known/openid-configuration" + path, path + "/.well-known/openid-configuration"];
        foreach (var place in places)
        {
            if (await GetAsync(new Uri(url, place), "The authorization server's metadata", cancellationToken) is not { } metadata)
                continue;

            // One that speaks for another issuer would mix up whom the secret belongs to (RFC 8414, 3.3).
            var own = metadata.Text("issuer") ?? "";
            return IsSameIssuer(own, issuer) ? metadata : throw Failed(FailureKind.AuthFailed,
                $"The metadata of the authorization server {Shown(issuer)} says that its issuer is '{run.Foreign(own)}', so nothing was sent; correct the issuer, or set oauth.tokenUrl.");
        }

        return null;
    }

    private Uri TokenUrl(OAuthDocument metadata, string issuer)
    {
        var named = metadata.Text("token_endpoint");
        if (named is null || Origin.Parse(named) is not { } url)
            throw Failed(FailureKind.AuthFailed, $"The metadata of the authorization server {Shown(issuer)} names no token endpoint; correct the issuer, or set oauth.tokenUrl.");
        return Origin.AreSame(url, Origin.Parse(issuer)!) ? url : throw Failed(FailureKind.CrossOrigin,
            $"The authorization server {Shown(issuer)} names a token endpoint on another origin ({run.Foreign(Origin.Of(url))}), which was sent nothing; if you trust it with the secret, set oauth.tokenUrl.");
    }

    private ClientAuthentication Authentication(OAuthDocument metadata, string issuer)
    {
        var methods = metadata.Texts("token_endpoint_auth_methods_supported");
        if (methods is null || methods.Contains("client_secret_basic"))
            return ClientAuthentication.Basic; // the default of RFC 8414, 2
        return methods.Contains("client_secret_post") ? ClientAuthentication.Post : throw Failed(FailureKind.AuthFailed,
            $"The authorization server {Shown(issuer)} takes no client secret, only {run.Foreign(string.Join(", ", methods))}; use a client with a secret at another one.");
    }

    /// <summary>A document; null when there is none at that place.</summary>
    private async Task<OAuthDocument?> GetAsync(Uri url, string what, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (Origin.AreSame(url, _url))
            headers.AddTo(request);
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        var answer = await http.SendAsync(request, what, readBody: true, cancellationToken);
        if (answer.Refusal is { } refusal && answer.Status is 429 or >= 500)
            throw new ProbeFailedException(refusal with { Message = $"{http.Named(what, url)}: {refusal.Message}" });
        return answer.Refusal is null ? answer.Document : null;
    }

    // RFC 8414 compares the characters; many libraries add a slash to an issuer without a path, which changes nothing in who it is.
    private static bool IsSameIssuer(string left, string right) =>
        (left.EndsWith('/') ? left[..^1] : left) == (right.EndsWith('/') ? right[..^1] : right);

    private string Shown(string issuer) => run.Foreign(issuer);

    private static ProbeFailedException Failed(FailureKind kind, string message) => new(kind, message);
}
