using System.Runtime.CompilerServices;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Text;

namespace McpProbe.Imports.Registries;

/// <summary>The official registry, and whatever speaks its API (v0.1): GitHub's, PulseMCP, a company's own.</summary>
internal sealed class OfficialRegistry(RegistryAddress registry, ImportLimits limits, TimeProvider time) : IImportSource
{
    private const int PageSize = 100;

    public string Place => registry.ToString();

    public bool ListsStrangers => true;

    public bool TellsChanges => true;

    public async IAsyncEnumerable<Listing> ReadAsync(ImportQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var http = new RegistryHttp(registry, limits, time);
        var paging = new Paging(Place, limits);
        var first = Path(query);
        for (var path = first; path is not null;)
        {
            List<Listing> page;
            using (var document = await http.GetAsync(path, cancellationToken))
            {
                if (document.RootElement.Member("servers") is not { ValueKind: JsonValueKind.Array })
                    throw ImportFailedException.WrongAnswer($"{Place} answered with JSON that is no list of servers; check its base address.");
                page = [.. document.RootElement.Items("servers").SelectMany(OfficialEntry.Read)];
                var next = document.RootElement.Object("metadata") is { } metadata ? metadata.Text("nextCursor") ?? metadata.Text("next_cursor") : null;
                // Names alone do not tell whether a page is new: one server may stand on many, a version on each.
                var entries = document.RootElement.Items("servers").Select(entry => entry.GetRawText());
                path = paging.Next(entries.Select(Fingerprint), next) ? $"{first}&cursor={Uri.EscapeDataString(next!)}" : null;
            }

            foreach (var listing in page.Where(query.Finds))
                yield return listing;
        }
    }

    private static string Fingerprint(string entry) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(entry)));

    private string Path(ImportQuery query)
    {
        var versioned = registry.Base.AbsolutePath.Contains("/v0", StringComparison.Ordinal) ? "" : "v0.1/";
        return $"{versioned}servers?limit={PageSize}&version=latest&include_deleted=true"
            + (query.Search is { } search ? $"&search={Uri.EscapeDataString(search)}" : "")
            + (query.UpdatedSince is { } since ? $"&updated_since={Uri.EscapeDataString(UtcInstant.Format(since))}" : "");
    }
}
