namespace McpProbe.Text;

/// <summary>
/// Asks for a garbage collection now and then while large answers are read. Many at once teach the collector that large arrays live
/// long, and it lets hundreds of megabytes of them lie, which a hostile fleet can bring about and a small machine does not have.
/// </summary>
internal static class LargeGarbage
{
    private const int CollectAfter = 24 << 20;

    private static long _bytes;

    /// <summary>Large arrays of so many bytes have been used, and are not any more.</summary>
    public static void Count(int bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) < CollectAfter)
            return;

        Interlocked.Exchange(ref _bytes, 0);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
    }
}
