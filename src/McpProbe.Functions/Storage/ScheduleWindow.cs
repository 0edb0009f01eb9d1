namespace McpProbe.Functions.Storage;

/// <summary>A stretch of time whose slots one scheduler may send: (after, through].</summary>
/// <param name="IsAgain">Somebody claimed its beginning before and did not finish: some of its messages may have been sent.</param>
public sealed record ScheduleWindow(DateTimeOffset After, DateTimeOffset Through, bool IsAgain = false);

/// <summary>A window that its owner is sending, and has to finish or to give back.</summary>
/// <param name="Version">Of the row: whoever claims the lane after this one changes it.</param>
public sealed record ScheduleClaim(int Shard, string Location, ScheduleWindow Window, string Version);
