namespace McpProbe.Server.Storage;

/// <summary>The data directory cannot be used. The message says why and what to do: it is shown as it is.</summary>
internal sealed class StorageException(string message, Exception? cause = null) : Exception(message, cause);
