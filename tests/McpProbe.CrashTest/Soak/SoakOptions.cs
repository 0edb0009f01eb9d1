namespace McpProbe.CrashTest.Soak;

/// <param name="Time">How long the faults go on; the start and the end, when all is settled, come on top.</param>
internal sealed record SoakOptions(TimeSpan Time, int Seed, int Endpoints, int AzureEndpoints)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The last part of the run, in which no process is killed: something that grows slowly shows in a long life.</summary>
    public TimeSpan LongLife => Time / 3;
}
