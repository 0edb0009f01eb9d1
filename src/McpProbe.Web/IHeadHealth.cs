namespace McpProbe.Web;

/// <summary>What a head knows of its own health. One that adds none to its services is well as long as it answers.</summary>
public interface IHeadHealth
{
    /// <summary>
    /// Why no request but <c>GET /api/health</c> can be answered; null when they can. A head that is just starting may take a few
    /// seconds to know.
    /// </summary>
    ValueTask<Obstacle?> FindBlockAsync(CancellationToken cancellationToken);

    /// <summary>The obstacle that an exception tells of, such as a store that is away; null for a bug.</summary>
    Obstacle? Explain(Exception exception);

    /// <summary>Everything that makes the head blind, for <c>GET /api/health</c>; empty when it is well. Quick, and never throws for an obstacle.</summary>
    Task<IReadOnlyList<Obstacle>> CheckAsync(CancellationToken cancellationToken);
}
