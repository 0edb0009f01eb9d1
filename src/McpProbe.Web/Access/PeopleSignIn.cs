using System.Security.Claims;

namespace McpProbe.Web.Access;

/// <summary>People sign in with an OpenID Connect provider; a claim says what they may do.</summary>
public sealed record PeopleSignIn
{
    public static readonly IReadOnlyList<string> DefaultScopes = ["openid", "profile"];

    /// <summary>The provider's issuer: its metadata is below it.</summary>
    public required Uri Authority { get; init; }

    public required string ClientId { get; init; }

    public required string ClientSecret { get; init; }

    public required ClaimRule Administrators { get; init; }

    /// <summary>Who may read the private view; null for administrators alone.</summary>
    public ClaimRule? Readers { get; init; }

    public IReadOnlyList<string> Scopes { get; init; } = DefaultScopes;

    /// <summary>What a person may do; null for nothing beyond what everybody may.</summary>
    internal Role? RoleOf(ClaimsPrincipal person) =>
        Administrators.Holds(person) ? Role.Administrator
        : Readers?.Holds(person) is true ? Role.Reader
        : null;
}

/// <summary>A claim with this very value, alone or among others of its name.</summary>
public sealed record ClaimRule(string Name, string Value)
{
    internal bool Holds(ClaimsPrincipal person) => person.HasClaim(Name, Value);
}

/// <summary>What whoever is known may do.</summary>
internal enum Role
{
    /// <summary>Sees everything, and changes nothing.</summary>
    Reader,

    Administrator,
}
