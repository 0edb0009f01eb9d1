using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Storage;

/// <summary>
/// A row's JSON, however long: plain text where it fits, else compressed over several properties, else a blob that the row
/// names. Blobs are named by their content, so that a commit that is turned down spoils nothing.
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
    internal async Task<TableEntity> WriteAsync<T>(
        TableEntity row, string table, T value, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(value, type);
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

        var name = $"{table}/{Convert.ToHexStringLower(SHA256.HashData(json))}.json.gz";
        await overflow.GetBlobClient(name).UploadAsync(new BinaryData(compressed), overwrite: true, cancellationToken);
        row[OverflowProperty] = name;
        return row;
    }

    internal async Task<T> ReadAsync<T>(TableEntity row, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var json = row switch
        {
            _ when row.GetString(Text) is { } text => Encoding.UTF8.GetBytes(text),
            _ when row.GetString(OverflowProperty) is { } name => await DownloadAsync(name, cancellationToken),
            _ => Gzip.Decompress(new MemoryStream([.. Chunks(row)])),
        };
        return JsonSerializer.Deserialize(json, type)
            ?? throw new InvalidDataException($"Row {row.PartitionKey}, {row.RowKey} holds no {typeof(T).Name}.");
    }

    private async Task<byte[]> DownloadAsync(string name, CancellationToken cancellationToken)
    {
        var content = await overflow.GetBlobClient(name).DownloadContentAsync(cancellationToken);
        return Gzip.Decompress(content.Value.Content.ToStream());
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
