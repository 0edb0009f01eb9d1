namespace McpProbe.Endpoints;

/// <summary>OAuth 2 client credentials (RFC 6749, 4.4). The id and the secret may hold <c>${env:NAME}</c>.</summary>
public sealed record OAuthClient
{
    public required string ClientId { get; init; }

    public required string ClientSecret { get; init; }

    /// <summary>The token endpoint; null discovers it from the server's 401 (RFC 9728, RFC 8414).</summary>
    public Uri? TokenUrl { get; init; }

    /// <summary>
    /// The authorization server that may be discovered on another origin than the endpoint's own: without this, a server could
    /// name one of its own and be sent the secret.
    /// </summary>
    public Uri? Issuer { get; init; }

    /// <summary>Space-separated; null asks for what the server's challenge names, or for nothing.</summary>
    public string? Scope { get; init; }
}
