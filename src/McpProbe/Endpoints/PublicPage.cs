namespace McpProbe.Endpoints;

/// <summary>A status page for people outside: <c>/status/{name}</c>. What is chosen for it is public there, and nowhere else for that.</summary>
public sealed record PublicPage
{
    /// <summary><c>[a-z0-9][a-z0-9.-]{0,62}</c>.</summary>
    public required string Name { get; init; }

    public string? Title { get; init; }

    /// <summary>An image: a data URI, an https address, or a path on the server that the page comes from.</summary>
    public string? Logo { get; init; }

    /// <summary><c>#rrggbb</c>: of the stripe on top. Text keeps colours that can be read.</summary>
    public string? Color { get; init; }

    /// <summary>All endpoints of these groups are shown.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Ids of endpoints that are shown.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>Whether the hosts of endpoints are shown.</summary>
    public bool ShowHosts { get; init; }

    /// <summary>Origins of the sites that may show <c>?embed</c> in a frame; empty for none, <c>*</c> for all.</summary>
    public IReadOnlyList<string> EmbedIn { get; init; } = [];

    public string DisplayTitle => Title ?? Name;

    public bool Shows(Endpoint endpoint) =>
        Endpoints.Contains(endpoint.Id) || (endpoint.Group is { } group && Groups.Contains(group));
}
