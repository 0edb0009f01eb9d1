using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using McpProbe.Configuration;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;

namespace McpProbe.Functions.Storage;

// The overview of all endpoints costs the same however many there are: a few documents, blobs of some shards each, say how they were
// when they were written, at most a minute ago. Whoever asks for an older one writes it anew. What somebody changed since, and whatever is told of,
// is marked in a row each; those few are read as they are now, so that nobody sees a page on which his own change is missing.
public sealed partial class TableStore
{
    /// <summary>So old a document is written anew.</summary>
    private static readonly TimeSpan OverviewKept = TimeSpan.FromMinutes(1);

    private const int MostDocuments = 4;

    /// <summary>Endpoints of a document that are read by themselves; with more of them it is written anew.</summary>
    private const int MostChanged = 20;

    private readonly ConcurrentDictionary<int, Overview> _overviews = [];

    public async Task<IReadOnlyList<EndpointOverview>> ReadOverviewAsync(CancellationToken cancellationToken)
    {
        var documents = await Task.WhenAll(Enumerable.Range(0, Documents).Select(document => ReadOverviewAsync(document, cancellationToken)));
        return [.. documents.SelectMany(each => each).OrderBy(each => each.Registered.Endpoint.Id, StringComparer.Ordinal)];
    }

    private int Documents => Math.Min(Shards, MostDocuments);

    /// <summary>The endpoint is another one than the document of its shard says.</summary>
    internal async Task MarkChangedAsync(string endpointId, CancellationToken cancellationToken) =>
        await _schedule.UpsertEntityAsync(new TableEntity(Keys.Changed(ShardOf(endpointId) % Documents), endpointId), TableUpdateMode.Replace, cancellationToken);

    private async Task<IEnumerable<EndpointOverview>> ReadOverviewAsync(int document, CancellationToken cancellationToken)
    {
        // Before the document: one that was written in between has seen what it takes the marks of.
        var (changed, now) = (await ReadChangedAsync(document, cancellationToken), _time.GetUtcNow());
        var known = await ReadDocumentAsync(document, cancellationToken);
        if (known is null || now - known.ReadAt >= OverviewKept || known.ReadAt > now
            // Reading it whole is a request for so many.
            || changed.Count > Math.Min(MostChanged, 2 + known.Endpoints.Count / 500))
            return await WriteDocumentAsync(document, known?.Version, changed, now, cancellationToken);
        if (changed.Count == 0)
            return known.Endpoints;

        var ids = changed.Select(row => row.RowKey).ToHashSet();
        var definitions = await Task.WhenAll(ids.Select(id => FindAsync(_endpoints, Partition(id), id, cancellationToken)));
        var endpoints = definitions.OfType<TableEntity>().Select(Registered).ToList();
        var fresh = await OverviewAsync(endpoints, await ReadRowsAsync(endpoints, alone: true, cancellationToken), cancellationToken);
        return known.Endpoints.Where(each => !ids.Contains(each.Registered.Endpoint.Id)).Concat(fresh);
    }

    /// <summary>Its shards as they are now, for the next minute. Where somebody else writes it at the same time, theirs stays.</summary>
    private async Task<IReadOnlyList<EndpointOverview>> WriteDocumentAsync(
        int document, ETag? before, IReadOnlyList<TableEntity> changed, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var parts = await Task.WhenAll(Enumerable.Range(0, Shards).Where(shard => shard % Documents == document).Select(async shard =>
        {
            var endpoints = ListShardAsync(shard, cancellationToken);
            var rows = (await ReadShardAsync(shard, cancellationToken)).ToLookup(row => Keys.EndpointOfState(row.RowKey));
            return await OverviewAsync(await endpoints, rows, cancellationToken);
        }));
        IReadOnlyList<EndpointOverview> overview = [.. parts.SelectMany(each => each)];
        try
        {
            using var content = new MemoryStream();
            using (var gzip = new GZipStream(content, CompressionLevel.Fastest, leaveOpen: true))
                await JsonSerializer.SerializeAsync(gzip, new OverviewDocument(now, [.. overview.Select(each => OverviewRow.Of(each, _definitions))]), OverviewJson.Default.OverviewDocument, cancellationToken);
            content.Position = 0;
            var conditions = before is { } version ? new BlobRequestConditions { IfMatch = version } : new BlobRequestConditions { IfNoneMatch = ETag.All };
            await OverviewBlob(document).UploadAsync(content, new BlobUploadOptions { Conditions = conditions }, cancellationToken);
            await RemoveMarksAsync(document, changed, cancellationToken);
        }
        catch (RequestFailedException raced) when (raced.Status is 404 or 409 or 412)
        {
            // What was read is as new as theirs; the marks are theirs to take away.
        }

        return overview;
    }

    /// <summary>Without those that were set again since: their change may not be in the document.</summary>
    private Task RemoveMarksAsync(int document, IReadOnlyList<TableEntity> changed, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        changed.Chunk(EntityLimits.TransactionEntities),
        new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = cancellationToken },
        async (some, cancellation) =>
        {
            var transaction = new RowTransaction(_schedule, Keys.Changed(document));
            foreach (var row in some)
                transaction.Delete(row.RowKey, row.ETag);
            await transaction.SubmitAsync(cancellation);
        });

    private async Task<IReadOnlyList<TableEntity>> ReadChangedAsync(int document, CancellationToken cancellationToken)
    {
        var partition = Keys.Changed(document);
        var rows = new List<TableEntity>();
        await foreach (var row in _schedule.QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), PageSize, cancellationToken: cancellationToken))
        {
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>Null when there is none that this version can read. One that this process knows is not sent again.</summary>
    private async Task<Overview?> ReadDocumentAsync(int document, CancellationToken cancellationToken)
    {
        _overviews.TryGetValue(document, out var known);
        try
        {
            var conditions = known is null ? null : new BlobRequestConditions { IfNoneMatch = known.Version };
            var blob = await OverviewBlob(document).DownloadContentAsync(new BlobDownloadOptions { Conditions = conditions }, cancellationToken);
            if (blob.GetRawResponse().Status == 304)
                return known;
            var version = blob.Value.Details.ETag;
            try
            {
                await using var gzip = new GZipStream(blob.Value.Content.ToStream(), CompressionMode.Decompress);
                var read = await JsonSerializer.DeserializeAsync(gzip, OverviewJson.Default.OverviewDocument, cancellationToken);
                known = new Overview(version, read!.ReadAt, [.. read.Endpoints.Select(row => row.Read(_definitions, read.ReadAt))]);
            }
            catch (Exception failure) when (UnreadableRows.Is(failure))
            {
                // Of another version, or spoiled: written anew in its place.
                known = new Overview(version, DateTimeOffset.MinValue, []);
            }

            return _overviews[document] = known;
        }
        catch (RequestFailedException unchanged) when (unchanged.Status == 304)
        {
            return known;
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null;
        }
    }

    private BlobClient OverviewBlob(int document) => _overviewContainer.GetBlobClient(Keys.OverviewBlob(document));

    private sealed record Overview(ETag Version, DateTimeOffset ReadAt, IReadOnlyList<EndpointOverview> Endpoints);
}

/// <param name="ReadAt">When its reading began.</param>
internal sealed record OverviewDocument(DateTimeOffset ReadAt, IReadOnlyList<OverviewRow> Endpoints);

/// <summary>An endpoint in a document: the definition as the store keeps it, its state, and what an overview shows of its newest result.</summary>
internal sealed record OverviewRow(
    string Id, string Definition, string Source, long Generation, long? Since, long? Until, EndpointState State,
    DateTimeOffset? Slot, string? Location, ProbeResult? Result)
{
    internal static OverviewRow Of(EndpointOverview overview, DefinitionCache definitions)
    {
        var (registered, state, last) = overview;
        return new(
            registered.Endpoint.Id, definitions.TextOf(registered.Endpoint.Id) ?? EndpointJson.ToJson(registered.Endpoint), WireNames.Of(registered.Source), registered.Generation,
            registered.Watched.Since?.UtcTicks, registered.Watched.Until?.UtcTicks, state, last?.Slot, last?.Location, last?.Result);
    }

    internal EndpointOverview Read(DefinitionCache definitions, DateTimeOffset readAt) => new(
        definitions.Read(
            Id, Definition, WireNames.TryParse<EndpointSource>(Source, out var known) ? known : EndpointSource.Api, Generation,
            new WatchedPeriod(InstantOf(Since), InstantOf(Until))),
        State,
        Slot is { } slot && Result is not null ? new ProbeRecord(slot, Location ?? "", Result) : null)
    {
        ReadAt = readAt,
    };

    private static DateTimeOffset? InstantOf(long? ticks) => ticks is { } known ? new DateTimeOffset(known, TimeSpan.Zero) : null;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(UtcInstant)], DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OverviewDocument))]
internal sealed partial class OverviewJson : JsonSerializerContext;
