using System.Net;
using McpProbe.Model;
using Microsoft.Extensions.Logging;

namespace McpProbe.Web;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "A wrong key was refused, {Count} since the last line like this one; the last came from {Address}")]
    internal static partial void WrongKeys(ILogger logger, int count, IPAddress? address);

    [LoggerMessage(2, LogLevel.Information, "Audit: {Who} from {Address}: {Method} {Route} {Targets}: {Outcome} ({Status}){Detail}")]
    internal static partial void Audit(
        ILogger logger, Actor who, string? address, string method, string route, string targets, string outcome, int status, string detail);

    [LoggerMessage(3, LogLevel.Warning, "{Count} requests that everybody can send left no audit line of their own, because too many came; the last was {Method} {Route} from {Address}")]
    internal static partial void AuditSkipped(ILogger logger, int count, string method, string route, string? address);

    [LoggerMessage(4, LogLevel.Error, "An audit line could not be stored, and is in this log alone: {Reason}")]
    internal static partial void AuditNotStored(ILogger logger, string reason);

    [LoggerMessage(6, LogLevel.Warning, "The endpoints could not be read for their metrics; the next scrape tries again")]
    internal static partial void MetricsNotRead(ILogger logger, Exception failure);

    [LoggerMessage(5, LogLevel.Warning, "A sign-in with the provider did not succeed: {Reason}")]
    internal static partial void PersonRefused(ILogger logger, string reason);
}
