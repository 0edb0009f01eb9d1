using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Storage;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "The stored definition of endpoint {EndpointId} cannot be read, so it is not probed: {Errors}. PUT its definition again; then it can be deleted, too.")]
    internal static partial void UnreadableEndpoint(ILogger logger, string endpointId, string errors);
}
