using McpProbe.Configuration;
using McpProbe.Endpoints;

namespace McpProbe.Monitoring;

/// <summary>What makes the endpoints of one source those of a document. Pure; <see cref="EndpointRegistry.ApplyAsync"/> carries it out.</summary>
/// <param name="Source">Whose endpoints they are: the probes file's, or the API's.</param>
/// <param name="Puts">What is created or replaced, with what stood there before; null for nothing.</param>
/// <param name="Leaving">What is not in the document any more, and is archived.</param>
/// <param name="Unchanged">How many stay as they are.</param>
public sealed record ProbesPlan(
    EndpointSource Source, IReadOnlyList<(Endpoint Endpoint, RegisteredEndpoint? Before)> Puts, IReadOnlyList<RegisteredEndpoint> Leaving, int Unchanged)
{
    /// <summary>Ids, for logs and answers.</summary>
    public ProbesChange Change => new(
        Ids(before => before is null), Ids(before => before is { Source: not EndpointSource.Archived }), Ids(before => before is { Source: EndpointSource.Archived }),
        [.. Leaving.Select(gone => gone.Endpoint.Id)]);

    /// <summary>Whose definitions the document would take over, though they belong to another source.</summary>
    public IReadOnlyList<string> Foreign => Ids(before => before is not null && before.Source != Source && before.Source is not EndpointSource.Archived);

    /// <param name="known">All endpoints there are.</param>
    public static ProbesPlan Of(IReadOnlyList<Endpoint> wanted, IReadOnlyList<RegisteredEndpoint> known, EndpointSource source)
    {
        var byId = known.ToDictionary(each => each.Endpoint.Id);
        var puts = new List<(Endpoint, RegisteredEndpoint?)>();
        foreach (var endpoint in wanted)
        {
            var before = byId.GetValueOrDefault(endpoint.Id);
            if (before is not { Mistakes: null } || before.Source != source
                || !ReferenceEquals(before.Endpoint, endpoint) && EndpointJson.ToJson(before.Endpoint) != EndpointJson.ToJson(endpoint))
                puts.Add((endpoint, before));
        }

        var kept = wanted.Select(endpoint => endpoint.Id).ToHashSet();
        return new ProbesPlan(
            source, puts, [.. known.Where(each => each.Source == source && !kept.Contains(each.Endpoint.Id))], wanted.Count - puts.Count);
    }

    private List<string> Ids(Predicate<RegisteredEndpoint?> of) => [.. Puts.Where(put => of(put.Before)).Select(put => put.Endpoint.Id)];
}
