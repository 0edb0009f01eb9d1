namespace McpProbe.Server;

/// <summary>Every line that this head logs. No text of a watched server, and no secret, is part of one; mistakes in the probes file quote it.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "{EndpointId}: the cycle of slot {Slot:O} failed; the next slot tries again ({More} more like it were not logged since the last line)")]
    public static partial void CycleFailed(ILogger logger, string endpointId, DateTimeOffset slot, int more, Exception failure);

    [LoggerMessage(2, LogLevel.Warning, "{EndpointId}: the probe of slot {Slot:O} was given up, because it did not end in time for the shutdown")]
    public static partial void Abandoned(ILogger logger, string endpointId, DateTimeOffset slot);

    [LoggerMessage(3, LogLevel.Error, "{EndpointId}: its changed definition could not be read; the old one goes on until it is changed again")]
    public static partial void ReloadFailed(ILogger logger, string endpointId, Exception failure);

    [LoggerMessage(4, LogLevel.Warning, "Probes start {Lag:F1} s after their slot: raise --concurrency (now {Concurrency}), lengthen intervals, or use a faster machine")]
    public static partial void LateStart(ILogger logger, double lag, int concurrency);

    [LoggerMessage(5, LogLevel.Warning, "The clock was set back: slots that come again are looked up, not probed twice")]
    public static partial void ClockSetBack(ILogger logger);

    [LoggerMessage(6, LogLevel.Information, "{TransitionId} {Type} delivered to channel {Channel}")]
    public static partial void Delivered(ILogger logger, string transitionId, string type, string channel);

    [LoggerMessage(7, LogLevel.Warning, "{TransitionId} was not delivered to channel {Channel} at attempt {Attempts}; next attempt {Next:O}: {Error}")]
    public static partial void WillRetry(ILogger logger, string transitionId, string channel, int attempts, DateTimeOffset? next, string? error);

    [LoggerMessage(8, LogLevel.Error, "{TransitionId} was given up for channel {Channel} after {Attempts} attempts: {Error}")]
    public static partial void GaveUp(ILogger logger, string transitionId, string channel, int attempts, string? error);

    [LoggerMessage(9, LogLevel.Error, "{TransitionId}: the delivery to channel {Channel} failed; it is tried again")]
    public static partial void DeliveryFailed(ILogger logger, string transitionId, string channel, Exception failure);

    [LoggerMessage(10, LogLevel.Error, "Reading what is to be delivered failed; it is tried again")]
    public static partial void DeliveryLoopFailed(ILogger logger, Exception failure);

    [LoggerMessage(11, LogLevel.Error, "Judging the incidents that are due by time, or handing over pending alerts, failed; it is tried again in a few seconds")]
    public static partial void SweepFailed(ILogger logger, Exception failure);

    [LoggerMessage(13, LogLevel.Error, "Removing some of the old history failed; it is tried again tomorrow")]
    public static partial void CleanUpFailed(ILogger logger, Exception failure);

    [LoggerMessage(14, LogLevel.Information, "Removed history that is no longer kept: {What}")]
    public static partial void HistoryRemoved(ILogger logger, string what);

    [LoggerMessage(36, LogLevel.Error, "A row of {Table} ({Of}) cannot be read and is left out: {Reason}. Restore it from a backup, or delete it")]
    public static partial void RowUnreadable(ILogger logger, string table, string of, string reason);

    [LoggerMessage(37, LogLevel.Warning, "{Warning}")]
    public static partial void DataOpenToOthers(ILogger logger, string warning);

    [LoggerMessage(12, LogLevel.Warning, "{Count} pending alerts of an earlier run were handed over")]
    public static partial void SweptPending(ILogger logger, int count);

    [LoggerMessage(21, LogLevel.Error, "The store refuses what is written, since {Since:u}: {Why}. Probing and alerting go on from memory; {Held} writes wait for the disk, and a restart would lose them ({Dropped} older results were left out)")]
    public static partial void StoreHolds(ILogger logger, DateTimeOffset since, string why, int held, long dropped);

    [LoggerMessage(83, LogLevel.Error, "The store records in vain, since {Since:u}: {Why}. Probing and alerting go on")]
    public static partial void StoreGone(ILogger logger, DateTimeOffset since, string why);

    [LoggerMessage(22, LogLevel.Error, "The store refuses what is written, since {Since:u}: {Why}. It cannot be kept in memory either: slots and alerts wait until it works again")]
    public static partial void StoreRefuses(ILogger logger, DateTimeOffset since, string why);

    [LoggerMessage(23, LogLevel.Warning, "The store takes what is written again: all that waited since {Since:u} is recorded")]
    public static partial void StoreWorks(ILogger logger, DateTimeOffset since);

    [LoggerMessage(24, LogLevel.Error, "Telling the channels about the store failed; it is tried again in a few seconds")]
    public static partial void StoreAlertFailed(ILogger logger, Exception failure);

    [LoggerMessage(25, LogLevel.Warning, "The heartbeat could not be sent: {Error}")]
    public static partial void HeartbeatFailed(ILogger logger, string error);

    [LoggerMessage(26, LogLevel.Error, "The heartbeat failed; it is tried again at its next time")]
    public static partial void HeartbeatBroke(ILogger logger, Exception failure);

    [LoggerMessage(27, LogLevel.Warning, "The heartbeat is withheld, since McpProbe is not well: {Reasons}")]
    public static partial void HeartbeatWithheld(ILogger logger, string reasons);

    [LoggerMessage(28, LogLevel.Warning, "Endpoint '{EndpointId}' cannot be probed: it needs {Secret}")]
    public static partial void SecretMissing(ILogger logger, string endpointId, string secret);

    [LoggerMessage(29, LogLevel.Warning, "And {More} more endpoints miss a secret: mcpprobe validate --environment lists those of the probes file")]
    public static partial void MoreSecretsMissing(ILogger logger, int more);

    [LoggerMessage(30, LogLevel.Information, "{File} was applied: {Endpoints}; {Channels}")]
    public static partial void ProbesApplied(ILogger logger, string file, string endpoints, string channels);

    [LoggerMessage(31, LogLevel.Warning, "{File}: {Warning}")]
    public static partial void ProbesWarning(ILogger logger, string file, string warning);

    [LoggerMessage(32, LogLevel.Error, "{File} was not applied, and the one before stays in force: mistakes: {Count}")]
    public static partial void ProbesInvalid(ILogger logger, string file, int count);

    [LoggerMessage(33, LogLevel.Error, "{Mistake}")]
    public static partial void ProbesMistake(ILogger logger, string mistake);

    [LoggerMessage(34, LogLevel.Error, "{File} could not be applied whole; it is tried again")]
    public static partial void ProbesNotApplied(ILogger logger, string file, Exception failure);

    [LoggerMessage(35, LogLevel.Warning, "SIGHUP: there is no probes file to read again; start with --probes FILE to have one")]
    public static partial void NothingToReload(ILogger logger);

    [LoggerMessage(70, LogLevel.Information, "Import {Name} from {Place}: {Changes}; {Kept} as they were, {LeftOut} left out")]
    public static partial void ImportDone(ILogger logger, string name, string place, string changes, int kept, int leftOut);

    [LoggerMessage(71, LogLevel.Warning, "Import {Name} failed, and nothing is changed; it is tried again at its next time: {Why}")]
    public static partial void ImportFailed(ILogger logger, string name, string why);

    [LoggerMessage(72, LogLevel.Error, "An import broke off; what is left is done at its next time")]
    public static partial void ImportBroke(ILogger logger, Exception failure);

    [LoggerMessage(73, LogLevel.Information, "{Count} endpoints of imports that are not in the probes file any more were archived")]
    public static partial void ImportRemoved(ILogger logger, int count);

    [LoggerMessage(20, LogLevel.Error, "Rolling up, or judging the latency of the last hour, failed; it is tried again in 5 minutes")]
    public static partial void RollUpFailed(ILogger logger, Exception failure);

    [LoggerMessage(75, LogLevel.Error, "Old memory could not be collected; it is tried again in a minute")]
    public static partial void CollectionFailed(ILogger logger, Exception failure);

    [LoggerMessage(80, LogLevel.Error, "Looking deeper at some endpoints failed; the next hour goes on")]
    public static partial void DeepLooksFailed(ILogger logger, Exception failure);

    [LoggerMessage(82, LogLevel.Warning, "What {File} changed could not be kept in the audit: {Error}")]
    public static partial void ProbesAuditNotStored(ILogger logger, string file, string error);

    [LoggerMessage(76, LogLevel.Information, "{Greeting}")]
    public static partial void Started(ILogger logger, string greeting);

    [LoggerMessage(77, LogLevel.Debug, "{EndpointId}: the slot {Slot:O} was worked: {Outcome}")]
    public static partial void Probed(ILogger logger, string endpointId, DateTimeOffset slot, string outcome);
}
