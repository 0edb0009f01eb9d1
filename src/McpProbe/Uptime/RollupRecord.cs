namespace McpProbe.Uptime;

/// <summary>A rollup under the name it is stored by: endpoint, period, start and location.</summary>
/// <param name="Start">The full hour, or midnight, in UTC.</param>
public sealed record RollupRecord(RollupPeriod Period, DateTimeOffset Start, string Location, Rollup Rollup);

public enum RollupPeriod
{
    Hour,
    Day,
}
