using System.Collections.Concurrent;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Storage;

/// <summary>Results, a table a month, so that old ones are dropped as a whole.</summary>
internal sealed class ResultTables(TableServiceClient tables, Payload payload, BlobContainerClient overflow, UnreadableRows unreadable)
{
    private const string LocationProperty = "Location";
    private const string SlotProperty = "Slot";

    private readonly ConcurrentDictionary<string, TableClient> _clients = [];

    /// <returns>The result that stands there with other content; null when this one does now.</returns>
    internal async Task<ProbeResult?> InsertAsync(string endpointId, ProbeRecord record, CancellationToken cancellationToken)
    {
        var table = Client(Keys.ResultsTable(record.Slot));
        var json = JsonSerializer.Serialize(record.Result, EngineJson.Default.ProbeResult);
        var row = EntityLimits.Checked(await payload.WriteAsync(
            new TableEntity(Keys.ResultPartition(endpointId, record.Slot), Keys.Result(record.Slot, record.Location))
            {
                [LocationProperty] = record.Location,
                [SlotProperty] = record.Slot.UtcTicks,
            },
            table.Name, record.Result, EngineJson.Default.ProbeResult, cancellationToken));
        while (true)
        {
            try
            {
                await table.AddEntityAsync(row, cancellationToken);
                return null;
            }
            catch (RequestFailedException missing) when (missing.ErrorCode == TableErrorCode.TableNotFound)
            {
                await table.CreateIfNotExistsAsync(cancellationToken);
            }
            catch (RequestFailedException exists) when (exists.ErrorCode == TableErrorCode.EntityAlreadyExists)
            {
                // The very same, when an answer got lost and the insert was sent again, or after a conflict over the state.
                var first = await FindAsync(endpointId, record.Slot, record.Location, cancellationToken);
                if (first is not null)
                    return JsonSerializer.Serialize(first, EngineJson.Default.ProbeResult) == json ? null : first;
            }
        }
    }

    internal async Task<ProbeResult?> FindAsync(
        string endpointId, DateTimeOffset slot, string location, CancellationToken cancellationToken)
    {
        try
        {
            var row = await Client(Keys.ResultsTable(slot)).GetEntityIfExistsAsync<TableEntity>(
                Keys.ResultPartition(endpointId, slot), Keys.Result(slot, location), cancellationToken: cancellationToken);
            return row.HasValue ? await payload.ReadAsync(row.Value!, EngineJson.Default.ProbeResult, cancellationToken) : null;
        }
        catch (RequestFailedException missing) when (missing.ErrorCode == TableErrorCode.TableNotFound)
        {
            return null;
        }
    }

    /// <summary>Newest first, from the first after the cursor on where given.</summary>
    internal async Task<IReadOnlyList<ProbeRecord>> ReadAsync(
        string endpointId, ResultCursor? cursor, int limit, CancellationToken cancellationToken)
    {
        var (from, until) = Keys.ResultPartitions(endpointId);
        var after = cursor is null ? "" : Keys.ResultsAfter(cursor);
        var newest = cursor is null ? null : Keys.ResultsTable(cursor.Slot);
        var filter = TableClient.CreateQueryFilter($"PartitionKey ge {from} and PartitionKey lt {until} and RowKey gt {after}");

        var records = new List<ProbeRecord>();
        foreach (var month in (await ListAsync(cancellationToken)).Where(each => newest is null || string.CompareOrdinal(each, newest) <= 0))
        {
            await QueryAsync(month, endpointId, filter, limit - records.Count, records, cancellationToken);
            if (records.Count >= limit)
                break;
        }

        return records;
    }

    /// <summary>All with a slot in [from, until).</summary>
    internal async Task<IReadOnlyList<ProbeRecord>> ReadAsync(
        string endpointId, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var (after, last) = Keys.ResultRows(from - TimeSpan.FromTicks(1), until - TimeSpan.FromTicks(1));
        var records = new List<ProbeRecord>();
        for (var day = new DateTimeOffset(from.UtcDateTime.Date, TimeSpan.Zero); day < until; day = day.AddDays(1))
        {
            var partition = Keys.ResultPartition(endpointId, day);
            var filter = TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey gt {after} and RowKey lt {last}");
            await QueryAsync(Keys.ResultsTable(day), endpointId, filter, int.MaxValue, records, cancellationToken);
        }

        return records;
    }

    /// <summary>The tables there are, the newest month first.</summary>
    internal async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        var (from, until) = (Keys.ResultsPrefix, $"{Keys.ResultsPrefix}a");
        var names = new List<string>();
        await foreach (TableItem table in tables.QueryAsync(
            TableClient.CreateQueryFilter($"TableName ge {from} and TableName lt {until}"), cancellationToken: cancellationToken))
        {
            names.Add(table.Name);
        }

        return [.. names.OrderDescending(StringComparer.Ordinal)];
    }

    /// <summary>Drops the months before <paramref name="first"/>'s, and the blobs of their longest results.</summary>
    /// <returns>How many tables were dropped.</returns>
    internal async Task<int> DropBeforeAsync(DateTimeOffset first, CancellationToken cancellationToken)
    {
        var kept = Keys.ResultsTable(first);
        var old = (await ListAsync(cancellationToken)).Where(name => string.CompareOrdinal(name, kept) < 0).ToList();
        foreach (var name in old)
        {
            await foreach (var blob in overflow.GetBlobsAsync(new GetBlobsOptions { Prefix = $"{name}/" }, cancellationToken))
                await overflow.DeleteBlobIfExistsAsync(blob.Name, cancellationToken: cancellationToken);
            await tables.DeleteTableAsync(name, cancellationToken);
            _clients.TryRemove(name, out _);
        }

        return old.Count;
    }

    private async Task QueryAsync(
        string table, string endpointId, string filter, int limit, List<ProbeRecord> records, CancellationToken cancellationToken)
    {
        try
        {
            var left = limit;
            await foreach (var row in Client(table).QueryAsync<TableEntity>(
                filter, Math.Clamp(limit, 1, 1000), cancellationToken: cancellationToken))
            {
                if (left <= 0)
                    break;
                try
                {
                    records.Add(await RecordAsync(row, cancellationToken));
                    left--;
                }
                catch (Exception failure) when (UnreadableRows.Is(failure))
                {
                    unreadable.Skip(table, endpointId, failure);
                }
            }
        }
        catch (RequestFailedException missing) when (missing.ErrorCode == TableErrorCode.TableNotFound)
        {
        }
    }

    private async Task<ProbeRecord> RecordAsync(TableEntity row, CancellationToken cancellationToken) => new(
        new DateTimeOffset(row.GetInt64(SlotProperty) ?? throw new InvalidDataException("It has no slot."), TimeSpan.Zero),
        row.GetString(LocationProperty) ?? throw new InvalidDataException("It has no location."),
        await payload.ReadAsync(row, EngineJson.Default.ProbeResult, cancellationToken));

    private TableClient Client(string table) => _clients.GetOrAdd(table, tables.GetTableClient);
}
