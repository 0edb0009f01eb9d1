using McpProbe.Endpoints;
using McpProbe.Model;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Web.Access;

/// <summary>Who asks, and what they may: a key or a person with a role, anybody on a keyless loopback head, or the public.</summary>
/// <param name="SeesEverything">Private endpoints too.</param>
/// <param name="MayChange">Whether forms are shown to them, and obeyed.</param>
/// <param name="SignedIn">By a cookie, so that signing out means something.</param>
public sealed record Viewer(bool SeesEverything, bool MayChange, bool SignedIn, Actor Who)
{
    internal static readonly Viewer Public = new(SeesEverything: false, MayChange: false, SignedIn: false, new Actor(ActorKind.Unknown));

    internal static readonly Viewer Local = new(SeesEverything: true, MayChange: true, SignedIn: false, new Actor(ActorKind.Local));

    internal static Viewer Of(Role role, bool signedIn, Actor who) => new(SeesEverything: true, role is Role.Administrator, signedIn, who);

    internal bool Sees(McpProbe.Endpoints.Endpoint endpoint) => SeesEverything || endpoint.Visibility == Visibility.Public;

    /// <summary>The viewer that the access rule found; the public one where it did not run.</summary>
    internal static Viewer Of(HttpContext context) => context.Features.Get<Viewer>() ?? Public;
}

/// <summary>Marks a route that answers without the key, showing public endpoints only.</summary>
internal sealed class OpenRoute
{
    internal static readonly OpenRoute Instance = new();
}

/// <summary>Marks a route that only an administrator reads. One that changes something needs no mark: it is the administrator's by its method.</summary>
internal sealed class AdministratorRoute
{
    internal static readonly AdministratorRoute Instance = new();
}

/// <summary>Marks a route that reads although its method is that of a change: readers may use it.</summary>
internal sealed class ReadsByPost
{
    internal static readonly ReadsByPost Instance = new();
}

/// <summary>Marks a route whose method is that of a change, and that changes nothing: it is the administrator's too, and its success leaves no audit line.</summary>
internal sealed class ChangesNothing
{
    internal static readonly ChangesNothing Instance = new();
}

/// <summary>What a request changed that names many endpoints, for its audit line: set by whoever carried it out.</summary>
/// <param name="Changed">Such as <c>added a, b; archived c</c>.</param>
internal sealed record AuditDetail(string Changed);
