using System.Net;
using System.Net.Http.Headers;
using System.Text;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Probing.OAuth;

/// <summary>Asks for a token by client credentials (RFC 6749, 4.4; MCP's OAuth client credentials extension).</summary>
internal sealed class TokenClient
{
    private const string What = "The token endpoint";

    private readonly ProbeRun _run;
    private readonly RequestHeaders _headers;
    private readonly ConnectTarget _target;
    private readonly TlsMaterial _tls;

    private TokenClient(ProbeRun run, RequestHeaders headers, ConnectTarget target, TlsMaterial tls, string id, string secret) =>
        (_run, _headers, _target, _tls, Id, Secret) = (run, headers, target, tls, id, secret);

    public string Id { get; }

    public string Secret { get; }

    /// <summary>The client with its secret put in, which no message shows from then on.</summary>
    /// <exception cref="ProbeFailedException">A value is missing, or the secret would be sent in the open (kind <c>config</c>).</exception>
    public static TokenClient Resolve(ProbeRun run, RequestHeaders headers, ConnectTarget target, TlsMaterial tls)
    {
        var oauth = run.Endpoint.OAuth!;
        if (oauth.TokenUrl is { } url && !(Origin.Parse(url.OriginalString) is not null && Origin.IsSafe(url)))
            throw Config("oauth.tokenUrl is neither https nor http to this machine, and a secret is sent over https only; correct it.");

        var client = new TokenClient(run, headers, target, tls, Value("oauth.clientId", oauth.ClientId), Value("oauth.clientSecret", oauth.ClientSecret));
        headers.Remember(client.Secret);
        headers.Remember(WebUtility.UrlEncode(client.Secret));
        headers.Remember(client.BasicCredentials());
        return client;

        string Value(string key, string text) => SecretReference.TryResolve(text, run.Options.Secrets, out var value, out var missing) && value.Length > 0
            ? value
            : throw Config(missing is null
                ? $"{key} is empty; give the endpoint its client's credentials."
                : $"{key} needs {SecretReference.WhyMissing(missing)}.");
    }

    /// <param name="key">Goes into the token.</param>
    /// <exception cref="ProbeFailedException">No token: unreachable, refused, or nothing to send the secret to.</exception>
    public async Task<AccessToken> FetchAsync(string key, CancellationToken cancellationToken)
    {
        using var http = new OAuthHttp(_run, _target, _tls);
        var oauth = _run.Endpoint.OAuth!;
        var endpoint = oauth.TokenUrl is { } url
            ? new TokenEndpoint(url, TokenDiscovery.ResourceOf(_run.Endpoint.Url!), oauth.Scope, null)
            : await new TokenDiscovery(_run, _headers, http).FindAsync(cancellationToken);

        var (authentication, resource) = (endpoint.Authentication ?? ClientAuthentication.Basic, endpoint.Resource);
        while (true)
        {
            var answer = await AskAsync(http, endpoint, authentication, resource, cancellationToken);
            if (answer.Refusal is null)
                return Read(answer, endpoint, key, http);

            var error = answer.Document?.Text("error");
            if (endpoint.Authentication is null && authentication is ClientAuthentication.Basic && IsAboutTheClient(answer.Status, error))
            {
                // Every server must know Basic, and not every server does.
                _run.Log($"token endpoint refused client_secret_basic ({_run.Foreign(error ?? "no error code")}); trying client_secret_post");
                authentication = ClientAuthentication.Post;
            }
            else if (resource is not null && oauth.Scope is not null && answer.Status is 400 && error is "invalid_target" or "invalid_request")
            {
                // Microsoft Entra ID, for one, refuses the parameter that MCP demands: there the scope says what the token is for.
                _run.Log($"token endpoint refused the resource parameter ({error}); trying the scope alone");
                resource = null;
            }
            else
            {
                throw Refused(answer, error, endpoint, http);
            }
        }
    }

    private Task<OAuthAnswer> AskAsync(
        OAuthHttp http, TokenEndpoint endpoint, ClientAuthentication authentication, string? resource, CancellationToken cancellationToken)
    {
        var form = new List<KeyValuePair<string, string>> { new("grant_type", "client_credentials") };
        if (endpoint.Scope is { } scope)
            form.Add(new("scope", scope));
        if (resource is not null)
            form.Add(new("resource", resource));
        if (authentication is ClientAuthentication.Post)
            form.AddRange([new("client_id", Id), new("client_secret", Secret)]);

        var request = new HttpRequestMessage(HttpMethod.Post, endpoint.Url) { Content = new FormUrlEncodedContent(form) };
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        if (authentication is ClientAuthentication.Basic)
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", BasicCredentials());
        return SendAsync();

        async Task<OAuthAnswer> SendAsync()
        {
            using (request)
                return await http.SendAsync(request, What, readBody: true, cancellationToken);
        }
    }

    /// <summary>Both parts are encoded as in a form first (RFC 6749, 2.3.1), so that a colon in the id ends nothing.</summary>
    private string BasicCredentials() =>
        Convert.ToBase64String(Encoding.ASCII.GetBytes($"{WebUtility.UrlEncode(Id)}:{WebUtility.UrlEncode(Secret)}"));

    private AccessToken Read(OAuthAnswer answer, TokenEndpoint endpoint, string key, OAuthHttp http)
    {
        var token = answer.Document?.Text("access_token");
        var type = answer.Document?.Text("token_type");
        if (string.IsNullOrEmpty(token) || token.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0)
            throw new ProbeFailedException(FailureKind.AuthFailed,
                $"{http.Named(What, endpoint.Url)} answered without an access token that can be sent; check that it is the token endpoint (RFC 6749).");
        _headers.Remember(token);
        if (!"Bearer".Equals(type, StringComparison.OrdinalIgnoreCase))
            throw new ProbeFailedException(FailureKind.AuthFailed,
                $"{http.Named(What, endpoint.Url)} gave a token of type '{_run.Foreign(type ?? "none")}', not Bearer; set up the client for bearer tokens.");

        var issued = AccessToken.Issued(key, token, answer.Document!.Number("expires_in"), _run.Time.GetUtcNow());
        _run.Log($"token for {(issued.ExpiresAt - _run.Time.GetUtcNow()).TotalSeconds:0} s");
        return issued;
    }

    private ProbeFailedException Refused(OAuthAnswer answer, string? error, TokenEndpoint endpoint, OAuthHttp http)
    {
        var named = http.Named(What, endpoint.Url);
        if (answer.Status is not (400 or 401 or 403) && error is null)
            return new(answer.Refusal! with
            {
                Kind = answer.Status is >= 300 and < 400 ? FailureKind.Redirect : FailureKind.HttpStatus,
                Message = answer.Status is 429 or >= 500
                    ? $"{named} answered with HTTP {answer.Status}, so there is no token; look at its log."
                    : $"{named} answered with HTTP {answer.Status}, so there is no token; check its URL.",
            });

        var description = answer.Document?.Text("error_description") is { Length: > 0 } text ? $" ({_run.Foreign(text)})" : "";
        var reason = error is null ? $"HTTP {answer.Status}" : $"'{_run.Foreign(error)}'{description}";
        return new(answer.Refusal! with
        {
            Kind = FailureKind.AuthFailed,
            Message = $"{named} refused the client: {reason}; check the client's id, secret, scope and grants there.",
        });
    }

    private static bool IsAboutTheClient(int status, string? error) =>
        status is 400 or 401 or 403 && error is null or "invalid_client" or "unauthorized_client" or "invalid_request";

    private static ProbeFailedException Config(string message) => new(FailureKind.Config, message);
}
