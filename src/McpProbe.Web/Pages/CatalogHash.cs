namespace McpProbe.Web.Pages;

internal static class CatalogHash
{
    /// <summary>Enough of a hash to tell two apart by eye: 12 digits, without the algorithm's name.</summary>
    internal static string Short(string hash) => hash.Length > 19 ? hash[7..19] : hash;
}
