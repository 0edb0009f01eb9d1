namespace McpProbe.Monitoring;

/// <summary>What a probes file changed in what is watched, as ids.</summary>
/// <param name="Restored">They had left the file before.</param>
/// <param name="Archived">They left the file: watched no longer, their history kept.</param>
public sealed record ProbesChange(
    IReadOnlyList<string> Added, IReadOnlyList<string> Changed, IReadOnlyList<string> Restored, IReadOnlyList<string> Archived)
{
    private const int MostIds = 10;

    public bool IsEmpty => Added.Count + Changed.Count + Restored.Count + Archived.Count == 0;

    /// <summary><c>added a, b; archived c</c>; of many the count and the first few.</summary>
    public override string ToString() => IsEmpty ? "no endpoint changed" : string.Join("; ", new[]
    {
        Words("added", Added), Words("changed", Changed), Words("restored", Restored), Words("archived", Archived),
    }.OfType<string>());

    private static string? Words(string what, IReadOnlyList<string> ids) => ids.Count switch
    {
        0 => null,
        <= MostIds => $"{what} {string.Join(", ", ids)}",
        _ => $"{what} {ids.Count}: {string.Join(", ", ids.Take(MostIds))} and {ids.Count - MostIds} more",
    };
}
