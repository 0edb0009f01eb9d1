namespace McpProbe.Imports;

/// <summary>What a source may make an import do.</summary>
/// <param name="PageBytes">Of one answer, after decompression.</param>
/// <param name="FileBytes">Of a file.</param>
/// <param name="Listings">Of one source.</param>
/// <param name="Request">For one answer, its body included.</param>
/// <param name="Whole">For all of an import.</param>
/// <param name="Pace">Between two requests to a registry, and up to half of it more by chance.</param>
/// <param name="LongestWait">What a registry may ask to wait for; if it asks for more, the import ends.</param>
/// <param name="Tries">Of one request.</param>
public sealed record ImportLimits(
    int PageBytes, int FileBytes, int Pages, int Listings, TimeSpan Request, TimeSpan Whole, TimeSpan Pace, TimeSpan LongestWait, int Tries)
{
    /// <value>8 MiB an answer, 64 MiB a file, 2,000 pages, 100,000 listings, 30 s a request, 30 min, 300 ms apart, 2 min, 4 tries.</value>
    public static readonly ImportLimits Default = new(
        8 << 20, 64 << 20, 2000, 100_000, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(30), TimeSpan.FromMilliseconds(300), TimeSpan.FromMinutes(2), 4);
}
