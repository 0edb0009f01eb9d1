using McpProbe.Alerts.Channels;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Web.Access;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Pages;

/// <summary>The pages for people: <c>GET /</c> and <c>GET /endpoints/{id}</c>, and what they need.</summary>
internal static class StatusPages
{
    internal const int BarLength = 60;
    internal const int RowsOnAPage = 200;
    private const int IncidentsShown = 20;
    private const int DriftShown = 10;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/", Methods.Read, StatusAsync).WithMetadata(OpenRoute.Instance);
        routes.MapMethods("/endpoints/{id}", Methods.Read, EndpointAsync).WithMetadata(OpenRoute.Instance);
        routes.MapMethods("/endpoints/{id}/compare", Methods.Read, CompareAsync);
        foreach (var asset in new[] { Asset.Stylesheet, Asset.Script })
            routes.MapMethods(asset.Path.Split('?')[0], Methods.Read, asset.Answer).WithMetadata(OpenRoute.Instance);
    }

    private static async Task<IResult> StatusAsync(
        HttpContext context,
        IMonitorHistory history,
        SharedReads shared,
        IReadOnlyDictionary<string, Channel> channels,
        AccessControl rule,
        WebOptions options,
        ProbesFileStatus file,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var viewer = Viewer.Of(context);
        var now = time.GetUtcNow();
        var (overview, archived) = await StatusApi.ReadVisibleAsync(history, shared, viewer, now, cancellationToken);
        // One after the last is the last.
        var last = Math.Max(1, (overview.Count + RowsOnAPage - 1) / RowsOnAPage);
        var page = int.TryParse(context.Request.Query["page"], out var number) ? Math.Clamp(number, 1, last) : 1;

        // Worst first, so that what is broken is on the first page whatever its name.
        var shown = overview
            .OrderBy(one => StatusView.Rank(one))
            .ThenBy(one => one.Registered.Endpoint.Id, StringComparer.Ordinal)
            .Skip((page - 1) * RowsOnAPage)
            .Take(RowsOnAPage)
            .ToList();
        var rows = await Task.WhenAll(shown.Select(async one => new StatusRow(
            one,
            await ForAsync(viewer, shared, $"bar {one.Registered.Endpoint.Id}", async cancellation => Slim(
                await history.ReadResultsAsync(one.Registered.Endpoint.Id, after: null, BarLength, cancellation)), cancellationToken))));

        return new PageResult<StatusPage>(new()
        {
            [nameof(StatusPage.Obstacles)] = await StatusApi.ObstaclesAsync(context, cancellationToken),
            [nameof(StatusPage.View)] = new StatusView(overview, rows, page, now) { Archived = archived },
            // Whom alerts go to is not for the public.
            [nameof(StatusPage.Undelivered)] = viewer.SeesEverything ? await UndeliveredView.ReadAsync(channels, history, now, cancellationToken) : null,
            [nameof(StatusPage.File)] = file.Current,
            [nameof(StatusPage.Viewer)] = viewer,
            [nameof(StatusPage.CanSignIn)] = rule.HasKey,
            [nameof(StatusPage.Options)] = options,
            [nameof(StatusPage.BaseAddress)] = $"{context.Request.Scheme}://{context.Request.Host}",
        });
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

    /// <summary>What a row shows of its results: hundreds of rows are kept for a moment.</summary>
    private static IReadOnlyList<ProbeRecord> Slim(IReadOnlyList<ProbeRecord> records) =>
        [.. records.Select(record => record with { Result = record.Result with { Conditions = [], Findings = [], SupportedVersions = [], Server = null, Certificate = null } })];

    /// <summary>Of an endpoint that the viewer sees.</summary>
    private static Task<T> ForAsync<T>(
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
