namespace McpProbe.Imports;

/// <summary>Reads a source to its end, or as far as there is use for it.</summary>
public static class Importer
{
    /// <summary>Everything that is listed, in memory: an import changes nothing before all of it is there.</summary>
    /// <returns>And whether that is all of it.</returns>
    /// <exception cref="ImportFailedException">The source could not be read.</exception>
    public static async Task<(IReadOnlyList<Listing> Listings, bool IsWhole)> ReadAsync(
        IImportSource source, ImportQuery query, int limit, ImportLimits limits, CancellationToken cancellationToken)
    {
        var listings = new List<Listing>();
        var addresses = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        await foreach (var listing in source.ReadAsync(query, cancellationToken))
        {
            listings.Add(listing);
            if (listings.Count > limits.Listings)
                throw ImportFailedException.WrongAnswer($"{source.Place} lists more than {limits.Listings} servers, which is more than is read; import less with --search.");
            // More addresses than there may be endpoints, by far: some of them will be left out.
            if (listing.Url is not null && listing.Status is not Endpoints.ListingStatus.Deleted && addresses.Add(listing.Url) && addresses.Count >= Enough(limit))
                return (listings, false);
        }

        return (listings, query.IsWhole);
    }

    private static int Enough(int limit) => limit + Math.Max(20, limit / 2);
}
