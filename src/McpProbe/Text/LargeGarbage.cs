using System.Globalization;

namespace McpProbe.Text;

/// <summary>
/// Counts the large arrays that were used and, where the head's runtime configuration says so, collects them now and then: many at
/// once teach the collector that large arrays live long, and it lets hundreds of megabytes of them lie, which a hostile fleet can
/// bring about and a small machine does not have. <c>McpProbe.CollectAfterBytes</c> in the project file of a head says after how many
/// bytes; without it, nothing is collected by force.
/// </summary>
internal static class LargeGarbage
{
    private const string Setting = "McpProbe.CollectAfterBytes";

    private static readonly long CollectAfter = AppContext.GetData(Setting) is string text
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && bytes > 0 ? bytes : long.MaxValue;

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
