namespace McpProbe.Imports;

/// <summary>What servers are imported from: a registry, a file, the configuration of a client.</summary>
public interface IImportSource
{
    /// <summary>Where it is, for messages: an address or a path, without secrets.</summary>
    string Place { get; }

    /// <summary>Others wrote what it lists, and nobody here has asked those servers: they are treated politely, and with care.</summary>
    bool ListsStrangers { get; }

    /// <summary>Whether it can be asked for what changed alone, what was deleted included.</summary>
    bool TellsChanges => false;

    /// <summary>All that it lists, bounded.</summary>
    /// <exception cref="ImportFailedException">It could not be read to its end.</exception>
    IAsyncEnumerable<Listing> ReadAsync(ImportQuery query, CancellationToken cancellationToken);
}

/// <param name="Search">Only servers whose name or title has this; null for all.</param>
/// <param name="UpdatedSince">Only what changed since; null for all. A source that cannot tell gives all.</param>
public sealed record ImportQuery(string? Search = null, DateTimeOffset? UpdatedSince = null)
{
    /// <summary>Whether what is not listed is not there any more.</summary>
    public bool IsWhole => Search is null && UpdatedSince is null;

    /// <summary>Looked at here too: some registries ignore what they are asked.</summary>
    public bool Finds(Listing listing) => Search is not { } text
        || listing.Name.Contains(text, StringComparison.OrdinalIgnoreCase)
        || listing.Title?.Contains(text, StringComparison.OrdinalIgnoreCase) is true;
}
