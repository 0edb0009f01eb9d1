using System.Globalization;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Gate;

/// <summary>
/// Waits until a fresh deployment works: probes again, with a growing pause that jitter spreads, so that many pipelines do not
/// ask in step.
/// </summary>
/// <param name="say">Hears, before each pause, what is waited for.</param>
/// <param name="jitter">From 0 to 1.</param>
public sealed class StartupWait(TimeProvider time, Func<string, Task> say, Func<double> jitter)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The first probe that works or whose failure waiting cannot heal (our own configuration, or the caller's wish to stop), or
    /// else the last one. No probe begins after <paramref name="most"/>, and at least one is made.
    /// </summary>
    public async Task<T> UntilHealthyAsync<T>(
        Func<CancellationToken, Task<T>> probe, Func<T, Failure?> failureOf, TimeSpan most, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var pause = FirstPause; ; pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, LongestPause.Ticks)))
        {
            var result = await probe(cancellationToken);
            var left = most - time.GetElapsedTime(started);
            if (failureOf(result) is not { } failure || failure.Kind is FailureKind.Budget or FailureKind.ToolsUsable or FailureKind.Config or FailureKind.Cancelled || left <= TimeSpan.Zero)
                return result;

            var spread = pause * (0.5 + jitter() / 2);
            var asked = failure.RetryAfter - time.GetUtcNow() ?? TimeSpan.Zero;
            var next = asked > spread ? asked : spread;
            if (next > left)
                next = left;
            await say(string.Create(CultureInfo.InvariantCulture,
                $"waiting for it to work: {WireNames.Of(failure.Kind)}: {ForeignText.OneLine(failure.Message)} Next try in {next.TotalSeconds:0.0} s, {left.TotalSeconds:0} s left of {Durations.Format(most)}."));
            try
            {
                await Task.Delay(next, time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return result;
            }
        }
    }
}
