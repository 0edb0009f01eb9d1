namespace McpProbe.Server.Scheduling;

/// <summary>
/// What is kept of an endpoint's last probe lives a minute: long enough to be taken for old, and then the collector sees no need on a machine
/// with free memory. So the old is collected in the background every minute, unless it was anyway.
/// </summary>
internal sealed class OldGarbage(SlotWatch slots, TimeProvider time, ILogger<OldGarbage> logger) : PeriodicService(TimeSpan.FromMinutes(1), time)
{
    /// <summary>With fewer it is not worth it.</summary>
    private const int Many = 2_000;

    /// <summary>With less in memory it is not worth it either.</summary>
    private const long Much = 64L << 20;

    private int _collected;

    /// <summary>
    /// Reading many endpoints leaves more behind than is kept of them, scattered among it. What lies between is given back once, before the
    /// first probe: nobody notices that the process stands still for it.
    /// </summary>
    public static void CollectAfterStart()
    {
        if (GC.GetTotalMemory(forceFullCollection: false) > Much)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    protected override Task RunOnceAsync(CancellationToken stoppingToken)
    {
        var collected = GC.CollectionCount(GC.MaxGeneration);
        if (collected == _collected && slots.Count >= Many)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
        _collected = GC.CollectionCount(GC.MaxGeneration);
        return Task.CompletedTask;
    }

    protected override void LogFailure(Exception failure) => Log.CollectionFailed(logger, failure);
}
