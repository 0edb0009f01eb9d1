namespace McpProbe.Catalog;

/// <summary>Gathers the pages of <c>tools/list</c>, from bytes, into one <see cref="ToolCatalog"/>.</summary>
public sealed class CatalogBuilder
{
    /// <summary>Adds one page: the <c>result</c> object of a <c>tools/list</c> answer. Copies what it keeps.</summary>
    public PageOutcome AddPage(ReadOnlyMemory<byte> result) => throw new NotImplementedException();

    /// <summary>The catalogue of all pages added so far.</summary>
    public ToolCatalog Build(ServerDescription server) => throw new NotImplementedException();

    /// <summary>Soft findings met on the way, such as duplicate JSON keys.</summary>
    public IReadOnlyList<Drift.Finding> Findings => throw new NotImplementedException();

    /// <summary>Tools gathered so far.</summary>
    public int Count => throw new NotImplementedException();
}

/// <summary>What came of adding a page.</summary>
/// <param name="NextCursor">The cursor's raw JSON string, quotes included; null when this was the last page. An empty string is a valid cursor.</param>
/// <param name="Error">Why the page is not a tool list; null when it is one.</param>
public sealed record PageOutcome(ReadOnlyMemory<byte>? NextCursor, string? Error);
