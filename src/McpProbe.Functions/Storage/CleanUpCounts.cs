namespace McpProbe.Functions.Storage;

/// <summary>What a round of <see cref="TableStore.CleanUpAsync"/> removed, by what it was.</summary>
/// <param name="IsDone">Whether everything was looked at; else the next round goes on where this one stopped.</param>
/// <param name="Failures">Parts that could not be done.</param>
public sealed record CleanUpCounts(IReadOnlyDictionary<string, int> Removed, bool IsDone, IReadOnlyList<Exception> Failures)
{
    public int Of(string what) => Removed.GetValueOrDefault(what);

    public override string ToString() => string.Join(", ", Removed.Where(each => each.Value > 0).Select(each => $"{each.Value} {each.Key}"));
}

/// <summary>Where a clean-up is, so that one that is stopped goes on.</summary>
/// <param name="Stage">The part that is next; <see cref="Finished"/> after the last.</param>
/// <param name="Cursor">Where it goes on within the part; null for its beginning.</param>
internal sealed record CleanUpMark(DateTimeOffset Begun, int Stage, string? Cursor)
{
    internal const int Finished = -1;
}
