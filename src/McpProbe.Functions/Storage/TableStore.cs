using System.Text.Json.Serialization.Metadata;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using McpProbe.Alerts.Deliveries;
using McpProbe.Monitoring;
using McpProbe.Uptime;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Storage;

/// <summary>
/// The engine's store ports over Table Storage and blobs, a file a port; docs/architecture.md has the tables and the promises.
/// Deleting an endpoint deletes its definition and its state. Its results go with their month, its incidents and deliveries stay.
/// </summary>
public sealed partial class TableStore : IEndpointStore, IMonitorStore, IMonitorHistory, IIncidentStore, IDeliveryStore, IRollupStore
{
    private const int RequestsAtOnce = 16;

    private readonly TableClient _endpoints;
    private readonly TableClient _state;
    private readonly TableClient _incidents;
    private readonly TableClient _drift;
    private readonly TableClient _deliveries;
    private readonly TableClient _rollups;
    private readonly TableClient _schedule;
    private readonly TableClient _audit;
    private readonly ResultTables _results;
    private readonly IReadOnlyList<QueueClient> _queues;
    private readonly BlobContainerClient _catalogContainer;
    private readonly BlobContainerClient _overflow;
    private readonly BlobContainerClient _overviewContainer;
    private readonly CatalogBlobs _catalogs;
    private readonly Payload _payload;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly IReadOnlyCollection<string> _locations;
    private readonly int? _reshardFrom;

    /// <summary>Nothing is asked of the account before <see cref="OpenAsync"/>; nothing else works before it is done.</summary>
    /// <param name="shards">Fixed when the store is created: every key depends on it.</param>
    /// <param name="locations">Each has a queue of messages, and one of those that failed too often.</param>
    /// <param name="reshardFrom">A store with so many shards is moved to <paramref name="shards"/> when it is opened; null refuses it.</param>
    public TableStore(StoreClients clients, int shards, IReadOnlyCollection<string> locations, ILogger<TableStore> logger, TimeProvider? time = null, int? reshardFrom = null)
    {
        if (shards is < 1 or > 100)
            throw new StoreConfigurationException($"{shards} shards are not possible: the number is 1 to 100, usually 4.");
        _endpoints = clients.Tables.GetTableClient(Keys.Endpoints);
        _state = clients.Tables.GetTableClient(Keys.State);
        _incidents = clients.Tables.GetTableClient(Keys.Incidents);
        _drift = clients.Tables.GetTableClient(Keys.Drift);
        _deliveries = clients.Tables.GetTableClient(Keys.Deliveries);
        _rollups = clients.Tables.GetTableClient(Keys.Rollups);
        _schedule = clients.Tables.GetTableClient(Keys.Schedule);
        _audit = clients.Tables.GetTableClient(Keys.Audit);
        _catalogContainer = clients.Blobs.GetBlobContainerClient(Keys.Catalogs);
        _overflow = clients.Blobs.GetBlobContainerClient(Keys.Overflow);
        _overviewContainer = clients.Blobs.GetBlobContainerClient(Keys.Overviews);
        _catalogs = new CatalogBlobs(_catalogContainer);
        _payload = new Payload(_overflow);
        Unreadable = new UnreadableRows(time ?? TimeProvider.System);
        Unreadable.Tell = (table, of, reason) => Log.RowUnreadable(logger, table, of, reason);
        _results = new ResultTables(clients.Tables, new ResultRows(_payload), _overflow, Unreadable);
        _queues =
        [
            .. locations.SelectMany(location => new[] { HeadSettings.QueueOf(location), HeadSettings.PoisonQueueOf(location) })
                .Select(clients.Queues.GetQueueClient),
        ];
        _logger = logger;
        _time = time ?? TimeProvider.System;
        Shards = shards;
        (_locations, _reshardFrom) = (locations, reshardFrom);
    }

    /// <summary>Rows that were left out.</summary>
    internal UnreadableRows Unreadable { get; }

    internal SignInKeys SignInKeys => new(_schedule);

    /// <summary>Partitions of the endpoints and their states.</summary>
    public int Shards { get; }

    /// <summary>
    /// Creates what is missing: the tables (but those of results, one a month), the containers, the queues. It can be done again,
    /// and by many at once.
    /// </summary>
    /// <exception cref="StoreConfigurationException">The store has another number of shards, and is not to be moved.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        TableClient[] tables = [_endpoints, _state, _incidents, _drift, _deliveries, _rollups, _schedule, _audit];
        await Task.WhenAll(
        [
            .. tables.Select(table => (Task)table.CreateIfNotExistsAsync(cancellationToken)),
            .. _queues.Select(queue => (Task)queue.CreateIfNotExistsAsync(cancellationToken: cancellationToken)),
            _catalogContainer.CreateIfNotExistsAsync(cancellationToken: cancellationToken),
            _overflow.CreateIfNotExistsAsync(cancellationToken: cancellationToken),
            _overviewContainer.CreateIfNotExistsAsync(cancellationToken: cancellationToken),
        ]);
        await FixShardsAsync(cancellationToken);
    }

    /// <summary>The shard of an endpoint: depends on its id only.</summary>
    public int ShardOf(string endpointId) => Keys.ShardOf(endpointId, Shards);

    private string Partition(string endpointId) => Keys.Shard(ShardOf(endpointId));

    /// <summary>What a row holds; null for one that cannot be read.</summary>
    private async Task<T?> TryReadAsync<T>(
        TableEntity row, string table, JsonTypeInfo<T> type, CancellationToken cancellationToken) where T : class
    {
        try
        {
            return await _payload.ReadAsync(row, type, cancellationToken);
        }
        catch (Exception failure) when (UnreadableRows.Is(failure))
        {
            Unreadable.Skip(table, row.PartitionKey, failure);
            return null;
        }
    }

    /// <summary>The row, or null when it, or its whole table, is not there.</summary>
    private static async Task<TableEntity?> FindAsync(
        TableClient table, string partition, string row, CancellationToken cancellationToken)
    {
        var found = await table.GetEntityIfExistsAsync<TableEntity>(partition, row, cancellationToken: cancellationToken);
        return found.HasValue ? found.Value : null;
    }
}
