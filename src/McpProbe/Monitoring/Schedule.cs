using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using McpProbe.Endpoints;

namespace McpProbe.Monitoring;

/// <summary>
/// When an endpoint is due. Its phase within the interval depends on its id only, so that the load of many endpoints
/// spreads over the interval, every location shares the slot, and a restart changes nothing.
/// </summary>
public static class Schedule
{
    /// <summary>The latest slot at or before <paramref name="time"/>.</summary>
    public static DateTimeOffset SlotAt(Endpoint endpoint, DateTimeOffset time)
    {
        var interval = endpoint.Interval.Ticks;
        var sincePhase = time.UtcTicks - PhaseOf(endpoint).Ticks;
        return new DateTimeOffset(time.UtcTicks - (sincePhase % interval + interval) % interval, TimeSpan.Zero);
    }

    /// <summary>The first slot after <paramref name="time"/>.</summary>
    public static DateTimeOffset NextSlot(Endpoint endpoint, DateTimeOffset time) => SlotAt(endpoint, time) + endpoint.Interval;

    /// <summary>The slots in [from, until).</summary>
    public static IEnumerable<DateTimeOffset> SlotsIn(Endpoint endpoint, DateTimeOffset from, DateTimeOffset until)
    {
        for (var slot = NextSlot(endpoint, from - TimeSpan.FromTicks(1)); slot < until; slot += endpoint.Interval)
            yield return slot;
    }

    /// <summary>Whether a slot is too old to be probed: its successor is due, so it stays a gap in the coverage.</summary>
    public static bool IsGap(Endpoint endpoint, DateTimeOffset slot, DateTimeOffset now) => now - slot >= endpoint.Interval;

    // Whole milliseconds: a slot is part of ids that people read.
    private static TimeSpan PhaseOf(Endpoint endpoint) => TimeSpan.FromMilliseconds(
        BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(endpoint.Id)))
            % (ulong)endpoint.Interval.TotalMilliseconds);
}
