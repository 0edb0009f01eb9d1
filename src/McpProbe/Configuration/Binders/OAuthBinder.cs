using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Configuration.Binders;

/// <summary>Reads the key <c>oauth</c> of an endpoint.</summary>
internal sealed class OAuthBinder(ConfigReader reader)
{
    private static readonly string[] Keys = ["clientId", "clientSecret", "tokenUrl", "issuer", "scope"];

    public OAuthClient? Client(ConfigNode node, string path)
    {
        if (reader.Members(node, path, Keys) is not { } members) return null;
        var id = Required("clientId") is { } idNode ? Id(idNode, $"{path}.clientId") : null;
        var secret = Required("clientSecret") is { } secretNode ? Secret(secretNode, $"{path}.clientSecret") : null;
        var tokenUrl = members.TryGetValue("tokenUrl", out var token) ? Url(token.Value, $"{path}.tokenUrl") : null;
        var issuer = members.TryGetValue("issuer", out var member) ? Issuer(member.Value, $"{path}.issuer") : null;
        var scope = members.TryGetValue("scope", out member) ? Scope(member.Value, $"{path}.scope") : null;
        return id is null || secret is null ? null
            : new OAuthClient { ClientId = id, ClientSecret = secret, TokenUrl = tokenUrl, Issuer = issuer, Scope = scope };

        ConfigNode? Required(string key)
        {
            if (members.TryGetValue(key, out var found)) return found.Value;
            reader.Fail(node.At, path, $"has no '{key}'; OAuth client credentials are a 'clientId' and a 'clientSecret'");
            return null;
        }
    }

    // Visible characters and spaces (RFC 6749, A.1).
    private string? Id(ConfigNode node, string path)
    {
        if (reader.String(node, path, "the client's id, or a reference to it") is not { } id) return null;
        if (id.Any(char.IsControl)) reader.Fail(node.At, path, "holds a control character, which no client id may");
        else if (!SecretReference.AllValid(id)) reader.Fail(node.At, path, $"holds '${{' that begins no reference; write {SecretReference.Example}");
        else return id;
        return null;
    }

    // Never shows the value.
    private string? Secret(ConfigNode node, string path)
    {
        if (reader.String(node, path, $"a reference such as {SecretReference.Example}") is not { } secret) return null;
        if (SecretReference.Is(secret)) return secret;
        reader.FailLiteral(node, path);
        return null;
    }

    private Uri? Url(ConfigNode node, string path)
    {
        if (reader.String(node, path, "an https URL") is not { } text) return null;
        var mistake = text.Contains("${", StringComparison.Ordinal)
            ? "a URL holds no references; write it out"
            : UrlRules.MistakeIn(text, out _);
        var url = mistake is null ? new Uri(text) : null;
        if (url is { IsLoopback: false } && url.Scheme != Uri.UriSchemeHttps)
            mistake = "is http, which would send the client's secret unencrypted; use https (http is for loopback addresses only)";
        if (mistake is null) return url;
        reader.Fail(node.At, path, mistake);
        return null;
    }

    private Uri? Issuer(ConfigNode node, string path)
    {
        if (Url(node, path) is not { } url) return null;
        if (!url.OriginalString.Contains('?', StringComparison.Ordinal)) return url;
        reader.Fail(node.At, path, "an issuer has no query ('?…') (RFC 8414, 2); remove it");
        return null;
    }

    private string? Scope(ConfigNode node, string path)
    {
        if (reader.String(node, path, "scopes with spaces between them") is not { } scope) return null;
        // RFC 6749, 3.3.
        if (scope.Split(' ').All(token => token.Length > 0 && token.All(c => c is > ' ' and <= '~' and not ('"' or '\\')))) return scope;
        reader.Fail(node.At, path, "is not a list of scopes: visible ASCII characters except '\"' and '\\', with one space between scopes");
        return null;
    }
}
