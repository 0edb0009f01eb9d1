using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Imports.Registries;

/// <summary>
/// Smithery: pages of servers, then each by itself, which alone tells its address. Its remotes are behind its gateway and take a configuration,
/// so all of them come in paused.
/// </summary>
internal sealed class SmitheryRegistry(RegistryAddress registry, ImportLimits limits, TimeProvider time) : IImportSource
{
    private const int PageSize = 100;

    public string Place => registry.ToString();

    public bool ListsStrangers => true;

    public async IAsyncEnumerable<Listing> ReadAsync(ImportQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var http = new RegistryHttp(registry, limits, time);
        var paging = new Paging(Place, limits);
        for (var page = 1; page > 0;)
        {
            List<Listing> servers;
            using (var document = await http.GetAsync(Path(page, query), cancellationToken))
            {
                if (document.RootElement.Member("servers") is not { ValueKind: JsonValueKind.Array })
                    throw ImportFailedException.WrongAnswer($"{Place} answered with JSON that is no list of servers; check its base address.");
                servers = [.. document.RootElement.Items("servers").Where(server => server.Text("qualifiedName") is not null)
                    .Select(server => new Listing(server.Text("qualifiedName")!) { Title = server.Text("displayName") })];
                var last = document.RootElement.Object("pagination")?.Number("totalPages") ?? page;
                var next = page < last ? (page + 1).ToString(CultureInfo.InvariantCulture) : null;
                page = paging.Next(servers.Select(server => server.Name), next) ? page + 1 : 0;
            }

            foreach (var server in servers.Where(query.Finds))
            {
                // One that was there a moment ago, and is not now, is not listed.
                using var detail = await http.FindAsync($"servers/{string.Join('/', server.Name.Split('/').Select(Uri.EscapeDataString))}", cancellationToken);
                if (detail is not null)
                    yield return Of(server, detail.RootElement);
            }
        }
    }

    private static Listing Of(Listing server, JsonElement detail)
    {
        var connection = detail.Items("connections").FirstOrDefault(each => each.Text("type") is "http" or "ws" or "sse" && each.Text("deploymentUrl") is not null);
        if (connection.ValueKind is JsonValueKind.Undefined)
            return server;
        var keys = connection.Object("configSchema") is { } schema && schema.Member("required") is { ValueKind: JsonValueKind.Array } required
            ? required.EnumerateArray().Select(JsonRead.TextOf).OfType<string>().Select(key => ForeignText.OneLine(key, 40)).Take(5).ToList()
            : [];
        return server with
        {
            Url = connection.Text("deploymentUrl"),
            Transport = connection.Text("type") is "sse" ? TransportChoice.Sse : TransportChoice.Auto,
            Needs = keys.Count > 0 ? $"needs a Smithery key and a configuration ({string.Join(", ", keys)})" : "needs a Smithery key",
        };
    }

    private static string Path(int page, ImportQuery query) => string.Create(
        CultureInfo.InvariantCulture, $"servers?page={page}&pageSize={PageSize}{(query.Search is { } search ? $"&q={Uri.EscapeDataString(search)}" : "")}");
}
