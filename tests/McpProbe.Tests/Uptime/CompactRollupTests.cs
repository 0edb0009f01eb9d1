using System.Text;
using System.Text.Json;
using CsCheck;
using McpProbe.Uptime;

namespace McpProbe.Tests.Uptime;

public class CompactRollupTests
{
    private static readonly Gen<LatencyHistogram> Histograms =
        Gen.Frequency((3, Gen.Long[0, 20_000_000].Array[0, 80]), (1, Gen.Const(Array.Empty<long>())))
            .Select(hundredths => LatencyHistogram.Of(hundredths.Select(each => each / 100.0)));

    private static readonly Gen<Rollup> Rollups =
        Gen.Select(Gen.Frequency((2, Gen.Const(0)), (1, Gen.Int[0, 100_000_000])).Array[7], Histograms.Array[7]).Select((counts, histograms) => new Rollup
        {
            Healthy = counts[0],
            Degraded = counts[1],
            Gated = counts[2],
            Down = counts[3],
            Unknown = counts[4],
            Maintenance = counts[5],
            Expected = counts[6],
            Latency = new PhaseLatencies(phase => histograms[(int)phase]),
        });

    [Fact]
    public void WrittenAndRead_IsTheSame() => Rollups.Sample(rollup =>
    {
        var read = CompactRollup.Read(CompactRollup.Write(rollup));

        Assert.Equal(Counts(rollup), Counts(read));
        foreach (var phase in PhaseLatencies.Phases)
        {
            var (before, after) = (rollup.Latency[phase], read.Latency[phase]);
            Assert.Equal(before.Buckets, after.Buckets);
            Assert.Equal((before.Count, before.MinMs, before.MaxMs), (after.Count, after.MinMs, after.MaxMs));
            // A sum of hundredths, but for what adding doubles loses.
            Assert.Equal(before.SumMs, after.SumMs, tolerance: 0.005);
            Assert.Equal(before.Quantile(0.95), after.Quantile(0.95));
        }
    });

    [Fact]
    public void Read_OfTheFormerJson_KnowsTheHandshakeAlone() => Rollups.Sample(rollup =>
    {
        var former = JsonSerializer.SerializeToUtf8Bytes(rollup, RollupJson.Default.Rollup);

        var read = CompactRollup.Read(former);

        Assert.Equal(Counts(rollup), Counts(read));
        Assert.Equal(rollup.HandshakeMs.Buckets, read.HandshakeMs.Buckets);
        Assert.Equal(0, read.Latency[LatencyPhase.Total].Count);
    });

    // Whatever a bad disk makes of a row, it is left out and stops nothing.
    [Fact]
    public void Read_OfADamagedRow_IsAnInvalidRowAndNothingElse() => Gen.Select(Rollups, Gen.Int[0, 10_000], Gen.Byte, Gen.Bool).Sample((rollup, at, value, cut) =>
    {
        var stored = CompactRollup.Write(rollup);
        var damaged = cut ? stored[..(at % stored.Length)] : [.. stored];
        if (!cut)
            damaged[at % damaged.Length] = value;
        try
        {
            CompactRollup.Read(damaged);
        }
        catch (Exception failure) when (failure is InvalidDataException or JsonException)
        {
            // What the stores skip.
        }
    });

    [Fact]
    public void Read_OfANewerVersion_SaysSo()
    {
        Assert.Throws<InvalidDataException>(() => CompactRollup.Read([9, 0, 0]));
        Assert.Throws<InvalidDataException>(() => CompactRollup.Read([]));
        Assert.Throws<JsonException>(() => CompactRollup.Read(Encoding.UTF8.GetBytes("{ spoiled")));
    }

    [Fact]
    public void Merge_OfHours_IsEachPhasesOwn() => Gen.Select(Rollups, Rollups).Sample((one, other) =>
    {
        var merged = one.Merge(other);

        foreach (var phase in PhaseLatencies.Phases)
        {
            Assert.Equal(one.Latency[phase].Merge(other.Latency[phase]).Buckets, merged.Latency[phase].Buckets);
            Assert.Equal(one.Latency[phase].Count + other.Latency[phase].Count, merged.Latency[phase].Count);
        }
    });

    private static (int, int, int, int, int, int, int) Counts(Rollup rollup) =>
        (rollup.Healthy, rollup.Degraded, rollup.Gated, rollup.Down, rollup.Unknown, rollup.Maintenance, rollup.Expected);
}
