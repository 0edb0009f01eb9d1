using Microsoft.Extensions.Logging;

namespace McpProbe.Functions;

/// <summary>
/// What the worker logs, to the host and to telemetry, which costs by the record: McpProbe's own information, and the warnings of
/// everything else. ASP.NET Core alone writes eight records a request.
/// </summary>
public static class HeadLogging
{
    public static ILoggingBuilder KeepToOurs(this ILoggingBuilder logging) => logging
        .SetMinimumLevel(LogLevel.Warning)
        .AddFilter(null, LogLevel.Warning)
        .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
        .AddFilter("McpProbe", LogLevel.Information);
}
