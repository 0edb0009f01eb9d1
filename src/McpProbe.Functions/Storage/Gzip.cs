using System.IO.Compression;

namespace McpProbe.Functions.Storage;

internal static class Gzip
{
    internal static byte[] Compress(ReadOnlySpan<byte> content)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Optimal))
            gzip.Write(content);
        return buffer.ToArray();
    }

    /// <summary>Only for content that this store wrote.</summary>
    internal static byte[] Decompress(Stream content)
    {
        using var gzip = new GZipStream(content, CompressionMode.Decompress);
        using var buffer = new MemoryStream();
        gzip.CopyTo(buffer);
        return buffer.ToArray();
    }
}
