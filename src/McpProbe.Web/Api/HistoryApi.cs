using System.Net.Mime;
using McpProbe.Drift;
using McpProbe.Model;
using McpProbe.Monitoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace McpProbe.Web.Api;

/// <summary>What was recorded: <c>GET /api/endpoints/{id}/results|incidents|drift|catalog|sessions|tokens</c>.</summary>
internal static class HistoryApi
{
    /// <summary>Incidents that one probe can open at most: one of each kind.</summary>
    private static readonly int OfOneProbe = Enum.GetValues<IncidentKind>().Length;

    /// <summary>Changes that the trend of tokens goes back.</summary>
    private const int MostSteps = 100;

    /// <summary>For the newest answer with a catalogue.</summary>
    private const int ResultsLookedAt = 60;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var endpoint = routes.MapGroup("/api/endpoints/{id}").AddEndpointFilter(RequireEndpointAsync);
        endpoint.MapMethods("/results", Methods.Read, ResultsAsync);
        endpoint.MapMethods("/incidents", Methods.Read, IncidentsAsync);
        endpoint.MapMethods("/drift", Methods.Read, DriftAsync);
        endpoint.MapMethods("/catalog", Methods.Read, CatalogAsync);
        endpoint.MapMethods("/sessions", Methods.Read, SessionsAsync);
        endpoint.MapMethods("/tokens", Methods.Read, TokensAsync);
    }

    private static async ValueTask<object?> RequireEndpointAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var id = (string)http.Request.RouteValues["id"]!;
        var endpoints = (IEndpointStore)http.RequestServices.GetService(typeof(IEndpointStore))!;
        return await endpoints.FindEndpointAsync(id, http.RequestAborted) is null ? Problem.NoEndpoint(id) : await next(context);
    }

    private static async Task<IResult> ResultsAsync(
        string id, HttpRequest request, IMonitorHistory history, CancellationToken cancellationToken)
    {
        if (Query.Limit(request, out var limit) is { } wrongLimit)
            return wrongLimit;
        if (Query.BeforeResult(request, out var before) is { } wrongBefore)
            return wrongBefore;
        // One more than asked tells whether there is a next page.
        var results = await history.ReadResultsAsync(id, before, limit + 1, cancellationToken);
        var document = results.Count > limit
            ? new ResultsDocument([.. results.Take(limit)], Query.Cursor(results[limit - 1]))
            : new ResultsDocument(results, Next: null);
        return Results.Json(document, WebJson.Default.ResultsDocument);
    }

    private static async Task<IResult> IncidentsAsync(
        string id, HttpRequest request, IMonitorHistory history, CancellationToken cancellationToken)
    {
        if (Query.Limit(request, out var limit) is { } wrongLimit)
            return wrongLimit;
        if (Query.Before(request, out var before) is { } wrongBefore)
            return wrongBefore;
        // Those that one probe opened stay together, since the next page begins before an instant; one more tells whether there is one.
        var incidents = await history.ReadIncidentsAsync(id, before, limit + OfOneProbe, cancellationToken);
        var page = incidents.TakeWhile((one, i) => i < limit || one.OpenedAt == incidents[limit - 1].OpenedAt).ToList();
        return Results.Json(
            new IncidentsDocument(
                await WithDeliveriesAsync(history, page, cancellationToken),
                page.Count < incidents.Count ? Query.Cursor(page[^1].OpenedAt) : null),
            WebJson.Default.IncidentsDocument);
    }

    internal static async Task<IReadOnlyList<IncidentDocument>> WithDeliveriesAsync(
        IMonitorHistory history, IReadOnlyList<Incident> incidents, CancellationToken cancellationToken)
    {
        var documents = new List<IncidentDocument>();
        foreach (var incident in incidents)
            documents.Add(new(incident, await history.ReadDeliveriesAsync(incident.Id, cancellationToken)));
        return documents;
    }

    private static async Task<IResult> DriftAsync(
        string id, HttpRequest request, IMonitorHistory history, CancellationToken cancellationToken)
    {
        if (Query.Limit(request, out var limit) is { } mistake)
            return mistake;
        if (Query.Before(request, out var before) is { } wrongBefore)
            return wrongBefore;
        var (page, next) = await Paging.NewestFirstAsync(count => history.ReadDriftAsync(id, count, cancellationToken), record => record.At, before, limit);
        return Results.Json(new DriftDocument(page, next), WebJson.Default.DriftDocument);
    }

    private static async Task<IResult> SessionsAsync(string id, IEndpointStore endpoints, IMonitorStore store, CancellationToken cancellationToken)
    {
        var canary = await endpoints.FindEndpointAsync(id, cancellationToken) is { Endpoint.Canary: true };
        var state = (await store.ReadStateAsync(id, cancellationToken))?.State ?? EndpointState.New;
        return Results.Json(SessionsDocument.Of(state.Sessions ?? SessionHistory.Empty, canary), WebJson.Default.SessionsDocument);
    }

    private static async Task<IResult> TokensAsync(string id, IMonitorHistory history, CancellationToken cancellationToken)
    {
        var drift = await history.ReadDriftAsync(id, MostSteps, cancellationToken);
        var latest = await history.ReadResultsAsync(id, after: null, ResultsLookedAt, cancellationToken);
        var now = latest.FirstOrDefault(record => record.Result.Catalog is not null)?.Result.Catalog;
        return Results.Json(TokensDocument.Of(TokenTrend.Of(drift, now), now), WebJson.Default.TokensDocument);
    }

    // The last baseline of ?protocol, or the one that counts.
    private static async Task<IResult> CatalogAsync(
        string id, string? protocol, IMonitorStore store, CancellationToken cancellationToken)
    {
        var state = (await store.ReadStateAsync(id, cancellationToken))?.State ?? EndpointState.New;
        var baselines = state.Baselines;
        var baseline = protocol is null ? state.Baseline?.Reference : baselines.GetValueOrDefault(protocol);
        if (baseline is null)
            return Problem.Of(StatusCodes.Status404NotFound, baselines.Count == 0
                ? $"The endpoint '{id}' has no baseline yet: no probe has read its catalogue. Look at its results."
                : $"The endpoint '{id}' has no baseline for that protocol version. It has: {string.Join(", ", baselines.Keys.Order(StringComparer.Ordinal))}.");
        if (await store.ReadCatalogAsync(baseline.Hash, cancellationToken) is not { } canonical)
            return Problem.Of(StatusCodes.Status404NotFound, $"The baseline's catalogue {baseline.Hash} is not stored any more. The next probe that sees it stores it again.");
        return Results.Bytes(canonical.ToArray(), MediaTypeNames.Application.Json, entityTag: new EntityTagHeaderValue($"\"{baseline.Hash}\""));
    }
}
