using Microsoft.Extensions.Logging;

namespace McpProbe.Functions;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Sent {Probes} probes (late: {Late})")]
    public static partial void Scheduled(ILogger logger, int probes, bool late);

    [LoggerMessage(2, LogLevel.Error, "Endpoint {Endpoint} is not probed: its definition is larger than a queue message. Shorten its headers or lists")]
    public static partial void DefinitionTooLarge(ILogger logger, string endpoint);

    [LoggerMessage(3, LogLevel.Error, "Endpoint {Endpoint} is not probed: {Reason}")]
    public static partial void NotProbed(ILogger logger, string endpoint, string reason);

    [LoggerMessage(4, LogLevel.Error, "The slot {Slot} of endpoint {Endpoint} was not recorded; its message is tried again ({More} more like it were not logged since the last line)")]
    public static partial void CycleFailed(ILogger logger, string endpoint, DateTimeOffset slot, int more, Exception exception);

    [LoggerMessage(5, LogLevel.Error, "{Slots} slots at {Location} were given up after several tries; nothing is known of their servers. Earlier errors say why")]
    public static partial void SlotsLost(ILogger logger, int slots, string location);

    [LoggerMessage(6, LogLevel.Error, "Message {Message} of the poison queue is not one of probes and was dropped")]
    public static partial void MessageUnreadable(ILogger logger, string message, Exception exception);

    [LoggerMessage(7, LogLevel.Error, "Alert {Transition} to channel '{Channel}' was given up after {Attempts} attempts: {Error}")]
    public static partial void GaveUp(ILogger logger, string transition, string channel, int attempts, string? error);

    [LoggerMessage(8, LogLevel.Information, "Handed over {Transitions} alerts that were left pending (late: {Late})")]
    public static partial void Swept(ILogger logger, int transitions, bool late);

    [LoggerMessage(9, LogLevel.Information, "Purged {Instances} finished orchestrations")]
    public static partial void Purged(ILogger logger, int instances);

    [LoggerMessage(10, LogLevel.Error, "The probes of {Location} could not all be sent; the next tick sends them")]
    public static partial void SendFailed(ILogger logger, string location, Exception exception);

    [LoggerMessage(11, LogLevel.Warning, "The schedule lags: no probes were sent for {Minutes} minutes, since {Since:u}, at {Locations}")]
    public static partial void ScheduleLags(ILogger logger, int minutes, DateTimeOffset since, string locations);

    [LoggerMessage(12, LogLevel.Warning, "The overview was not told of the results of a message; the next probes tell it")]
    public static partial void LatestNotWritten(ILogger logger, Exception exception);

    [LoggerMessage(13, LogLevel.Information, "Cleaned up: {Removed}. {State}")]
    public static partial void CleanedUp(ILogger logger, string removed, string state);

    [LoggerMessage(25, LogLevel.Warning, "The heartbeat could not be sent: {Error}")]
    public static partial void HeartbeatFailed(ILogger logger, string error);

    [LoggerMessage(27, LogLevel.Warning, "The heartbeat is withheld, since McpProbe is not well: {Reasons}")]
    public static partial void HeartbeatWithheld(ILogger logger, string reasons);

    [LoggerMessage(28, LogLevel.Warning, "Endpoint '{EndpointId}' cannot be probed: it needs {Secret}")]
    public static partial void SecretMissing(ILogger logger, string endpointId, string secret);

    [LoggerMessage(20, LogLevel.Error, "The latency or the tools of some endpoints were not judged for the last hour; the next hour they are")]
    public static partial void LatencyFailed(ILogger logger, Exception exception);

    [LoggerMessage(70, LogLevel.Information, "Import {Name} from {Place}: {Changes}; {Kept} as they were, {LeftOut} left out")]
    public static partial void ImportDone(ILogger logger, string name, string place, string changes, int kept, int leftOut);

    [LoggerMessage(71, LogLevel.Warning, "Import {Name} failed, and nothing is changed; it is tried again at its next time: {Why}")]
    public static partial void ImportFailed(ILogger logger, string name, string why);

    [LoggerMessage(73, LogLevel.Information, "{Count} endpoints of imports that are not in the app settings any more were archived")]
    public static partial void ImportRemoved(ILogger logger, int count);
}
