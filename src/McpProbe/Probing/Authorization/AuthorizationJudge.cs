using System.Globalization;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Text;

namespace McpProbe.Probing.Authorization;

/// <summary>What a client would stumble over on its way to a token, before it does. Pure; docs/authentication.md has the table.</summary>
internal static class AuthorizationJudge
{
    private const string Discovery = "MCP, Authorization Server Discovery";
    private const string Registration = "MCP, Client Registration";
    private const string Metadata = "RFC 8414, 3.3";

    private static readonly TimeSpan ShortLife = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Forecast = TimeSpan.FromDays(21);

    public static IReadOnlyList<Finding> Judge(AuthorizationFacts facts)
    {
        var findings = new List<Finding>();
        foreach (var (what, expiresAt) in facts.Credentials)
            JudgeCredential(what, expiresAt, facts.Now, findings);
        if (facts.TokenLife is { } life && life < ShortLife)
            findings.Add(Of("auth-token-life", "token", string.Create(CultureInfo.InvariantCulture, $"gives access tokens that live for {life.TotalSeconds:0} s: clients ask for a new one all the time, and a slow call outlives its token. Give them minutes"), null, null));
        // One that asks for no credentials has nothing to prepare; a 403 without a challenge is a refusal of another kind.
        if (facts.Status != 401 && !(facts.Status == 403 && facts.HasBearerChallenge))
            return findings;
        JudgeResource(facts, findings);
        foreach (var server in facts.Servers)
            JudgeServer(server, facts, findings);
        return findings;
    }

    private static void JudgeResource(AuthorizationFacts facts, List<Finding> findings)
    {
        if (facts.ForeignMetadata is { } foreign)
        {
            findings.Add(Of("auth-metadata-origin", "WWW-Authenticate", $"names resource metadata on another origin ({foreign}), which was not read: clients that compare origins refuse it. Serve it under the server's own", "RFC 9728, 3.3", Requirement.Should));
            return;
        }

        if (facts.Resource is not { } resource)
        {
            findings.Add(Of("auth-resource-metadata", "/.well-known/oauth-protected-resource",
                $"answers HTTP {facts.Status} and has no protected resource metadata (neither named in WWW-Authenticate nor at its well-known place): clients do not find out where to sign in. Publish it, unless the server is only for clients with a key of their own", Discovery, Requirement.Must));
            return;
        }

        if (!facts.HasBearerChallenge)
            findings.Add(Of("auth-challenge", "WWW-Authenticate", "has resource metadata, and its 401 has no challenge of the scheme Bearer: clients that wait for one do not look for it", "RFC 6750, 3", Requirement.Must));
        var named = resource.Text("resource");
        if (named is null || Origin.Parse(named) is not { } url || !IsFor(url, facts.Url))
            findings.Add(Of("auth-resource", "resource", $"has resource metadata for {(named is null ? "no resource" : Quoted(named))}, not for the address that it is reached at: the official clients refuse it. Correct the server's public URL", "RFC 9728, 3.3", Requirement.Must));
        if (resource.Texts("authorization_servers") is not { Count: > 0 })
            findings.Add(Of("auth-servers", "authorization_servers", "names no authorization server in its resource metadata: clients do not find out where to sign in", Discovery, Requirement.Must));
        if (resource.Texts("bearer_methods_supported") is { Count: > 0 } methods && !methods.Contains("header"))
            findings.Add(Of("auth-bearer-methods", "bearer_methods_supported", "does not say that it takes tokens in the Authorization header, the only way that MCP allows", "MCP, Authorization, Token Requirements", Requirement.Must));
        if (facts.Challenge.Scope is null && resource.Texts("scopes_supported") is not { Count: > 0 })
            findings.Add(Of("auth-scope", "scope", "names no scopes, neither in WWW-Authenticate nor in its resource metadata: clients cannot know what to ask for, and may ask for too little", "MCP, Authorization, Protected Resource Metadata Discovery Requirements", Requirement.Should));
    }

    private static void JudgeServer(AuthorizationServerFacts server, AuthorizationFacts facts, List<Finding> findings)
    {
        var name = Quoted(server.Issuer);
        if (server.Unread is { } why)
        {
            findings.Add(OfServer("auth-issuer", "issuer", name, why, Metadata, Requirement.Must));
            return;
        }

        if (server.Metadata is not { } metadata)
        {
            findings.Add(OfServer("auth-server-metadata", "issuer", name, "has no metadata at any place where clients look (RFC 8414, OpenID Connect Discovery): clients cannot begin to sign in", Discovery, Requirement.Must));
            return;
        }

        var own = metadata.Text("issuer");
        if (own != server.Issuer)
        {
            var slash = own?.TrimEnd('/') == server.Issuer.TrimEnd('/');
            findings.Add(OfServer("auth-issuer", "issuer", name,
                own is null ? "has metadata without an issuer: clients must refuse it" : $"calls itself {Quoted(own)} in its metadata: {(slash ? "only a slash differs, and clients that go by the letter refuse it" : "clients must refuse it")}", Metadata, Requirement.Must));
        }

        Endpoint("token_endpoint", "exchange a code, or a secret, for a token");
        // A server that has no code grant is for machines alone.
        var grants = metadata.Texts("grant_types_supported");
        if (grants is null || grants.Contains("authorization_code"))
        {
            Endpoint("authorization_endpoint", "send a user to sign in");
            var methods = metadata.Texts("code_challenge_methods_supported");
            if (methods is null)
                findings.Add(OfServer("auth-pkce", "code_challenge_methods_supported", name, "does not say that it supports PKCE: MCP clients must refuse to go on", "MCP, Authorization, Authorization Code Protection", Requirement.Must));
            else if (!methods.Contains("S256"))
                findings.Add(OfServer("auth-pkce", "code_challenge_methods_supported", name, "does not offer PKCE with S256, which MCP clients use", "MCP, Authorization, Authorization Code Protection", Requirement.Must));
            if (metadata.Text("registration_endpoint") is null && !metadata.IsTrue("client_id_metadata_document_supported"))
                findings.Add(OfServer("auth-registration", "registration_endpoint", name, "takes neither client id metadata documents nor registrations: a client that nobody set up by hand cannot sign in", Registration, Requirement.Should));
        }

        if (facts.UsesClientCredentials && grants is not null && !grants.Contains("client_credentials"))
            findings.Add(OfServer("auth-grant", "grant_types_supported", name, "does not list client_credentials, the grant that this endpoint uses", "RFC 8414, 2", null));
        if (facts.Resource?.Texts("scopes_supported") is { Count: > 0 } wanted && metadata.Texts("scopes_supported") is { Count: > 0 } offered
            && wanted.Except(offered).ToList() is { Count: > 0 } unknown)
            findings.Add(OfServer("auth-scope", "scopes_supported", name, $"does not list {string.Join(", ", unknown.Take(5).Select(Quoted))}, which the server's resource metadata asks for: a client that asks for it may be refused (invalid_scope)", "RFC 9728, 2", null));
        if (server.Keys is { } keys)
            findings.Add(OfServer("auth-jwks", "jwks_uri", name, $"names a jwks_uri that {keys}: a server that checks tokens by these keys refuses every one", "RFC 8414, 2", null));

        void Endpoint(string member, string purpose)
        {
            if (metadata.Text(member) is not { } text || Origin.Parse(text) is not { } url)
                findings.Add(OfServer("auth-endpoint", member, name, $"names no {member}: clients cannot {purpose}", "RFC 8414, 2", Requirement.Must));
            else if (!Origin.IsSafe(url))
                findings.Add(OfServer("auth-endpoint", member, name, $"names a {member} without https, where clients send no secret", "MCP, Authorization, Communication Security", Requirement.Must));
        }
    }

    private static void JudgeCredential(string what, DateTimeOffset expiresAt, DateTimeOffset now, List<Finding> findings)
    {
        if (expiresAt - now >= Forecast)
            return;
        var day = expiresAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
        findings.Add(new Finding(FindingLevel.Soft, "auth-credential", null, what, expiresAt <= now
            ? $"The {what} of this endpoint ended on {day}, as it says itself; renew it."
            : $"The {what} of this endpoint ends on {day}, as it says itself; renew it before the probes are refused."));
    }

    /// <summary>The metadata's resource is the address itself, or one above it (RFC 9728, 3.3; the official clients allow both).</summary>
    private static bool IsFor(Uri resource, Uri url) => resource.Fragment.Length == 0 && Origin.AreSame(resource, url)
        && (url.AbsolutePath.TrimEnd('/') + "/").StartsWith(resource.AbsolutePath.TrimEnd('/') + "/", StringComparison.Ordinal);

    private static Finding Of(string rule, string path, string says, string? section, Requirement? requirement) =>
        new(FindingLevel.Soft, rule, null, path, $"The server {says}.") { Section = section, Requirement = requirement };

    private static Finding OfServer(string rule, string path, string server, string says, string? section, Requirement? requirement) =>
        new(FindingLevel.Soft, rule, null, path, $"The authorization server {server} {says}.") { Section = section, Requirement = requirement };

    private static string Quoted(string text) => $"'{ForeignText.Brief(text)}'";
}
