using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Web.Access;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Pages;

/// <summary>The pages for people: <c>GET /endpoints/{id}</c>, and what all pages need.</summary>
internal static class StatusPages
{
    internal const int BarLength = 60;
    private const int IncidentsShown = 20;
    private const int DriftShown = 10;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/endpoints/{id}", Methods.Read, EndpointAsync).WithMetadata(OpenRoute.Instance);
        routes.MapMethods("/endpoints/{id}/compare", Methods.Read, CompareAsync);
        foreach (var asset in new[] { Asset.Stylesheet, Asset.Script })
            routes.MapMethods(asset.Path.Split('?')[0], Methods.Read, asset.Answer).WithMetadata(OpenRoute.Instance);
    }

    private static async Task<IResult> EndpointAsync(
        string id,
        HttpContext context,
        IEndpointStore endpoints,
        IMonitorStore store,
        IMonitorHistory history,
        SharedReads shared,
        AccessControl rule,
        WebOptions options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var viewer = Viewer.Of(context);
        // A private endpoint looks exactly like one that does not exist.
        if (await FindAsync(id, viewer, endpoints, store, history, shared, cancellationToken) is not var (registered, state))
            return MessagePage.NoEndpoint(context);

        var before = context.Request.Query["before"] is [{ } text, ..] ? Query.TryParseCursor(text) : null;
        var latest = await ForAsync(
            viewer, shared, $"latest {id}", cancellation => history.ReadResultsAsync(id, after: null, BarLength, cancellation), cancellationToken);
        var now = time.GetUtcNow();
        var known = Freshness.AsOf(new EndpointOverview(registered, state, latest is [var newest, ..] ? newest : null), now);
        return new PageResult<EndpointPage>(new()
        {
            [nameof(EndpointPage.Obstacles)] = await StatusApi.ObstaclesAsync(context, cancellationToken),
            [nameof(EndpointPage.View)] = new EndpointView(
                registered,
                known.State,
                latest,
                before is null ? latest : await history.ReadResultsAsync(id, before, BarLength, cancellationToken),
                before?.Slot,
                await ForAsync(
                    viewer, shared, $"incidents {id}", cancellation => IncidentsAsync(id, viewer, history, cancellation), cancellationToken),
                await ForAsync(viewer, shared, $"drift {id}", cancellation => history.ReadDriftAsync(id, DriftShown, cancellation), cancellationToken),
                now)
            {
                Stale = known.Stale,
            },
            [nameof(EndpointPage.Viewer)] = viewer,
            [nameof(EndpointPage.CanSignIn)] = rule.HasKey,
            [nameof(EndpointPage.Options)] = options,
        });
    }

    /// <summary>
    /// The endpoint, when the viewer sees it. For the public it is looked for among the public ones, which are read anyway: a name that
    /// somebody makes up costs nothing, and a private one is not even looked at.
    /// </summary>
    private static async Task<(RegisteredEndpoint Registered, EndpointState State)?> FindAsync(
        string id, Viewer viewer, IEndpointStore endpoints, IMonitorStore store, IMonitorHistory history, SharedReads shared,
        CancellationToken cancellationToken)
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

    // Whom alerts went to is not for the public.
    private static async Task<IReadOnlyList<IncidentDocument>> IncidentsAsync(
        string id, Viewer viewer, IMonitorHistory history, CancellationToken cancellationToken)
    {
        var incidents = await history.ReadIncidentsAsync(id, before: null, IncidentsShown, cancellationToken);
        return viewer.SeesEverything
            ? await HistoryApi.WithDeliveriesAsync(history, incidents, cancellationToken)
            : [.. incidents.Select(incident => new IncidentDocument(incident, []))];
    }

    /// <summary>Of an endpoint that the viewer sees.</summary>
    internal static Task<T> ForAsync<T>(
        Viewer viewer, SharedReads shared, string key, Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        viewer.SeesEverything ? read(cancellationToken) : shared.GetAsync(key, read, cancellationToken);

    private static async Task<IResult> CompareAsync(
        string id,
        string? from,
        string? to,
        HttpContext context,
        IEndpointStore endpoints,
        IMonitorStore store,
        IMonitorHistory history,
        AccessControl rule,
        WebOptions options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await endpoints.FindEndpointAsync(id, cancellationToken) is not { } registered)
            return MessagePage.NoEndpoint(context);
        var (comparison, problem) = await CompareApi.ReadAsync(id, from, to, store, history, cancellationToken);
        if (comparison is null)
            return MessagePage.Answer(context, problem!.Status, "Nothing to compare", problem.Errors is [{ } mistake, ..] ? mistake.Message : problem.Detail);
        return new PageResult<ComparePage>(new()
        {
            [nameof(ComparePage.Endpoint)] = registered.Endpoint,
            [nameof(ComparePage.Comparison)] = comparison,
            [nameof(ComparePage.Viewer)] = Viewer.Of(context),
            [nameof(ComparePage.CanSignIn)] = rule.HasKey,
            [nameof(ComparePage.Options)] = options,
            [nameof(ComparePage.Now)] = time.GetUtcNow(),
        });
    }
}
