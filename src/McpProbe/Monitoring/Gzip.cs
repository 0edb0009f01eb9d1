using System.IO.Compression;

namespace McpProbe.Monitoring;

/// <summary>How the stores keep what is large, such as catalogues.</summary>
public static class Gzip
{
    public static byte[] Compress(ReadOnlySpan<byte> content)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Optimal))
            gzip.Write(content);
        return buffer.ToArray();
    }

    /// <summary>Only for content that a store wrote: what comes out has no limit.</summary>
    public static byte[] Decompress(Stream content)
    {
        using var gzip = new GZipStream(content, CompressionMode.Decompress);
        using var buffer = new MemoryStream();
        gzip.CopyTo(buffer);
        return buffer.ToArray();
    }
}
