using System.Text.Json.Serialization;
using McpProbe.Text;

namespace McpProbe.Endpoints;

/// <summary>Where an import found an endpoint, and what it thinks of it: <c>imported</c> in the probes file. Who writes an endpoint by hand leaves it out.</summary>
/// <param name="From">The import's name: what brought it, and may change it again.</param>
/// <param name="Name">The server's name there.</param>
public sealed record Imported(string From, string Name)
{
    /// <summary>The version that is listed; null when none is.</summary>
    public string? Version { get; init; }

    /// <summary>What the registry says of the server; null for sources that say nothing.</summary>
    public ListingStatus? Status { get; init; }

    /// <summary>
    /// Why the import paused it, as part of a sentence; null when it did not. An endpoint that is not paused although a reason stands here was
    /// switched on by somebody, and is not paused for that reason again.
    /// </summary>
    public string? Paused { get; init; }

    /// <summary>It was watched when the import paused it, so it is watched again once the reason is gone.</summary>
    public bool Watched { get; init; }

    /// <summary>
    /// Its address may be a private one, since it stood in a file of this machine or the operator said so. Otherwise a stranger wrote
    /// it, and probes connect to public addresses only.
    /// </summary>
    public bool AllowPrivate { get; init; }
}

/// <summary>A registry's own word on a server.</summary>
[JsonConverter(typeof(WireNameConverter<ListingStatus>))]
public enum ListingStatus
{
    Active,
    Deprecated,
    Deleted,
}
