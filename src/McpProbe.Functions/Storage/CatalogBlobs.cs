using Azure;
using Azure.Storage.Blobs;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Storage;

/// <summary>Catalogues under their hash.</summary>
internal sealed class CatalogBlobs(BlobContainerClient container)
{
    /// <summary>
    /// Always writes, also what is there: the new version keeps the collector away (it deletes only the version that it found
    /// to be unreferenced), and no moment exists in which a catalogue is there for the writer and gone for its reader.
    /// </summary>
    internal async Task WriteAsync(ToolCatalog catalog, CancellationToken cancellationToken) =>
        await container.GetBlobClient(Keys.CatalogBlob(catalog.Hashes.Hash)).UploadAsync(
            new BinaryData(Gzip.Compress(catalog.Canonical.Span)), overwrite: true, cancellationToken);

    internal async Task<ReadOnlyMemory<byte>?> ReadAsync(string hash, CancellationToken cancellationToken)
    {
        try
        {
            var content = await container.GetBlobClient(Keys.CatalogBlob(hash)).DownloadContentAsync(cancellationToken);
            return Gzip.Decompress(content.Value.Content.ToStream());
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null;
        }
    }
}
