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
        IReadOnlyDictionary<string, Channel> channels,
        AccessControl rule,
        WebOptions options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var viewer = Viewer.Of(context);
        var now = time.GetUtcNow();
        var overview = await StatusApi.ReadVisibleAsync(history, viewer, now, cancellationToken);
        var page = int.TryParse(context.Request.Query["page"], out var number) && number is > 1 and < 1_000_000 ? number : 1;

        // Worst first, so that what is broken is on the first page whatever its name.
        var shown = overview
            .OrderBy(one => StatusView.Rank(one))
            .ThenBy(one => one.Registered.Endpoint.Id, StringComparer.Ordinal)
            .Skip((page - 1) * RowsOnAPage)
            .Take(RowsOnAPage);
        var rows = new List<StatusRow>();
        foreach (var one in shown)
            rows.Add(new(one, await history.ReadResultsAsync(one.Registered.Endpoint.Id, before: null, BarLength, cancellationToken)));

        return new PageResult<StatusPage>(new()
        {
            [nameof(StatusPage.Obstacles)] = await StatusApi.ObstaclesAsync(context, cancellationToken),
            [nameof(StatusPage.View)] = new StatusView(overview, rows, page, now),
            // Whom alerts go to is not for the public.
            [nameof(StatusPage.Undelivered)] = viewer.SeesEverything ? await UndeliveredView.ReadAsync(channels, history, now, cancellationToken) : null,
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
        AccessControl rule,
        WebOptions options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var viewer = Viewer.Of(context);
        // A private endpoint looks exactly like one that does not exist.
        if (await endpoints.FindEndpointAsync(id, cancellationToken) is not { } registered || !viewer.Sees(registered.Endpoint))
            return MessagePage.NoEndpoint(context);

        DateTimeOffset? before = context.Request.Query["before"] is [{ } text, ..] && Query.TryParseInstant(text, out var instant) ? instant : null;
        var latest = await history.ReadResultsAsync(id, before: null, BarLength, cancellationToken);
        var now = time.GetUtcNow();
        var state = (await store.ReadStateAsync(id, cancellationToken))?.State ?? EndpointState.New;
        var known = Freshness.AsOf(new EndpointOverview(registered, state, latest is [var newest, ..] ? newest : null), now);
        return new PageResult<EndpointPage>(new()
        {
            [nameof(EndpointPage.Obstacles)] = await StatusApi.ObstaclesAsync(context, cancellationToken),
            [nameof(EndpointPage.View)] = new EndpointView(
                registered,
                known.State,
                latest,
                before is null ? latest : await history.ReadResultsAsync(id, before, BarLength, cancellationToken),
                before,
                await HistoryApi.WithDeliveriesAsync(
                    history, await history.ReadIncidentsAsync(id, before: null, IncidentsShown, cancellationToken), cancellationToken),
                await history.ReadDriftAsync(id, DriftShown, cancellationToken),
                now)
            {
                Stale = known.Stale,
            },
            [nameof(EndpointPage.Viewer)] = viewer,
            [nameof(EndpointPage.CanSignIn)] = rule.HasKey,
            [nameof(EndpointPage.Options)] = options,
        });
    }

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
