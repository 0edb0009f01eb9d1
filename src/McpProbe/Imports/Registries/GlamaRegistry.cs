using System.Runtime.CompilerServices;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Text;

namespace McpProbe.Imports.Registries;

/// <summary>Glama's connectors: the remote servers that it lists, with their addresses. Its list of servers has none.</summary>
internal sealed class GlamaRegistry(RegistryAddress registry, ImportLimits limits, TimeProvider time) : IImportSource
{
    private const string List = "api/mcp/v1/connectors?first=100";

    public string Place => registry.ToString();

    public bool ListsStrangers => true;

    public async IAsyncEnumerable<Listing> ReadAsync(ImportQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var http = new RegistryHttp(registry, limits, time);
        var paging = new Paging(Place, limits);
        for (var path = List; path is not null;)
        {
            List<Listing> page;
            using (var document = await http.GetAsync(path, cancellationToken))
            {
                var root = document.RootElement;
                if (root.Member("connectors") is not { ValueKind: JsonValueKind.Array })
                    throw ImportFailedException.WrongAnswer($"{Place} answered with JSON that is no list of connectors; check its base address.");
                page = [.. root.Items("connectors").Select(Of).OfType<Listing>()];
                var info = root.Object("pageInfo");
                var next = info?.Flag("hasNextPage") is true ? info?.Text("endCursor") : null;
                path = paging.Next(page.Select(listing => listing.Name), next) ? $"{List}&after={Uri.EscapeDataString(next!)}" : null;
            }

            foreach (var listing in page.Where(query.Finds))
                yield return listing;
        }
    }

    private static Listing? Of(JsonElement connector)
    {
        if ((connector.Text("namespace") is { } space && connector.Text("slug") is { } slug ? $"{space}/{slug}" : connector.Text("id") ?? connector.Text("name")) is not { } name)
            return null;
        var connection = connector.Object("connection");
        var auth = connection?.Text("authType") ?? connector.Text("authType");
        return new Listing(name)
        {
            Title = connector.Text("title") ?? connector.Text("name"),
            Url = connection?.Text("url"),
            Needs = auth is null or "none" or "NONE" ? null : $"asks for credentials ({ForeignText.OneLine(auth, 30)})",
        };
    }
}
