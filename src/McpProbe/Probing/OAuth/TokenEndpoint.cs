namespace McpProbe.Probing.OAuth;

/// <summary>Where a token is asked for, and how.</summary>
/// <param name="Resource">The MCP server that the token is for (RFC 8707).</param>
/// <param name="Scope">Null to ask for none.</param>
/// <param name="Authentication">How the client says who it is; null when nothing is known of the server.</param>
internal sealed record TokenEndpoint(Uri Url, string Resource, string? Scope, ClientAuthentication? Authentication);

/// <summary>Ways to send a client secret (RFC 6749, 2.3.1).</summary>
internal enum ClientAuthentication
{
    /// <summary><c>client_secret_basic</c>: in the Authorization header. Every server must know it.</summary>
    Basic,

    /// <summary><c>client_secret_post</c>: in the body.</summary>
    Post,
}
