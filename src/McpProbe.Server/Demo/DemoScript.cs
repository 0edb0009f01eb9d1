namespace McpProbe.Server.Demo;

/// <summary>
/// The demo's timetable: what its servers do at which time, over and over, so that a newcomer sees an incident open, a drift
/// and both resolve within two minutes. Probes every 5 seconds, default thresholds.
/// </summary>
/// <param name="speed">How many times faster than written it runs.</param>
internal sealed class DemoScript(TimeProvider time, double speed)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(150);
    private readonly long _start = time.GetTimestamp();

    /// <summary>Not shorter than a second, the shortest that an endpoint may have.</summary>
    public TimeSpan Interval => TimeSpan.FromSeconds(Math.Max(1, 5 / speed));

    /// <summary>From 0:20 to 1:00.</summary>
    public bool IsDown => Within(20, 60);

    /// <summary>From 0:25 to 1:15.</summary>
    public bool HasDrifted => Within(25, 75);

    private bool Within(double from, double to)
    {
        var seconds = time.GetElapsedTime(_start).TotalSeconds * speed % Period.TotalSeconds;
        return seconds >= from && seconds < to;
    }
}
