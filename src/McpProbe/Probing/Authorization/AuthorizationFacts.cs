using McpProbe.Probing.OAuth;

namespace McpProbe.Probing.Authorization;

/// <summary>What a client without a token learns of how to get one, step by step; what a step before did not lead to is null.</summary>
/// <param name="Url">The endpoint's, with no secret in it.</param>
/// <param name="Status">What a request without credentials got.</param>
internal sealed record AuthorizationFacts(Uri Url, int Status, BearerChallenge Challenge)
{
    /// <summary>Whether a challenge of the scheme <c>Bearer</c> came with it.</summary>
    public bool HasBearerChallenge { get; init; }

    /// <summary>Where the metadata is that the challenge names, and is on another origin: it was not read.</summary>
    public string? ForeignMetadata { get; init; }

    /// <summary>The protected resource metadata (RFC 9728).</summary>
    public OAuthDocument? Resource { get; init; }

    /// <summary>Each authorization server that it names, as far as they were read.</summary>
    public IReadOnlyList<AuthorizationServerFacts> Servers { get; init; } = [];

    /// <summary>Whether the endpoint itself uses client credentials.</summary>
    public bool UsesClientCredentials { get; init; }

    /// <summary>Credentials of the endpoint whose end can be read from themselves: what they are, and when that is.</summary>
    public IReadOnlyList<(string What, DateTimeOffset ExpiresAt)> Credentials { get; init; } = [];

    /// <summary>How long the token lives that the endpoint got itself; null where it got none.</summary>
    public TimeSpan? TokenLife { get; init; }

    public DateTimeOffset Now { get; init; }
}

/// <param name="Issuer">As the resource metadata names it.</param>
/// <param name="Unread">Why its metadata was not asked for, as the predicate of a sentence about it; null when it was.</param>
/// <param name="Metadata">Null when there is none at any of the places where clients look.</param>
/// <param name="Keys">What its <c>jwks_uri</c> answers, as the predicate of a sentence, where that is no set of keys; null for one, and where it names none.</param>
internal sealed record AuthorizationServerFacts(string Issuer, string? Unread, OAuthDocument? Metadata, string? Keys);
