namespace McpProbe.Server.Storage;

/// <summary>The data directory cannot be used. The message says why and what to do: it is shown as it is.</summary>
internal class StorageException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>The store takes no writes now; it tries again all the time.</summary>
internal sealed class StoreRefusesException(string why, Exception? cause = null)
    : StorageException($"The data directory cannot be written: {why}. It is tried again all the time.", cause);
