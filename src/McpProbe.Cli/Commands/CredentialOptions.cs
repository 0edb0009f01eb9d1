using System.CommandLine;
using System.Text.Json;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary>What the probe shows of itself, and whom it trusts.</summary>
internal sealed class CredentialOptions : OptionGroup
{
    private readonly Option<string[]> _headers;
    private readonly Option<string> _bearer;
    private readonly Option<string> _clientId;
    private readonly Option<string> _clientSecret;
    private readonly Option<string> _tokenUrl;
    private readonly Option<string> _issuer;
    private readonly Option<string> _scope;
    private readonly Option<string> _ca;
    private readonly Option<string> _certificate;
    private readonly Option<string> _key;
    private readonly Option<bool> _insecure;

    public CredentialOptions()
        : base("Credentials and trust")
    {
        _headers = Many("--header", "headers", "NAME=VALUE", "Send this header; the value may hold ${env:VAR}; repeatable");
        _bearer = Text("--bearer-env", "bearer", "VAR", "Send the bearer token that this environment variable holds");
        _clientId = Text("--oauth-client-id-env", "oauth.clientId", "VAR", "Get a token by OAuth client credentials: the variable with the id");
        _clientSecret = Text("--oauth-client-secret-env", "oauth.clientSecret", "VAR", "The variable with the client's secret");
        _tokenUrl = Text("--oauth-token-url", "oauth.tokenUrl", "URL", "The token endpoint; found out from the server's 401 when absent");
        _issuer = Text("--oauth-issuer", "oauth.issuer", "URL", "The authorization server, when it is on another origin than the server");
        _scope = Text("--oauth-scope", "oauth.scope", "SCOPES", "What to ask for, separated by spaces");
        _ca = Text("--ca-file", "tls.ca", "FILE", "Trust these authorities (PEM) instead of the system's");
        _certificate = Text("--client-cert", "tls.certificate", "FILE", "Show this certificate (PEM): mutual TLS");
        _key = Text("--client-key", "tls.key", "FILE", "Its private key (PEM), unless it is in the same file");
        _insecure = Flag("--insecure", "insecure", "Accept any TLS certificate");
    }

    /// <summary>Headers by name. Their values stay out of the document: here, unlike there, they may be literal secrets.</summary>
    public Dictionary<string, string> HeadersOf(ParseResult parsed, List<string> mistakes) =>
        Pairs(parsed, _headers, "X-Team=search", StringComparer.OrdinalIgnoreCase, mistakes);

    public override void Write(Utf8JsonWriter json, ParseResult parsed, List<string> mistakes)
    {
        RefuseUnset(parsed, _bearer, mistakes);
        if (Values(parsed, _bearer) is [var variable])
            json.WriteString("bearer", Reference(variable));
        json.WriteStartObject("headers");
        foreach (var name in HeadersOf(parsed, []).Keys)
            json.WriteString(name, "${env:VALUE}");
        json.WriteEndObject();
        WriteFlag(json, parsed, "insecure", _insecure);
        WriteOAuth(json, parsed, mistakes);
        WriteTls(json, parsed, mistakes);
    }

    private void WriteOAuth(Utf8JsonWriter json, ParseResult parsed, List<string> mistakes)
    {
        Option[] all = [_clientId, _clientSecret, _tokenUrl, _issuer, _scope];
        if (!all.Any(option => IsSet(parsed, option)))
            return;

        json.WriteStartObject("oauth");
        foreach (var (key, option) in new[] { ("clientId", _clientId), ("clientSecret", _clientSecret) })
        {
            RefuseUnset(parsed, option, mistakes);
            if (!IsSet(parsed, option))
                mistakes.Add($"{option.Name}: it is missing; OAuth client credentials are an id and a secret.");
            json.WriteString(key, Values(parsed, option) is [var variable] ? Reference(variable) : Reference("MISSING"));
        }

        WriteText(json, parsed, "tokenUrl", _tokenUrl);
        WriteText(json, parsed, "issuer", _issuer);
        WriteText(json, parsed, "scope", _scope);
        json.WriteEndObject();
    }

    private void WriteTls(Utf8JsonWriter json, ParseResult parsed, List<string> mistakes)
    {
        Dictionary<string, Option> all = new() { ["ca"] = _ca, ["certificate"] = _certificate, ["key"] = _key };
        if (!all.Values.Any(option => IsSet(parsed, option)))
            return;

        json.WriteStartObject("tls");
        foreach (var (key, option) in all)
            WriteText(json, parsed, key, option);
        json.WriteEndObject();

        // Nothing is sent when a file cannot be used.
        var files = new TlsSettings { Ca = File(_ca), Certificate = File(_certificate), Key = File(_key) };
        if (files is { Certificate: null, Key: not null })
            files = files with { Key = null };
        mistakes.AddRange(TlsMaterial.Read(files, _ => null).Mistakes.Select(mistake => $"{all[mistake.Key].Name}: {mistake.Message}."));

        // What is no path is the document's to judge.
        string? File(Option option) =>
            Values(parsed, option) is [var path] && !string.IsNullOrWhiteSpace(path) && !path.Contains("${", StringComparison.Ordinal) ? path : null;
    }

    private static string Reference(string variable) => $"${{env:{variable}}}";

    private static void RefuseUnset(ParseResult parsed, Option option, List<string> mistakes)
    {
        if (Values(parsed, option) is [var variable] && string.IsNullOrEmpty(SecretReference.FromEnvironment(variable)))
            mistakes.Add($"{option.Name}: it needs {SecretReference.WhyMissing(variable)}.");
    }
}
