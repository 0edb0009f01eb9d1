namespace McpProbe.Functions.Storage;

/// <summary>What a round of <see cref="TableStore.CleanUpAsync"/> removed.</summary>
/// <param name="Months">Tables of results.</param>
/// <param name="Catalogs">Contents that nothing refers to.</param>
/// <param name="Overflows">Payloads whose row is gone.</param>
public sealed record CleanUpCounts(int Months, int Catalogs, int Overflows);
