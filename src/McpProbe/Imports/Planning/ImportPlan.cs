using McpProbe.Endpoints;

namespace McpProbe.Imports.Planning;

/// <summary>What an import changes, and what it found.</summary>
/// <param name="Added">New endpoints, by id.</param>
/// <param name="Changed">Endpoints of an earlier import as they are to be, each with the one before.</param>
/// <param name="Kept">How many of them stay as they are.</param>
/// <param name="LeftOut">Listings that no endpoint is made of, each with the reason: foreign text, cleaned.</param>
/// <param name="Servers">How many servers are listed, by what the registry says of them; those of which it says nothing count as active.</param>
/// <param name="IsWhole">False when not everything that is listed was looked at.</param>
public sealed record ImportPlan(
    IReadOnlyList<Endpoint> Added,
    IReadOnlyList<(Endpoint Before, Endpoint After)> Changed,
    int Kept,
    IReadOnlyList<(string Name, string Reason)> LeftOut,
    IReadOnlyDictionary<ListingStatus, int> Servers,
    bool IsWhole)
{
    public bool IsEmpty => Added.Count + Changed.Count == 0;

    /// <summary>Those that were watched, or to be, and are listed no more, deleted or denied.</summary>
    public IEnumerable<Endpoint> Gone => Changed.Where(pair => PauseReason.IsArchiving(pair.After.Imported?.Paused) && !PauseReason.IsArchiving(pair.Before.Imported?.Paused)).Select(pair => pair.After);

    /// <summary>Those of an archived reason before that are listed again.</summary>
    public IEnumerable<Endpoint> Back => Changed.Where(pair => !PauseReason.IsArchiving(pair.After.Imported?.Paused) && PauseReason.IsArchiving(pair.Before.Imported?.Paused)).Select(pair => pair.After);

    /// <summary>How many of the endpoints are paused now for each reason, of those that were added or changed.</summary>
    public IReadOnlyList<(string Reason, int Count)> Paused => [.. Added.Concat(Changed.Select(pair => pair.After))
        .Where(endpoint => endpoint is { Paused: true, Imported.Paused: not null })
        .CountBy(endpoint => KindOf(endpoint.Imported!.Paused!)).OrderByDescending(each => each.Value).Select(each => (each.Key, each.Value))];

    private const int MostIds = 10;

    /// <summary><c>added a, b; gone c</c>; of many the count and the first few.</summary>
    public override string ToString() => IsEmpty ? "nothing changed" : string.Join("; ", new[]
    {
        Words("added", Added), Words("gone", Gone), Words("back", Back),
        Words("changed", Changed.Select(pair => pair.After).Except(Gone).Except(Back)),
    }.OfType<string>());

    private static string? Words(string verb, IEnumerable<Endpoint> endpoints) => endpoints.Select(endpoint => endpoint.Id).ToList() switch
    {
        { Count: 0 } => null,
        { Count: <= MostIds } all => $"{verb} {string.Join(", ", all)}",
        var all => $"{verb} {all.Count}: {string.Join(", ", all.Take(MostIds))} and more",
    };

    /// <summary>A reason without what is particular to one server: the names of headers and variables.</summary>
    private static string KindOf(string reason) => Array.Find(
        ["needs the header", "needs the variable", "has the variable", "needs a Smithery key", "asks for credentials", "its listed address holds"],
        start => reason.StartsWith(start, StringComparison.Ordinal)) switch
    {
        "needs the header" => "needs a header",
        "needs the variable" => "needs a variable",
        "has the variable" => "has variables in its address",
        "its listed address holds" => "its listed address holds credentials",
        { } kind => kind,
        null => reason,
    };
}
