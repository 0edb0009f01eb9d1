using McpProbe.Endpoints;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Web.Access;

/// <summary>Who asks, as far as it matters: with the key (or on a keyless loopback head) everything shows, else what is public.</summary>
/// <param name="SignedIn">By the cookie, so that signing out means something.</param>
public sealed record Viewer(bool SeesEverything, bool SignedIn)
{
    internal static readonly Viewer Public = new(SeesEverything: false, SignedIn: false);

    internal bool Sees(McpProbe.Endpoints.Endpoint endpoint) => SeesEverything || endpoint.Visibility == Visibility.Public;

    /// <summary>The viewer that the access rule found; the public one where it did not run.</summary>
    internal static Viewer Of(HttpContext context) => context.Features.Get<Viewer>() ?? Public;
}

/// <summary>Marks a route that answers without the key, showing public endpoints only.</summary>
internal sealed class OpenRoute
{
    internal static readonly OpenRoute Instance = new();
}
