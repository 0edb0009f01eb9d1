using System.Text.Json;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Server.Storage;

/// <summary>Results of a file of schema 2 and before, each a whole document, become readings.</summary>
internal static class FormerResults
{
    private const int AtOnce = 1000;

    /// <summary>Inside the transaction that changes the schema. A document that cannot be read is left behind: no page could show it either.</summary>
    public static void BringOver(SqliteSession session)
    {
        var (endpoint, slot, location) = ("", 0L, "");
        while (true)
        {
            var rows = session.Query(
                """
                SELECT endpoint_id, slot, location, result FROM results
                WHERE (endpoint_id, slot, location) > ($endpoint, $slot, $location)
                ORDER BY endpoint_id, slot, location LIMIT $most
                """,
                row => (Endpoint: row.GetString(0), Slot: row.GetInt64(1), Location: row.GetString(2), Document: row.GetString(3)),
                ("$endpoint", endpoint), ("$slot", slot), ("$location", location), ("$most", AtOnce));
            foreach (var row in rows)
            {
                if (Read(row.Document) is not { } result)
                    continue;
                var record = new ProbeRecord(new DateTimeOffset(row.Slot, TimeSpan.Zero), row.Location, result);
                var packed = SqliteStore.Pack(record);
                var facts = SqliteStore.FactsOf(session, packed, SqliteStore.DayOf(record.Slot));
                SqliteStore.InsertReading(session, row.Endpoint, record.Slot, record.Location, facts, packed.Reading);
            }
            if (rows.Count < AtOnce)
                break;
            (endpoint, slot, location, _) = rows[^1];
        }
        session.Execute("DROP TABLE results");
    }

    private static ProbeResult? Read(string document)
    {
        try
        {
            return JsonSerializer.Deserialize(document, EngineJson.Default.ProbeResult);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
