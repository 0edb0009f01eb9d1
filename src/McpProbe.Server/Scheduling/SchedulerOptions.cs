namespace McpProbe.Server.Scheduling;

/// <param name="LeastConcurrency">Probes that may always be in flight.</param>
/// <param name="MostConcurrency">Probes in flight at most, when servers are slow: <see cref="ProbeLimit"/>.</param>
/// <param name="Grace">How long probes in flight may take to end when the process is asked to.</param>
internal sealed record SchedulerOptions(int LeastConcurrency, int MostConcurrency, TimeSpan Grace)
{
    /// <value>64 to 1024; 15 s.</value>
    public static readonly SchedulerOptions Default = new(64, 1024, TimeSpan.FromSeconds(15));

    /// <summary>With so many endpoints, slots that are open at the start give way to those that fall due while it goes on.</summary>
    public int ManyAtStart { get; init; } = 2_000;

    /// <summary>The same with a fixed number of probes in flight at most.</summary>
    public SchedulerOptions WithConcurrency(int fixedLimit) => this with { LeastConcurrency = fixedLimit, MostConcurrency = fixedLimit };
}
