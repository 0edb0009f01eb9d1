using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Web.Access;
using McpProbe.Web.Api;

namespace McpProbe.Web.Pages.OneEndpoint;

/// <summary>What the pages of one endpoint read, each a bounded number of rows; the public's is read once for all who ask within seconds.</summary>
internal sealed class EndpointReads(
    IEndpointStore endpoints, IMonitorStore store, IMonitorHistory history, SharedReads shared, AccessControl rule, WebOptions options, TimeProvider time)
{
    private const int DriftShown = 50;

    internal WebOptions Options => options;

    internal bool CanSignIn => rule.HasKey;

    /// <summary>
    /// The endpoint, when the viewer sees it. For the public it is looked for among the public ones, which are read anyway: a name that
    /// somebody makes up costs nothing, and a private one is not even looked at.
    /// </summary>
    internal async Task<EndpointHead?> FindAsync(string id, Viewer viewer, CancellationToken cancellationToken)
    {
        if (await RegisteredAsync(id, viewer, cancellationToken) is not var (registered, state))
            return null;
        var latest = await ForAsync(
            viewer, $"latest {id}", cancellation => history.ReadResultsAsync(id, after: null, EndpointPages.ResultsOnAPage, cancellation), cancellationToken);
        var now = time.GetUtcNow();
        var known = Freshness.AsOf(new EndpointOverview(registered, state, latest is [var newest, ..] ? newest : null), now);
        return new EndpointHead(registered, known.State, latest, known.Stale, now);
    }

    internal Task<IReadOnlyList<DriftRecord>> DriftAsync(string id, Viewer viewer, CancellationToken cancellationToken) => ForAsync(
        viewer, $"drift {id}", cancellation => history.ReadDriftAsync(id, DriftShown, cancellation), cancellationToken);

    // Whom alerts went to is not for the public.
    internal async Task<IReadOnlyList<IncidentDocument>> IncidentsAsync(
        string id, Viewer viewer, DateTimeOffset? before, int limit, CancellationToken cancellationToken)
    {
        if (viewer.SeesEverything)
            return await HistoryApi.WithDeliveriesAsync(history, await history.ReadIncidentsAsync(id, before, limit, cancellationToken), cancellationToken);
        var incidents = before is null
            ? await shared.GetAsync($"incidents {id} {limit}", cancellation => history.ReadIncidentsAsync(id, before: null, limit, cancellation), cancellationToken)
            : await history.ReadIncidentsAsync(id, before, limit, cancellationToken);
        return [.. incidents.Select(incident => new IncidentDocument(incident.ForThePublic(), []))];
    }

    /// <summary>Of an endpoint that the viewer sees.</summary>
    /// <param name="key">As in <see cref="SharedReads"/>.</param>
    internal Task<T> ForAsync<T>(Viewer viewer, string key, Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        StatusPages.ForAsync(viewer, shared, key, read, cancellationToken);

    private async Task<(RegisteredEndpoint Registered, EndpointState State)?> RegisteredAsync(string id, Viewer viewer, CancellationToken cancellationToken)
    {
        if (!viewer.SeesEverything)
        {
            return (await shared.GetAsync("overview", history.ReadPublicOverviewAsync, cancellationToken))
                .FirstOrDefault(one => viewer.Sees(one.Registered.Endpoint) && one.Registered.Endpoint.Id == id) is { } one ? (one.Registered, one.State) : null;
        }

        return await endpoints.FindEndpointAsync(id, cancellationToken) is { } registered
            ? (registered, (await store.ReadStateAsync(id, cancellationToken))?.State ?? EndpointState.New)
            : null;
    }
}
