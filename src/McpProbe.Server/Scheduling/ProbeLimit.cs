namespace McpProbe.Server.Scheduling;

/// <summary>
/// How many probes may be in flight. It grows while probes wait for their turn although this process has nothing to do: the servers
/// are slow. It shrinks, down to <paramref name="least"/>, while the process itself cannot keep up: more probes at once would
/// only make each of them late. It does not grow either while the probes in flight hold much memory.
/// </summary>
/// <param name="waitingWork">Work items that wait for a thread: <see cref="ThreadPool.PendingWorkItemCount"/>.</param>
/// <param name="heapBytes">Managed memory in use: <see cref="GC.GetTotalMemory"/>.</param>
internal sealed class ProbeLimit(int least, int most, Func<long> waitingWork, Func<long> heapBytes, TimeProvider time)
{
    /// <summary>Probes in flight of ordinary servers take some 100 KB each; this is reached by answers of megabytes only.</summary>
    public const long MuchMemory = 512L << 20;

    // Long enough to see what the last change did, short enough to follow an outage within seconds.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);
    private DateTimeOffset _changedAt;

    private readonly int _least = least;

    public int Current { get; private set; } = least;

    /// <summary>To be called while probes wait because <see cref="Current"/> is reached.</summary>
    public void Adapt()
    {
        var now = time.GetUtcNow();
        if ((now - _changedAt).Duration() < Step)
            return;
        _changedAt = now;
        var waiting = waitingWork();
        if (waiting > Current / 2 || heapBytes() > MuchMemory)
            Current = Math.Max(_least, Current - Current / 4);
        else if (waiting < Current / 8)
            Current = Math.Min(most, Current + Math.Max(8, Current / 4));
    }
}
