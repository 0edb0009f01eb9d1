using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using McpProbe.Model;

namespace McpProbe.Web.Access;

/// <summary>What the cookie of a person who signed in with the provider holds: who, and the role. No token of the provider is kept.</summary>
internal static class PersonSession
{
    internal const string Scheme = "mcpprobe-person";

    /// <summary>A working day. A claim that the provider takes away counts from the next sign-in.</summary>
    internal static readonly TimeSpan Length = TimeSpan.FromHours(8);

    private const string Subject = "sub";
    private const string Name = "name";
    private const string Role = "role";
    private const string Rules = "rules";

    internal static ClaimsPrincipal Create(Role role, Actor who, PeopleSignIn people) => new(new ClaimsIdentity(
        [new(Subject, who.Subject ?? ""), new(Name, who.Name ?? ""), new(Role, role.ToString()), new(Rules, RulesOf(people))], Scheme));

    /// <summary>Null for nobody, and for a session from before the provider or the claims were set anew.</summary>
    internal static Viewer? Read(ClaimsPrincipal? user, PeopleSignIn people) =>
        user?.Identity is { IsAuthenticated: true, AuthenticationType: Scheme }
        && user.FindFirstValue(Rules) == RulesOf(people)
        && Enum.TryParse<Role>(user.FindFirstValue(Role), out var role)
            ? Viewer.Of(role, signedIn: true, new Actor(ActorKind.Person, user.FindFirstValue(Name), user.FindFirstValue(Subject)))
            : null;

    /// <summary>The person whom the provider names.</summary>
    internal static Actor WhoIs(ClaimsPrincipal person) => new(
        ActorKind.Person,
        person.FindFirstValue("name") ?? person.FindFirstValue("preferred_username") ?? person.FindFirstValue("email"),
        person.FindFirstValue(Subject));

    private static string RulesOf(PeopleSignIn people) => Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes($"{people.Authority}\n{people.ClientId}\n{people.Administrators}\n{people.Readers}")))[..16];

    private static string? FindFirstValue(this ClaimsPrincipal person, string type) => person.FindFirst(type)?.Value;
}
