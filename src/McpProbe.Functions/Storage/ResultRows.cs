using System.Collections.Concurrent;
using System.Security.Cryptography;
using Azure.Data.Tables;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Results;

namespace McpProbe.Functions.Storage;

/// <summary>
/// Results as rows. A row refers to the facts that it shares with others (<see cref="CompactResult"/>); a row of facts lies behind
/// the results of its endpoint and day, in their partition, so that both can be written in one transaction and read in one query.
/// Rows of a former version hold the whole result, and are read as well.
/// </summary>
internal sealed class ResultRows(Payload payload)
{
    private const string LocationProperty = "Location";
    private const string SlotProperty = "Slot";
    private const string ReadingProperty = "R";
    private const string FactsProperty = "F";

    /// <summary>A property holds 64 KiB. A longer reading has its result as a whole in its row.</summary>
    private const int LongestReading = 30_000;

    /// <summary>Of some kilobytes each. Facts are named by their content, so that what is known of them stays true.</summary>
    private const int MostKnown = 10_000;

    private readonly ConcurrentDictionary<string, ResultFacts> _known = [];
    private readonly ConcurrentDictionary<(string Table, string Partition, string Facts), bool> _written = [];

    /// <summary>The row of a result, and that of its facts where they are not known to be written already.</summary>
    internal async Task<(TableEntity Result, TableEntity? Facts)> WriteAsync(
        string table, string endpointId, ProbeRecord record, CancellationToken cancellationToken)
    {
        var row = new TableEntity(Keys.ResultPartition(endpointId, record.Slot), Keys.Result(record.Slot, record.Location))
        {
            [LocationProperty] = record.Location,
            [SlotProperty] = record.Slot.UtcTicks,
        };
        var (facts, reading) = CompactResult.Of(record.Result, record.Slot);
        if (reading.Length > LongestReading)
            return (EntityLimits.Checked(await payload.WriteAsync(row, table, record.Result, EngineJson.Default.ProbeResult, cancellationToken)), null);

        var content = facts.ToJson();
        var digest = SHA256.HashData(content)[..16];
        var name = Convert.ToHexStringLower(digest);
        row[ReadingProperty] = reading;
        row[FactsProperty] = digest;
        Remember(name, facts);
        if (_written.ContainsKey((table, row.PartitionKey, name)))
            return (row, null);
        var shared = new TableEntity(row.PartitionKey, Keys.Facts(name));
        return (row, EntityLimits.Checked(await payload.WriteAsync(shared, table, content, cancellationToken)));
    }

    /// <summary>The facts of a result are in its table now.</summary>
    internal void Written(string table, TableEntity facts)
    {
        if (_written.Count >= MostKnown)
            _written.Clear();
        _written[(table, facts.PartitionKey, Keys.FactsName(facts.RowKey)!)] = true;
    }

    /// <summary>Learns the facts that a row holds.</summary>
    /// <returns>False when it is a result's row.</returns>
    internal async Task<bool> LearnAsync(TableEntity row, CancellationToken cancellationToken)
    {
        if (Keys.FactsName(row.RowKey) is not { } name)
            return false;
        Remember(name, ResultFacts.FromJson(await payload.ReadBytesAsync(row, cancellationToken)));
        return true;
    }

    /// <exception cref="InvalidDataException">What the row holds, or its facts, are spoiled or missing.</exception>
    internal async Task<ProbeRecord> ReadAsync(TableClient table, TableEntity row, CancellationToken cancellationToken)
    {
        var slot = new DateTimeOffset(row.GetInt64(SlotProperty) ?? throw new InvalidDataException("It has no slot."), TimeSpan.Zero);
        var location = row.GetString(LocationProperty) ?? throw new InvalidDataException("It has no location.");
        if (row.GetBinary(ReadingProperty) is not { } reading)
            return new ProbeRecord(slot, location, await payload.ReadAsync(row, EngineJson.Default.ProbeResult, cancellationToken));

        var name = Convert.ToHexStringLower(row.GetBinary(FactsProperty) ?? throw new InvalidDataException("It names no facts."));
        if (!_known.TryGetValue(name, out var facts))
        {
            var shared = await table.GetEntityIfExistsAsync<TableEntity>(row.PartitionKey, Keys.Facts(name), cancellationToken: cancellationToken);
            if (!shared.HasValue)
                throw new InvalidDataException($"The facts {name} that it names are not there.");
            facts = ResultFacts.FromJson(await payload.ReadBytesAsync(shared.Value!, cancellationToken));
            Remember(name, facts);
        }

        return new ProbeRecord(slot, location, CompactResult.Join(facts, reading, slot));
    }

    private void Remember(string name, ResultFacts facts)
    {
        if (_known.Count >= MostKnown)
            _known.Clear();
        _known[name] = facts;
    }
}
