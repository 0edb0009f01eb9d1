using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Storage;

/// <summary>
/// A row's JSON, however long: plain text where it fits, else compressed over several properties, else a blob that the row
/// names. A blob is named by its table and partition, where the clean-up looks for the row that names it, and by its content, so that a
/// commit that is turned down spoils nothing.
/// </summary>
internal sealed class Payload(BlobContainerClient overflow)
{
    internal const string OverflowProperty = "Overflow";
    private const string Text = "Json";
    private const string Compressed = "Gzip";
    private const int TextBytes = 30_000;
    private const int ChunkBytes = 60_000;

    /// <summary>Small enough that the rows of one commit, a few transitions and a state, fit one transaction.</summary>
    private const int RowBytes = 4 * ChunkBytes;

    /// <param name="table">Begins the blob's name.</param>
    internal Task<TableEntity> WriteAsync<T>(
        TableEntity row, string table, T value, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        WriteAsync(row, table, JsonSerializer.SerializeToUtf8Bytes(value, type), cancellationToken);

    /// <inheritdoc cref="WriteAsync{T}"/>
    internal async Task<TableEntity> WriteAsync(TableEntity row, string table, byte[] json, CancellationToken cancellationToken)
    {
        if (json.Length <= TextBytes)
        {
            row[Text] = Encoding.UTF8.GetString(json);
            return row;
        }

        var compressed = Gzip.Compress(json);
        if (compressed.Length <= RowBytes)
        {
            foreach (var (chunk, number) in compressed.Chunk(ChunkBytes).Select((chunk, number) => (chunk, number)))
                row[Column(number)] = chunk;
            return row;
        }

        var name = $"{table}/{row.PartitionKey}/{Convert.ToHexStringLower(SHA256.HashData(json))}.json.gz";
        await overflow.GetBlobClient(name).UploadAsync(new BinaryData(compressed), overwrite: true, cancellationToken);
        row[OverflowProperty] = name;
        return row;
    }

    /// <exception cref="InvalidDataException">What the row holds, or where it is kept, is spoiled.</exception>
    /// <exception cref="JsonException">It is not what it should be.</exception>
    internal async Task<T> ReadAsync<T>(TableEntity row, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize(await ReadBytesAsync(row, cancellationToken), type)
            ?? throw new InvalidDataException($"Row {row.PartitionKey}, {row.RowKey} holds no {typeof(T).Name}.");

    /// <summary>The row's JSON as it stands.</summary>
    /// <exception cref="InvalidDataException">As for <see cref="ReadAsync"/>.</exception>
    internal async Task<string> ReadTextAsync(TableEntity row, CancellationToken cancellationToken) =>
        Encoding.UTF8.GetString(await ReadBytesAsync(row, cancellationToken));

    /// <inheritdoc cref="ReadTextAsync"/>
    internal async Task<byte[]> ReadBytesAsync(TableEntity row, CancellationToken cancellationToken) => row switch
    {
        _ when row.GetString(Text) is { } text => Encoding.UTF8.GetBytes(text),
        _ when row.GetString(OverflowProperty) is { } name => await DownloadAsync(name, cancellationToken),
        _ => Gzip.Decompress(new MemoryStream([.. Chunks(row)])),
    };

    /// <summary>Copies a row's blob for a row of another partition, which names the copy then.</summary>
    internal async Task MoveAsync(TableEntity row, string before, CancellationToken cancellationToken)
    {
        var name = row.GetString(OverflowProperty);
        var copy = name.Replace($"/{before}/", $"/{row.PartitionKey}/", StringComparison.Ordinal);
        try
        {
            var content = await overflow.GetBlobClient(name).DownloadContentAsync(cancellationToken);
            await overflow.GetBlobClient(copy).UploadAsync(content.Value.Content, overwrite: true, cancellationToken);
            row[OverflowProperty] = copy;
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            // It could not be read before either.
        }
    }

    private async Task<byte[]> DownloadAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var content = await overflow.GetBlobClient(name).DownloadContentAsync(cancellationToken);
            return Gzip.Decompress(content.Value.Content.ToStream());
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            throw new InvalidDataException($"The blob {name} that a row names is not there.", missing);
        }
    }

    private static IEnumerable<byte> Chunks(TableEntity row)
    {
        for (var number = 0; row.GetBinary(Column(number)) is { } chunk; number++)
        {
            foreach (var each in chunk)
                yield return each;
        }
    }

    private static string Column(int number) => Compressed + number.ToString(CultureInfo.InvariantCulture);
}
