namespace McpProbe.Web;

/// <summary>Something that keeps a head from doing its work.</summary>
/// <param name="Reason">In a few words, the same for every such case: <c>storage unreachable</c>.</param>
/// <param name="Detail">In sentences for everybody: what it means, and what to do. No secret, no name that is not public.</param>
public sealed record Obstacle(string Reason, string Detail)
{
    public override string ToString() => $"{Reason}: {Detail}";
}
