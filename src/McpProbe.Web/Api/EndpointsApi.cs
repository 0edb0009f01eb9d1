using McpProbe.Alerts.Channels;
using McpProbe.Configuration;
using McpProbe.Configuration.Reading;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Api;

/// <summary>The definitions: <c>GET /api/endpoints</c> and <c>GET|PUT|DELETE /api/endpoints/{id}</c>.</summary>
internal static class EndpointsApi
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/api/endpoints", Methods.Read, ListAsync);
        routes.MapMethods("/api/endpoints/{id}", Methods.Read, GetAsync);
        routes.MapPut("/api/endpoints/{id}", PutAsync);
        routes.MapDelete("/api/endpoints/{id}", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request, string? after, IMonitorHistory history, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Query.Limit(request, out var limit) is { } mistake)
            return mistake;
        var now = time.GetUtcNow();
        var page = (await history.ReadOverviewAsync(cancellationToken))
            .Where(one => after is null || string.CompareOrdinal(one.Registered.Endpoint.Id, after) > 0)
            .OrderBy(one => one.Registered.Endpoint.Id, StringComparer.Ordinal)
            .Take(limit + 1)
            .Select(one => EndpointDocument.Of(Freshness.AsOf(one, now), now))
            .ToList();
        var document = page.Count > limit
            ? new EndpointsDocument(page[..limit], page[limit - 1].Endpoint.Id)
            : new EndpointsDocument(page, Next: null);
        return Results.Json(document, WebJson.Default.EndpointsDocument);
    }

    private static async Task<IResult> GetAsync(
        string id, IEndpointStore endpoints, IMonitorStore store, IMonitorHistory history, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await endpoints.FindEndpointAsync(id, cancellationToken) is not { } registered)
            return Problem.NoEndpoint(id);
        return Results.Json(
            await DocumentAsync(registered, store, history, time.GetUtcNow(), cancellationToken), WebJson.Default.EndpointDocument);
    }

    private static async Task<EndpointDocument> DocumentAsync(
        RegisteredEndpoint registered, IMonitorStore store, IMonitorHistory history, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var id = registered.Endpoint.Id;
        var state = await store.ReadStateAsync(id, cancellationToken);
        var last = await history.ReadResultsAsync(id, before: null, limit: 1, cancellationToken);
        return EndpointDocument.Of(
            Freshness.AsOf(new EndpointOverview(registered, state?.State ?? EndpointState.New, last is [var newest, ..] ? newest : null), now), now);
    }

    private static async Task<IResult> PutAsync(
        string id,
        HttpRequest request,
        EndpointRegistry registry,
        IEndpointStore endpoints,
        IMonitorStore store,
        IMonitorHistory history,
        IReadOnlyDictionary<string, Channel> channels,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (body, tooLarge) = await RequestBody.ReadAsync(request, RequestBody.MostBytes, cancellationToken);
        if (tooLarge is not null)
            return tooLarge;
        var (endpoint, errors) = EndpointJson.Read(body, id, [.. channels.Keys.Order(StringComparer.Ordinal)]);
        if (endpoint is null)
            return Problem.Invalid("The endpoint", errors);
        if (Refusals(endpoint).ToList() is { Count: > 0 } refusals)
            return Problem.Invalid("The endpoint", refusals);

        var outcome = await registry.PutAsync(endpoint, EndpointSource.Api, cancellationToken);
        if (outcome == RegistryOutcome.OwnedByFile)
            return OwnedByFile(id);

        var registered = await endpoints.FindEndpointAsync(id, cancellationToken) ?? new RegisteredEndpoint(endpoint, EndpointSource.Api);
        var document = await DocumentAsync(registered, store, history, time.GetUtcNow(), cancellationToken);
        if (outcome != RegistryOutcome.Created)
            return Results.Json(document, WebJson.Default.EndpointDocument);
        request.HttpContext.Response.Headers.Location = $"/api/endpoints/{id}";
        return Results.Json(document, WebJson.Default.EndpointDocument, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> DeleteAsync(string id, EndpointRegistry registry, CancellationToken cancellationToken) =>
        await registry.DeleteAsync(id, EndpointSource.Api, cancellationToken) switch
        {
            RegistryOutcome.OwnedByFile => OwnedByFile(id),
            RegistryOutcome.NotFound => Problem.NoEndpoint(id),
            _ => Results.NoContent(),
        };

    /// <summary>What only the probes file may say: whoever may call the API may not thereby start programs or open files on this machine.</summary>
    internal static IEnumerable<ConfigError> Refusals(McpProbe.Endpoints.Endpoint endpoint)
    {
        if (endpoint.Command is not null)
            yield return new ConfigError("body", 1, 1, "command", "A stdio server is started on McpProbe's own machine, so it can only be defined in the probes file. Give a 'url' here.");
        foreach (var (key, value) in endpoint.Tls.Named())
        {
            if (!SecretReference.Is(value))
                yield return new ConfigError("body", 1, 1, $"tls.{key}", $"A file is opened on McpProbe's own machine, so its path can only stand in the probes file. Write {SecretReference.Example} here, and put the PEM text into that variable.");
        }
    }

    private static IResult OwnedByFile(string id) => Problem.Of(
        StatusCodes.Status409Conflict, $"The endpoint '{id}' is defined in the probes file. Change it there and restart, or use another id.");
}
