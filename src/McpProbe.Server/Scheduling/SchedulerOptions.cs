namespace McpProbe.Server.Scheduling;

/// <param name="Concurrency">Probes in flight at most.</param>
/// <param name="Grace">How long probes in flight may take to end when the process is asked to.</param>
internal sealed record SchedulerOptions(int Concurrency, TimeSpan Grace)
{
    public const int DefaultConcurrency = 64;

    /// <value>64; 15 s.</value>
    public static readonly SchedulerOptions Default = new(DefaultConcurrency, TimeSpan.FromSeconds(15));
}
