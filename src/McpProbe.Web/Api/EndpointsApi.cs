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
        if (Query.Flag(request, "archived", out var archived) is { } wrong)
            return wrong;
        var now = time.GetUtcNow();
        var page = (await PageAsync(history, archived, after, limit + 1, cancellationToken))
            .Select(one => EndpointDocument.Of(Freshness.AsOf(one, now), now))
            .ToList();
        var document = page.Count > limit
            ? new EndpointsDocument(page[..limit], page[limit - 1].Endpoint.Id)
            : new EndpointsDocument(page, Next: null);
        return Results.Json(document, WebJson.Default.EndpointsDocument);
    }

    // The store pages over both, since there are few archived ones or none.
    private static async Task<IReadOnlyList<EndpointOverview>> PageAsync(
        IMonitorHistory history, bool archived, string? after, int count, CancellationToken cancellationToken)
    {
        var found = new List<EndpointOverview>();
        while (true)
        {
            var some = await history.ReadEndpointsAsync(after, count, cancellationToken);
            found.AddRange(some.Where(one => StatusApi.IsArchived(one) == archived));
            if (found.Count >= count || some.Count < count)
                return found.Count > count ? found[..count] : found;
            after = some[^1].Registered.Endpoint.Id;
        }
    }

    private static async Task<IResult> GetAsync(
        string id, HttpContext context, IEndpointStore endpoints, IMonitorStore store, IMonitorHistory history, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await endpoints.FindEndpointAsync(id, cancellationToken) is not { } registered)
            return Problem.NoEndpoint(id);
        context.Response.Headers.ETag = Precondition.ETagOf(registered.Generation);
        return Results.Json(
            await DocumentAsync(registered, store, history, time.GetUtcNow(), cancellationToken), WebJson.Default.EndpointDocument);
    }

    private static async Task<EndpointDocument> DocumentAsync(
        RegisteredEndpoint registered, IMonitorStore store, IMonitorHistory history, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var id = registered.Endpoint.Id;
        var state = await store.ReadStateAsync(id, cancellationToken);
        var last = await history.ReadResultsAsync(id, after: null, limit: 1, cancellationToken);
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
        ApiDefinitions rules,
        WebOptions options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (body, tooLarge) = await RequestBody.ReadAsync(request, RequestBody.MostBytes, cancellationToken);
        if (tooLarge is not null)
            return tooLarge;
        var (endpoint, errors) = EndpointJson.Read(body, id, [.. channels.Keys.Order(StringComparer.Ordinal)], options.LongestTimeout);
        if (endpoint is null)
            return Problem.Invalid("The endpoint", errors);
        if (Refusals(endpoint, rules, channels).ToList() is { Count: > 0 } refusals)
            return Problem.Invalid("The endpoint", refusals);

        var (when, wrong) = Precondition.Read(request);
        if (wrong is not null)
            return wrong;
        var outcome = await registry.PutAsync(endpoint, EndpointSource.Api, cancellationToken, when);
        if (outcome == RegistryOutcome.OwnedByFile)
            return OwnedByFile(id);
        if (outcome == RegistryOutcome.ConditionFailed)
            return Precondition.Failed($"The endpoint '{id}'", $"/api/endpoints/{id}");

        var registered = await endpoints.FindEndpointAsync(id, cancellationToken) ?? new RegisteredEndpoint(endpoint, EndpointSource.Api);
        request.HttpContext.Response.Headers.ETag = Precondition.ETagOf(registered.Generation);
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

    /// <summary>What a definition that is valid may not say here, whoever sends it.</summary>
    internal static IEnumerable<ConfigError> Refusals(
        McpProbe.Endpoints.Endpoint endpoint, ApiDefinitions rules, IReadOnlyDictionary<string, Channel> channels) =>
        rules.MistakesIn(endpoint).Concat(UnusableChannels(endpoint, channels));

    /// <summary>A channel that cannot send would be found out in the first outage.</summary>
    internal static IEnumerable<ConfigError> UnusableChannels(McpProbe.Endpoints.Endpoint endpoint, IReadOnlyDictionary<string, Channel> channels) =>
        ChannelSecrets.Unset(ChannelSecrets.UsedBy([endpoint], channels.Values), SecretReference.FromEnvironment)
            .Select(mistake => new ConfigError("body", 1, 1, "channels", $"The {mistake}, or name another channel."));

    private static IResult OwnedByFile(string id) => Problem.Of(
        StatusCodes.Status409Conflict, $"The endpoint '{id}' is defined in the probes file. Change it there, or use another id.");
}
