using System.Text.Json;
using McpProbe.Model;

namespace McpProbe.Monitoring.Results;

/// <summary>
/// A result as the stores keep it: facts that many results share, and a reading of some 20 bytes of its own. Nothing is lost:
/// <see cref="Join"/> gives the result that <see cref="Of"/> took apart, equal in its JSON to the last digit, but for <see cref="CacheHints"/>.
/// </summary>
/// <param name="Reading">
/// Byte 0: verdict (bits 0 to 2), cold (3), maintenance (4), more than one attempt (5), has a detail (6). Then the ticks from the
/// slot to the start (signed varint); the attempts (varint), if bit 5; a mask of the phases that have a time, with bit 6 for 'as
/// doubles'; their times and the total, in hundredths of a millisecond (varint) or as doubles; and the detail's JSON, if bit 6.
/// </param>
public sealed record CompactResult(ResultFacts Facts, byte[] Reading)
{
    private const int Cold = 1 << 3;
    private const int Maintenance = 1 << 4;
    private const int SeveralAttempts = 1 << 5;
    private const int HasDetail = 1 << 6;
    private const int AsDoubles = 1 << 6;
    private const int Phases = 6;

    /// <param name="slot">The slot that the result is stored under.</param>
    public static CompactResult Of(ProbeResult result, DateTimeOffset slot)
    {
        var failed = result.Conditions.Any(condition => !condition.Passed);
        return new CompactResult(
            new ResultFacts
            {
                Target = result.Target,
                Transport = result.Transport,
                Era = result.Era,
                ProtocolVersion = result.ProtocolVersion,
                SupportedVersions = result.SupportedVersions,
                Server = result.Server,
                Catalog = result.Catalog is { } catalog ? Kept(catalog) : null,
                Findings = result.Findings,
                Specification = result.Specification,
                Conditions = failed ? [] : result.Conditions,
                Certificate = result.Certificate,
            },
            Write(result, slot, failed || result.Failure is not null
                ? new ReadingDetail(result.Failure, failed ? result.Conditions : null)
                : null));
    }

    /// <summary>The result again. Its snapshot and its log are not stored.</summary>
    /// <exception cref="InvalidDataException">The reading is damaged, or of a newer McpProbe.</exception>
    public static ProbeResult Join(ResultFacts facts, ReadOnlySpan<byte> reading, DateTimeOffset slot)
    {
        try
        {
            return Read(facts, reading, slot);
        }
        catch (Exception failure) when (failure is ArgumentException or JsonException or IndexOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException($"The stored result of {slot:O} cannot be read: {failure.Message}", failure);
        }
    }

    private static CatalogSummary Kept(CatalogSummary catalog) => catalog is { Cache: null, ServerCache: null }
        ? catalog
        : catalog with { Cache = catalog.Cache?.Coarse(), ServerCache = catalog.ServerCache?.Coarse() };

    private static byte[] Write(ProbeResult result, DateTimeOffset slot, ReadingDetail? detail)
    {
        using var buffer = new MemoryStream(32);
        buffer.WriteByte((byte)((int)result.Verdict
            | (result.Cold ? Cold : 0)
            | (result.Maintenance ? Maintenance : 0)
            | (result.Attempts == 1 ? 0 : SeveralAttempts)
            | (detail is null ? 0 : HasDetail)));
        var late = result.StartedAt.UtcTicks - slot.UtcTicks;
        Varint.Write(buffer, (ulong)((late << 1) ^ (late >> 63)));
        if (result.Attempts != 1)
            Varint.Write(buffer, (ulong)result.Attempts);
        WriteTimings(buffer, result.Timings);
        if (detail is not null)
            JsonSerializer.Serialize(buffer, detail, CompactJson.Default.ReadingDetail);
        return buffer.ToArray();
    }

    private static void WriteTimings(MemoryStream buffer, Timings timings)
    {
        double?[] times = [timings.DnsMs, timings.ConnectMs, timings.TlsMs, timings.HandshakeMs, timings.CatalogMs, timings.SmokeMs, timings.TotalMs];
        var asDoubles = times.Any(time => time is { } ms && !IsHundredths(ms));
        var mask = asDoubles ? AsDoubles : 0;
        for (var phase = 0; phase < Phases; phase++)
            mask |= times[phase] is null ? 0 : 1 << phase;
        buffer.WriteByte((byte)mask);
        foreach (var time in times)
        {
            if (time is not { } ms)
                continue;
            if (asDoubles)
                buffer.Write(BitConverter.GetBytes(ms));
            else
                Varint.Write(buffer, Hundredths(ms));
        }
    }

    private static ProbeResult Read(ResultFacts facts, ReadOnlySpan<byte> reading, DateTimeOffset slot)
    {
        int flags = reading[0];
        var rest = reading[1..];
        var zigzag = Varint.Read(ref rest);
        var late = (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
        var attempts = (flags & SeveralAttempts) == 0 ? 1 : checked((int)Varint.Read(ref rest));
        var timings = ReadTimings(ref rest);
        var verdict = (Verdict)(flags & 7);
        if (!Enum.IsDefined(verdict))
            throw new ArgumentOutOfRangeException(nameof(reading), $"{flags & 7} is no verdict.");
        var detail = (flags & HasDetail) == 0 ? null : JsonSerializer.Deserialize(rest, CompactJson.Default.ReadingDetail);
        return new ProbeResult
        {
            Target = facts.Target,
            Verdict = verdict,
            Failure = detail?.Failure,
            Attempts = attempts,
            Transport = facts.Transport,
            Era = facts.Era,
            ProtocolVersion = facts.ProtocolVersion,
            SupportedVersions = facts.SupportedVersions,
            Server = facts.Server,
            Catalog = facts.Catalog,
            Findings = facts.Findings,
            Specification = facts.Specification,
            Conditions = detail?.Conditions ?? facts.Conditions,
            Timings = timings,
            Certificate = facts.Certificate,
            StartedAt = new DateTimeOffset(checked(slot.UtcTicks + late), TimeSpan.Zero),
            Cold = (flags & Cold) != 0,
            Maintenance = (flags & Maintenance) != 0,
        };
    }

    private static Timings ReadTimings(ref ReadOnlySpan<byte> rest)
    {
        int mask = rest[0];
        rest = rest[1..];
        var times = new double?[Phases + 1];
        for (var phase = 0; phase <= Phases; phase++)
        {
            if (phase < Phases && (mask & (1 << phase)) == 0)
                continue;
            if ((mask & AsDoubles) == 0)
            {
                times[phase] = Varint.Read(ref rest) / 100.0;
            }
            else
            {
                times[phase] = BitConverter.ToDouble(rest);
                rest = rest[sizeof(double)..];
            }
        }
        return new Timings(times[0], times[1], times[2], times[3], times[4], times[5], times[6]!.Value);
    }

    // As ProbeRun.Round makes them: to the hundredth.
    private static bool IsHundredths(double ms) => ms is >= 0 and < 1e12 && Hundredths(ms) / 100.0 == ms && !(ms == 0 && double.IsNegative(ms));

    private static ulong Hundredths(double ms) => (ulong)Math.Round(ms * 100);
}
