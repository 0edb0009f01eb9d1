namespace McpProbe.Server.Storage;

/// <summary>The store refuses what is written.</summary>
/// <param name="Why">What is wrong and what to do, without a full stop.</param>
/// <param name="Held">Writes that are kept in memory, and written when that is possible again.</param>
/// <param name="Dropped">Results that were left out, because so much is not kept in memory.</param>
internal sealed record StoreFailure(string Why, DateTimeOffset Since, int Held, long Dropped)
{
    /// <summary>Nothing can be kept in memory either: who wants to write hears of it.</summary>
    public bool Refuses { get; init; }

    /// <summary>It writes, and in vain: the database was taken away, and nobody will find what is written into what is left of it.</summary>
    public bool IsGone { get; init; }
}

/// <summary>What a write is when the disk takes none.</summary>
internal enum WriteKind
{
    /// <summary>Kept in memory.</summary>
    Needed,

    /// <summary>A result that changed nothing, a single row: kept as long as there is room, the newest first.</summary>
    Result,

    /// <summary>Refused: it can wait, or somebody is told that it is done and must be able to rely on it.</summary>
    Durable,
}
