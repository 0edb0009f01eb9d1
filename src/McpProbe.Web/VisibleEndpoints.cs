using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Web.Access;

namespace McpProbe.Web;

/// <summary>
/// Single endpoints, for whoever may see them. For the public they are looked for among the public ones, which are read anyway: a name
/// that somebody makes up costs nothing, and a private one is not even looked at.
/// </summary>
internal sealed class VisibleEndpoints(IEndpointStore endpoints, IMonitorStore store, IMonitorHistory history, SharedReads shared, TimeProvider time)
{
    /// <summary>As it is known now; null when there is none, or the viewer does not see it.</summary>
    internal async Task<EndpointOverview?> FindAsync(string id, Viewer viewer, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (!viewer.SeesEverything)
        {
            return (await PublicAsync(cancellationToken)).FirstOrDefault(one => viewer.Sees(one.Registered.Endpoint) && one.Registered.Endpoint.Id == id) is { } one
                ? Freshness.AsOf(one, now)
                : null;
        }

        if (await endpoints.FindEndpointAsync(id, cancellationToken) is not { } registered)
            return null;
        var state = (await store.ReadStateAsync(id, cancellationToken))?.State ?? EndpointState.New;
        var last = await history.ReadResultsAsync(id, after: null, limit: 1, cancellationToken);
        return Freshness.AsOf(new EndpointOverview(registered, state, last is [var newest, ..] ? newest : null), now);
    }

    internal Task<IReadOnlyList<EndpointOverview>> PublicAsync(CancellationToken cancellationToken) =>
        shared.GetAsync("overview", history.ReadPublicOverviewAsync, cancellationToken);
}
