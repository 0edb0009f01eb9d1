namespace McpProbe.Web;

/// <summary>Something that keeps a head from doing its work.</summary>
/// <param name="Reason">In a few words, the same for every such case: <c>storage unreachable</c>.</param>
/// <param name="Detail">In sentences for everybody: what it means, and what to do. No secret, no name that is not public.</param>
public sealed record Obstacle(string Reason, string Detail)
{
    /// <summary>Since when; null where nobody knows.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>What is concerned, by name: for those who may see everything.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];

    /// <summary>The reason as programs tell it: <c>storage-unreachable</c>.</summary>
    public string Code => Reason.Replace(' ', '-');

    public override string ToString() => $"{Reason}: {Detail}";
}
