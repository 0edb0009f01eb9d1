namespace McpProbe.Functions.Storage;

/// <summary>A stretch of time whose slots one scheduler may send: (after, through].</summary>
public sealed record ScheduleWindow(DateTimeOffset After, DateTimeOffset Through);
