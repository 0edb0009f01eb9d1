using System.Security.Cryptography;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Results;
using Microsoft.Data.Sqlite;

namespace McpProbe.Server.Storage;

// A result is a row of readings, which refers to the facts that it shares with those before it (CompactResult).
internal sealed partial class SqliteStore
{
    /// <summary>Readings <c>r</c>; what follows selects among them and orders them.</summary>
    private const string Readings = """
        SELECT r.slot, r.location, r.facts, f.content, r.reading
        FROM endpoints e JOIN readings r ON r.endpoint = e.number JOIN facts f ON f.number = r.facts
        WHERE e.id = $id
        """;

    /// <summary>Some facts that no result kept refers to: those that were last seen before <paramref name="before"/>.</summary>
    public Task<int> RemoveFactsAsync(DateTimeOffset before, CancellationToken cancellationToken) =>
        HasAny("SELECT EXISTS (SELECT 1 FROM facts WHERE last_day < $day)", ("$day", DayOf(before)))
            ? _writes.RunAsync(
                session =>
                {
                    // What is known of them in memory is of today, unless the clock was set.
                    _live.NoteAnything();
                    return session.Execute(
                        "DELETE FROM facts WHERE number IN (SELECT number FROM facts WHERE last_day < $day LIMIT $most)",
                        ("$day", DayOf(before)), ("$most", MostInAStep));
                },
                cancellationToken)
            : Task.FromResult(0);

    /// <summary>A result as it is stored.</summary>
    /// <param name="Known">Its facts, when they are those of the result before it, whose number is known.</param>
    internal sealed record PackedResult(ResultFacts Content, KnownFacts? Known, byte[] Reading)
    {
        private byte[]? _facts = Known is null ? Content.ToJson() : null;
        private byte[]? _digest;

        /// <summary>The facts as they are stored, and half of their digest, which tells them apart and is half as long in each index entry.</summary>
        public (byte[] Facts, byte[] Digest) Facts
        {
            get
            {
                var json = _facts ??= Content.ToJson();
                return (json, _digest ??= SHA256.HashData(json)[..16]);
            }
        }
    }

    /// <param name="known">The facts of the endpoint's last result.</param>
    internal static PackedResult Pack(ProbeRecord record, KnownFacts? known = null)
    {
        var (facts, reading) = CompactResult.Of(record.Result, record.Slot);
        return known is not null && known.Day == DayOf(record.Slot) && known.Content.Equals(facts)
            ? new PackedResult(known.Content, known, reading)
            : new PackedResult(facts.Slim(), null, reading);
    }

    /// <returns>The facts, and the result that stands there with other content; null when this one does.</returns>
    private (KnownFacts Facts, ProbeResult? Other) InsertResult(SqliteSession session, string id, ProbeRecord record, PackedResult packed)
    {
        var live = _live.FindUnchanged(id);
        var facts = live is not null && packed.Known is { } known && ReferenceEquals(live.Facts, known)
            ? known
            : new KnownFacts(packed.Content, FactsOf(session, packed, DayOf(record.Slot)), DayOf(record.Slot));
        var inserted = live is null
            ? InsertReading(session, id, record.Slot, record.Location, facts.Number, packed.Reading)
            : InsertReading(session, live.Number, record.Slot, record.Location, facts.Number, packed.Reading);
        return (facts, inserted || IsThere(session, id, record, facts.Number, packed.Reading)
            ? null
            : FindResult(session, id, record.Slot, record.Location));
    }

    internal static bool InsertReading(
        SqliteSession session, string id, DateTimeOffset slot, string location, long facts, byte[] reading) => session.Execute(
        """
        INSERT INTO readings (endpoint, slot, location, facts, reading)
        SELECT number, $slot, $location, $facts, $reading FROM endpoints WHERE id = $id
        ON CONFLICT DO NOTHING
        """,
        ("$id", id), ("$slot", slot.UtcTicks), ("$location", location), ("$facts", facts), ("$reading", reading)) == 1;

    private static bool InsertReading(
        SqliteSession session, long endpoint, DateTimeOffset slot, string location, long facts, byte[] reading) => session.Execute(
        """
        INSERT INTO readings (endpoint, slot, location, facts, reading) VALUES ($endpoint, $slot, $location, $facts, $reading)
        ON CONFLICT DO NOTHING
        """,
        ("$endpoint", endpoint), ("$slot", slot.UtcTicks), ("$location", location), ("$facts", facts), ("$reading", reading)) == 1;

    private static bool IsThere(SqliteSession session, string id, ProbeRecord record, long facts, byte[] reading) => session.QueryFirst(
        """
        SELECT EXISTS (
            SELECT 1 FROM readings WHERE endpoint = (SELECT number FROM endpoints WHERE id = $id)
                AND slot = $slot AND location = $location AND facts = $facts AND reading = $reading)
        """,
        row => row.GetBoolean(0),
        ("$id", id), ("$slot", record.Slot.UtcTicks), ("$location", record.Location), ("$facts", facts), ("$reading", reading));

    /// <summary>The number of facts, which are written if they are new. Once a day it is written down that they still hold.</summary>
    internal static long FactsOf(SqliteSession session, PackedResult packed, long day)
    {
        var (content, digest) = packed.Facts;
        var (number, lastDay) = session.QueryFirst(
            "SELECT number, last_day FROM facts WHERE digest = $digest", row => (row.GetInt64(0), row.GetInt64(1)), ("$digest", digest));
        if (number == 0)
        {
            return session.QueryFirst(
                "INSERT INTO facts (digest, last_day, content) VALUES ($digest, $day, $content) RETURNING number",
                row => row.GetInt64(0), ("$digest", digest), ("$day", day), ("$content", content));
        }
        if (lastDay < day)
            session.Execute("UPDATE facts SET last_day = $day WHERE number = $number", ("$day", day), ("$number", number));
        return number;
    }

    private static ProbeResult? FindResult(SqliteSession session, string endpointId, DateTimeOffset slot, string location) =>
        session.QueryFirst(
            $"{Readings} AND r.slot = $slot AND r.location = $location", row => ReadRecord(row, 0, []),
            ("$id", endpointId), ("$slot", slot.UtcTicks), ("$location", location))?.Result;

    /// <summary>Reads rows of <see cref="Readings"/>. Facts that several rows share are read once.</summary>
    /// <param name="first">The first of their columns.</param>
    /// <param name="known">Facts by their number; what is read is added.</param>
    private Func<SqliteDataReader, ProbeRecord> RecordReader(string endpointId, int first = 0, Dictionary<long, ResultFacts>? known = null)
    {
        known ??= [];
        return row =>
        {
            var record = ReadRecord(row, first, known);
            return Failure is not null && _writes.IsUnrecorded((endpointId, record.Slot.UtcTicks, record.Location))
                ? record with { NotRecorded = true }
                : record;
        };
    }

    private static ProbeRecord ReadRecord(SqliteDataReader row, int first, Dictionary<long, ResultFacts> known)
    {
        var (slot, number) = (Instant(row.GetInt64(first)), row.GetInt64(first + 2));
        if (!known.TryGetValue(number, out var facts))
            known.Add(number, facts = ResultFacts.FromJson(row.GetFieldValue<byte[]>(first + 3)));
        return new ProbeRecord(slot, row.GetString(first + 1), CompactResult.Join(facts, row.GetFieldValue<byte[]>(first + 4), slot));
    }

    internal static long DayOf(DateTimeOffset instant) => instant.UtcTicks / TimeSpan.TicksPerDay;
}
