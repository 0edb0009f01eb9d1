using McpProbe.Endpoints;

namespace McpProbe.Imports;

/// <summary>
/// One address of a server, or one command, as a source lists it. A server that has none is a listing too, so that it is counted. All of it was
/// written by others.
/// </summary>
/// <param name="Name">Of the server, unique within the source.</param>
public sealed record Listing(string Name)
{
    public string? Title { get; init; }

    public string? Version { get; init; }

    /// <summary>Null for sources that say nothing of it.</summary>
    public ListingStatus? Status { get; init; }

    /// <summary>As it is written there: with variables in braces, or with credentials that must not be taken over.</summary>
    public string? Url { get; init; }

    /// <summary>The variables of <see cref="Url"/> that have a default which is no secret.</summary>
    public IReadOnlyDictionary<string, string> Defaults { get; init; } = Nothing;

    public IReadOnlyList<string>? Command { get; init; }

    public TransportChoice Transport { get; init; }

    /// <summary>Headers that the server wants; credentials are references by now.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = Nothing;

    public IReadOnlyDictionary<string, string> Environment { get; init; } = Nothing;

    public TimeSpan? Interval { get; init; }

    public TimeSpan? Timeout { get; init; }

    public string? Group { get; init; }

    /// <summary>Why it cannot be probed as it is, as part of a sentence, such as <c>needs the header X-Api-Key</c>; null when it can.</summary>
    public string? Needs { get; init; }

    /// <summary>Why no endpoint can be made of it at all; null when one can.</summary>
    public string? LeftOut { get; init; }

    /// <summary>It is the server's first address, and takes the server's id; others have one of their own.</summary>
    public bool IsFirst { get; init; } = true;

    private static readonly Dictionary<string, string> Nothing = [];
}
