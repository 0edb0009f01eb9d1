using System.Text.Json;
using McpProbe.Configuration;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Probing;
using McpProbe.Text;
using McpProbe.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Api;

/// <summary>
/// <c>POST /api/check</c>: one probe now, of a registered endpoint (<c>{"id":…}</c>) or of a URL (<c>{"url":…}</c> with any other
/// option of an endpoint). It answers the result and records nothing. It is the administrator's, since it makes this machine connect
/// and uses the endpoint's credentials.
/// </summary>
internal static class CheckApi
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/check", CheckAsync).WithMetadata(ChangesNothing.Instance);

    private static async Task<IResult> CheckAsync(
        HttpRequest request,
        IEndpointStore endpoints,
        McpProber prober,
        OnDemandProber onDemand,
        ApiDefinitions rules,
        OnDemandLimits limits,
        WebOptions options,
        CancellationToken cancellationToken)
    {
        if (!TryReadStrict(request, out var strict))
            return Problem.Of(StatusCodes.Status400BadRequest, "The query is not valid.", [new Mistake(1, 1, "?strict", "strict must be true or false.")]);
        var (body, tooLarge) = await RequestBody.ReadAsync(request, RequestBody.MostBytes, cancellationToken);
        if (tooLarge is not null)
            return tooLarge;

        if (RegisteredId(body) is { } id)
        {
            if (await endpoints.FindEndpointAsync(id, cancellationToken) is not { Endpoint: var known, Unprobed: var unprobed })
                return Problem.NoEndpoint(id);
            if (unprobed is not null)
                return Problem.Of(StatusCodes.Status409Conflict, unprobed.Message);
            // Stored by a version that did not know of the limit.
            return known.Timeout > options.LongestTimeout
                ? Problem.Of(StatusCodes.Status409Conflict, $"The timeout of '{id}' ({Durations.Format(known.Timeout)}) is longer than a probe may take here ({Durations.Format(options.LongestTimeout.Value)}). PUT its definition again with a shorter one.")
                : await ProbeAsync(request.HttpContext, prober, known, limits, strict, cancellationToken);
        }

        var (endpoint, errors) = EndpointJson.Read(body, "on-demand", longestTimeout: options.LongestTimeout);
        if (endpoint is null)
            return Problem.Invalid("The check", errors);
        if (Refusals(endpoint, rules).ToList() is { Count: > 0 } refusals)
            return Problem.Invalid("The check", refusals);
        if (options.CheckUrls == CheckUrls.None)
            return Problem.Of(StatusCodes.Status403Forbidden, "Here only registered endpoints are checked. Send {\"id\": …}, or register the URL first with PUT /api/endpoints/{id}.");
        return await ProbeAsync(request.HttpContext, onDemand.Prober, endpoint, limits, strict, cancellationToken);
    }

    private static async Task<IResult> ProbeAsync(
        HttpContext context, McpProber prober, McpProbe.Endpoints.Endpoint endpoint, OnDemandLimits limits, bool strict, CancellationToken cancellationToken)
    {
        var (place, refusal) = limits.Enter(context);
        if (refusal is not null)
            return refusal;
        using (place)
        {
            var result = await prober.ProbeAsync(endpoint, cancellationToken);
            return Results.Json(
                result,
                WebJson.Default.ProbeResult,
                statusCode: strict && result.Verdict != Verdict.Healthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
        }
    }

    // A document that names nothing but an id; everything else is for EndpointJson to read or to refuse.
    private static string? RegisteredId(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.EnumerateObject().Count() == 1
                && root.TryGetProperty("id", out var id)
                && id.ValueKind == JsonValueKind.String
                ? id.GetString()
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    internal static IEnumerable<ConfigError> Refusals(McpProbe.Endpoints.Endpoint endpoint, ApiDefinitions rules)
    {
        // A reference would send a secret of this machine to a URL of the asker's choice.
        var references = EndpointSecrets.TextsIn(endpoint).Where(value => value.Text.Contains("${", StringComparison.Ordinal)).Select(value => value.Path).ToList();
        return rules.MistakesIn(endpoint).Where(mistake => !references.Contains(mistake.Path)).Concat(OnDemandLimits.Refusals(endpoint)).Concat(references.Select(path => new ConfigError(
            "body", 1, 1, path, "A check of a URL that is not registered uses no secrets of this machine. Register the endpoint, then check its id.")));
    }

    private static bool TryReadStrict(HttpRequest request, out bool strict)
    {
        strict = false;
        return request.Query["strict"] is not [{ } text, ..] || bool.TryParse(text, out strict);
    }
}
