using System.Text.Json;
using McpProbe.Monitoring.Results;

namespace McpProbe.Uptime;

/// <summary>
/// A rollup as the stores keep it: a tenth of its JSON's bytes. Times are kept to the hundredth of a millisecond, as probes measure
/// them; counts and buckets are exact. JSON is what a former version stored, and is read as well.
/// </summary>
/// <remarks>
/// Byte 0: the version, 1. Byte 1: which counts are not 0 (healthy, degraded, gated, down, unknown, maintenance, expected), then
/// these as varints. Then a byte that says which phases have values, in the order of <see cref="LatencyPhase"/>, and for each: its
/// least, most less least, and sum in hundredths, the number of buckets, and the buckets in ascending order. A bucket is
/// (count - 1) × 2, plus 1 where buckets before it are empty; how many then follows. Before the first, all from 0 up are empty.
/// </remarks>
public static class CompactRollup
{
    private const byte Version = 1;
    private const byte Json = (byte)'{';

    public static byte[] Write(Rollup rollup)
    {
        using var buffer = new MemoryStream(256);
        buffer.WriteByte(Version);
        WriteCounts(buffer, [rollup.Healthy, rollup.Degraded, rollup.Gated, rollup.Down, rollup.Unknown, rollup.Maintenance, rollup.Expected]);
        var phases = PhaseLatencies.Phases.Where(phase => rollup.Latency[phase].Count > 0).ToList();
        buffer.WriteByte((byte)phases.Sum(phase => 1 << (int)phase));
        foreach (var phase in phases)
            Write(buffer, rollup.Latency[phase]);
        return buffer.ToArray();
    }

    /// <exception cref="InvalidDataException">It is damaged, or of a newer McpProbe.</exception>
    /// <exception cref="JsonException">It is damaged JSON.</exception>
    public static Rollup Read(ReadOnlySpan<byte> stored)
    {
        if (stored is [Json, ..])
            return JsonSerializer.Deserialize(stored, RollupJson.Default.Rollup)!;
        if (stored is not [Version, _, _, ..])
            throw new InvalidDataException("A rollup begins with no version that is known.");
        try
        {
            var rest = stored[1..];
            var counts = ReadCounts(ref rest);
            int mask = rest[0];
            rest = rest[1..];
            var histograms = new LatencyHistogram[PhaseLatencies.Phases.Count];
            for (var phase = 0; phase < histograms.Length; phase++)
                histograms[phase] = (mask & (1 << phase)) == 0 ? LatencyHistogram.Empty : ReadHistogram(ref rest);
            return new Rollup
            {
                Healthy = counts[0],
                Degraded = counts[1],
                Gated = counts[2],
                Down = counts[3],
                Unknown = counts[4],
                Maintenance = counts[5],
                Expected = counts[6],
                Latency = mask == 0 ? PhaseLatencies.Empty : new PhaseLatencies(phase => histograms[(int)phase]),
            };
        }
        catch (Exception failure) when (failure is IndexOutOfRangeException or ArgumentOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException("A rollup ends too early, or holds a number that is too large.", failure);
        }
    }

    private static void WriteCounts(MemoryStream to, ReadOnlySpan<int> counts)
    {
        var mask = 0;
        for (var place = 0; place < counts.Length; place++)
            mask |= counts[place] == 0 ? 0 : 1 << place;
        to.WriteByte((byte)mask);
        foreach (var count in counts)
        {
            if (count != 0)
                Varint.Write(to, (ulong)count);
        }
    }

    private static int[] ReadCounts(ref ReadOnlySpan<byte> from)
    {
        int mask = from[0];
        from = from[1..];
        var counts = new int[7];
        for (var place = 0; place < counts.Length; place++)
            counts[place] = (mask & (1 << place)) == 0 ? 0 : checked((int)Varint.Read(ref from));
        return counts;
    }

    private static void Write(MemoryStream to, LatencyHistogram histogram)
    {
        var (least, most) = (Hundredths(histogram.MinMs), Hundredths(histogram.MaxMs));
        Varint.Write(to, least);
        Varint.Write(to, most - least);
        Varint.Write(to, Hundredths(histogram.SumMs));
        Varint.Write(to, (ulong)histogram.Buckets.Count);
        var next = 0;
        foreach (var (bucket, count) in histogram.Buckets)
        {
            var gap = (ulong)(bucket - next);
            Varint.Write(to, ((ulong)(count - 1) << 1) | (gap > 0 ? 1ul : 0));
            if (gap > 0)
                Varint.Write(to, gap);
            next = bucket + 1;
        }
    }

    private static LatencyHistogram ReadHistogram(ref ReadOnlySpan<byte> from)
    {
        var least = Varint.Read(ref from);
        var most = least + Varint.Read(ref from);
        var sum = Varint.Read(ref from);
        var buckets = new LatencyBucket[checked((int)Math.Min(Varint.Read(ref from), (ulong)from.Length))];
        var (next, all) = (0, 0L);
        for (var place = 0; place < buckets.Length; place++)
        {
            var head = Varint.Read(ref from);
            var bucket = checked(next + ((head & 1) == 0 ? 0 : (int)Varint.Read(ref from)));
            buckets[place] = new LatencyBucket(bucket, (long)(head >> 1) + 1);
            all += buckets[place].Count;
            next = bucket + 1;
        }

        return new LatencyHistogram { Count = all, SumMs = sum / 100.0, MinMs = least / 100.0, MaxMs = most / 100.0, Buckets = buckets };
    }

    private static ulong Hundredths(double ms) => (ulong)Math.Round(ms * 100);
}
