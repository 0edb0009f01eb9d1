using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Storage;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "The stored definition of endpoint {EndpointId} cannot be read, so it is not probed: {Errors}. PUT its definition again; then it can be deleted, too.")]
    internal static partial void UnreadableEndpoint(ILogger logger, string endpointId, string errors);

    [LoggerMessage(2, LogLevel.Warning, "The store is not open, so nothing is probed: {Reason}. {Detail}")]
    internal static partial void NotOpen(ILogger logger, string reason, string detail);

    [LoggerMessage(3, LogLevel.Warning, "The store is open now: probing begins.")]
    internal static partial void Opened(ILogger logger);

    [LoggerMessage(5, LogLevel.Warning, "The platform has not resolved the Key Vault reference of {Name}: check that the secret exists and that the app's identity may read it")]
    internal static partial void SecretUnresolved(ILogger logger, string name);

    [LoggerMessage(6, LogLevel.Error, "A row of {Table} ({Of}) cannot be read and is left out: {Reason}. Restore it from a backup, or delete it")]
    internal static partial void RowUnreadable(ILogger logger, string table, string of, string reason);

    [LoggerMessage(7, LogLevel.Error, "Cleaning up '{Stage}' failed, and it is tried again with the next round; the other parts go on")]
    internal static partial void CleanUpFailed(ILogger logger, string stage, Exception exception);

    [LoggerMessage(4, LogLevel.Error, "The store could not be opened; it is tried again")]
    internal static partial void OpeningFailed(ILogger logger, Exception exception);

    [LoggerMessage(8, LogLevel.Warning, "The store is moved from {Before} shards to {Shards}")]
    internal static partial void Moving(ILogger logger, int before, int shards);

    [LoggerMessage(9, LogLevel.Warning, "The store has {Shards} shards now. The setting 'ReshardFrom' may go")]
    internal static partial void Moved(ILogger logger, int shards);
}
