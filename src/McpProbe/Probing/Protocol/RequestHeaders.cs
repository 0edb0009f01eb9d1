using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Probing.Protocol;

/// <summary>The endpoint's own request headers, with the secrets put in. The values leave the process in requests only.</summary>
internal sealed class RequestHeaders
{
    /// <summary>Those that the prober sets itself, or that would change how a request is framed.</summary>
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept", "Accept-Encoding", "Connection", "Expect", "Keep-Alive", "Mcp-Method", "Mcp-Name", "MCP-Protocol-Version",
        "Mcp-Session-Id", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    };

    private static readonly string OwnUserAgent = "mcpprobe/" + ClientInfo.Version;

    private readonly List<KeyValuePair<string, string>> _headers = new(2);
    private readonly List<string> _secrets = [];

    private RequestHeaders()
    {
    }

    /// <summary>Resolved references, and credentials that were given in their place; grows with <see cref="Remember"/>.</summary>
    public IReadOnlyList<string> Secrets => _secrets;

    /// <summary>As they are sent, for a hash of them.</summary>
    public IEnumerable<string> Lines => _headers.Select(header => $"{header.Key}:{header.Value}");

    /// <exception cref="ProbeFailedException">A secret is missing, or a header cannot be sent (kind <c>config</c>).</exception>
    public static RequestHeaders Resolve(Endpoint endpoint, Func<string, string?> secrets)
    {
        var headers = new RequestHeaders();
        foreach (var (name, value) in endpoint.Headers)
            headers.Add(name, name, value, "", secrets);
        if (endpoint.OAuth is not null && (endpoint.Bearer is not null || headers.HasAuthorization))
            throw Config("OAuth gives the bearer token, and another one or an Authorization header is set too; keep one of them.");
        if (endpoint.Bearer is { } bearer)
        {
            if (headers.HasAuthorization)
                throw Config("Both a bearer token and an Authorization header are set; keep one of them.");
            headers.Add("Authorization", "The bearer token", bearer, "Bearer ", secrets);
        }

        if (!headers._headers.Exists(header => header.Key.Equals("User-Agent", StringComparison.OrdinalIgnoreCase)))
            headers._headers.Add(new("User-Agent", endpoint.As is { Name: { } name } client ? $"{name.Replace(' ', '-')}/{client.Version ?? ClientInfo.Version}" : OwnUserAgent));
        return headers;
    }

    public bool Has(string name) => _headers.Exists(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase));

    public void AddTo(HttpRequestMessage request)
    {
        foreach (var (name, value) in _headers)
            request.Headers.TryAddWithoutValidation(name, value);
    }

    /// <summary>Adds the bearer token that OAuth gave.</summary>
    public void Authorize(string token)
    {
        Remember(token);
        _headers.Add(new("Authorization", "Bearer " + token));
    }

    /// <summary>From now on no message shows this text.</summary>
    // Very short values would blot out ordinary words of messages. Longest first, for one may hold another.
    public void Remember(string secret)
    {
        if (secret.Length < 6 || _secrets.Contains(secret))
            return;
        _secrets.Add(secret);
        _secrets.Sort((left, right) => right.Length - left.Length);
    }

    private bool HasAuthorization => _headers.Exists(header => header.Key.Equals("Authorization", StringComparison.OrdinalIgnoreCase));

    private void Add(string name, string what, string value, string scheme, Func<string, string?> secrets)
    {
        if (Reserved.Contains(name))
            throw Config($"The header {ForeignText.Brief(name)} is set by the probe itself; remove it from the endpoint.");
        if (!SecretReference.TryResolve(value, Remembered, out var resolved, out var missing))
            throw Config($"{(what == name ? "The header " + ForeignText.Brief(name) : what)} needs {SecretReference.WhyMissing(missing!)}.");
        if (resolved.AsSpan().IndexOfAnyExceptInRange(' ', '~') >= 0)
            throw Config($"{(what == name ? "The header " + ForeignText.Brief(name) : what)} has a value with a line break or another character that HTTP headers cannot carry; correct the value.");

        using var trial = new HttpRequestMessage();
        if (!trial.Headers.TryAddWithoutValidation(name, resolved))
            throw Config($"'{ForeignText.Brief(name)}' is not a request header that can be set; correct its name.");

        _headers.Add(new(name, scheme + resolved));
        // A value such as 'search' of X-Team is no secret, and stands in many a catalogue.
        if (scheme.Length > 0 || CredentialHeaders.Contains(name))
            Remember(resolved);

        string? Remembered(string variable)
        {
            var secret = secrets(variable);
            Remember(secret ?? "");
            return secret;
        }
    }

    private static ProbeFailedException Config(string message) => new(FailureKind.Config, message);
}
