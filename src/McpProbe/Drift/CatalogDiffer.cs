namespace McpProbe.Drift;

/// <summary>Compares two catalogues in their canonical form.</summary>
public static class CatalogDiffer
{
    /// <summary>The changes that lead from one to the other, worst first, then by tool and path.</summary>
    public static IReadOnlyList<Change> Compare(ReadOnlyMemory<byte> before, ReadOnlyMemory<byte> after) => throw new NotImplementedException();
}
