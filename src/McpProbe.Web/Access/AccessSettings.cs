using System.Net;

namespace McpProbe.Web.Access;

/// <summary>What the environment says of who may do what; read the same way by both heads.</summary>
public sealed record AccessSettings
{
    public const string TrustedProxiesVariable = "MCPPROBE_TRUSTED_PROXIES";
    public const string AuthorityVariable = "MCPPROBE_OIDC_AUTHORITY";
    public const string ClientIdVariable = "MCPPROBE_OIDC_CLIENT_ID";
    public const string ClientSecretVariable = "MCPPROBE_OIDC_CLIENT_SECRET";
    public const string AdministratorsVariable = "MCPPROBE_OIDC_ADMIN_CLAIM";
    public const string ReadersVariable = "MCPPROBE_OIDC_READ_CLAIM";
    public const string ScopesVariable = "MCPPROBE_OIDC_SCOPES";

    /// <summary>Every setting of the sign-in by OpenID Connect.</summary>
    public static readonly IReadOnlyList<string> PeopleVariables =
        [AuthorityVariable, ClientIdVariable, ClientSecretVariable, AdministratorsVariable, ReadersVariable, ScopesVariable];

    public string? ApiKey { get; init; }

    public string? ReadKey { get; init; }

    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>Null when people sign in with a key alone.</summary>
    public PeopleSignIn? People { get; init; }

    /// <param name="setting">A setting by its name; null when it is not set.</param>
    /// <param name="publicUrl">Where people open the pages; null when nobody said so.</param>
    /// <param name="publicUrlName">How this head calls that setting.</param>
    /// <param name="mistakes">Takes every mistake: the setting's name and a sentence that follows it.</param>
    public static AccessSettings Read(
        Func<string, string?> setting, Uri? publicUrl, string publicUrlName, ICollection<(string Setting, string What)> mistakes)
    {
        var (apiKey, readKey) = (setting(AccessKeys.ApiKeyVariable), setting(AccessKeys.ReadKeyVariable));
        foreach (var mistake in AccessKeys.MistakesIn(apiKey, readKey))
            mistakes.Add(mistake);
        if (readKey is not null && apiKey is null)
            mistakes.Add((AccessKeys.ReadKeyVariable, $"is set without {AccessKeys.ApiKeyVariable}: set that one too, or unset this one"));
        return new AccessSettings
        {
            ApiKey = apiKey,
            ReadKey = readKey,
            TrustedProxies = ReadProxies(setting(TrustedProxiesVariable), mistakes),
            People = ReadPeople(setting, apiKey, publicUrl, publicUrlName, mistakes),
        };
    }

    /// <summary>Addresses and networks, separated by commas, such as <c>127.0.0.1, 10.0.0.0/8</c>.</summary>
    public static IReadOnlyList<IPNetwork> ReadProxies(string? text, ICollection<(string Setting, string What)> mistakes)
    {
        var proxies = new List<IPNetwork>();
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (IPNetwork.TryParse(part, out var network))
            {
                if (network.PrefixLength > 0)
                    proxies.Add(network);
                else
                    mistakes.Add((TrustedProxiesVariable, $"has '{part}', which is everybody, and then everybody could make up the address they come from: name the proxies alone"));
            }
            else if (IPAddress.TryParse(part, out var address) && part.AsSpan().IndexOfAny('.', ':') >= 0)
                proxies.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else
                mistakes.Add((TrustedProxiesVariable, $"has '{part}', which is neither an address nor a network such as 10.0.0.0/8: list what the proxies connect from, separated by commas"));
        }

        return proxies;
    }

    /// <summary>The provider; null for none, and where anything is wrong with it.</summary>
    /// <inheritdoc cref="Read"/>
    public static PeopleSignIn? ReadPeople(
        Func<string, string?> setting, string? apiKey, Uri? publicUrl, string publicUrlName, ICollection<(string Setting, string What)> mistakes)
    {
        if (PeopleVariables.All(name => string.IsNullOrWhiteSpace(setting(name))))
            return null;
        var before = mistakes.Count;
        var authority = Required(AuthorityVariable, "the provider's issuer, such as https://login.example.com");
        var clientId = Required(ClientIdVariable, "what the provider calls McpProbe");
        var secret = Required(ClientSecretVariable, "the secret that the provider gave out for it");
        var administrators = Claim(Required(AdministratorsVariable, "the claim that makes an administrator, as name=value, such as groups=mcpprobe-admins"), AdministratorsVariable);
        var readers = Claim(setting(ReadersVariable), ReadersVariable);
        if (!Uri.TryCreate(authority, UriKind.Absolute, out var issuer) || !(issuer.Scheme == "https" || (issuer.Scheme == "http" && issuer.IsLoopback))
            || issuer is not { UserInfo: "", Query: "", Fragment: "" })
        {
            if (authority is not null)
                mistakes.Add((AuthorityVariable, "is no https address: write the provider's issuer, such as https://login.example.com"));
        }

        if (apiKey is null)
            mistakes.Add((AuthorityVariable, $"is set without {AccessKeys.ApiKeyVariable}: machines need the key, and without one nobody from elsewhere is let in"));
        if (publicUrl is null || (publicUrl.Scheme != "https" && !publicUrl.IsLoopback))
            mistakes.Add((AuthorityVariable, $"needs {publicUrlName} to be an https address (or one of this machine): the provider sends people back there"));
        return mistakes.Count > before ? null : new PeopleSignIn
        {
            Authority = issuer!,
            ClientId = clientId!,
            ClientSecret = secret!,
            Administrators = administrators!,
            Readers = readers,
            Scopes = setting(ScopesVariable)?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } scopes ? scopes : PeopleSignIn.DefaultScopes,
        };

        string? Required(string name, string what)
        {
            if (setting(name) is { } value && !string.IsNullOrWhiteSpace(value))
                return value;
            mistakes.Add((name, $"is missing: {what}"));
            return null;
        }

        ClaimRule? Claim(string? text, string name)
        {
            if (string.IsNullOrWhiteSpace(text))
                return null;
            if (text.Split('=', 2, StringSplitOptions.TrimEntries) is [{ Length: > 0 } claim, { Length: > 0 } value])
                return new ClaimRule(claim, value);
            mistakes.Add((name, "is no name=value, such as groups=mcpprobe-admins"));
            return null;
        }
    }
}
