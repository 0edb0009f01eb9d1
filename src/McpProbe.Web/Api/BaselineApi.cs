using System.Text.Json.Serialization;
using McpProbe.Configuration.Reading;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Api;

/// <summary><c>POST /api/endpoints/{id}/baseline</c>: the catalogue that the endpoint has now was reviewed, and is its baseline.</summary>
internal static class BaselineApi
{
    internal const int LongestName = 100;

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/endpoints/{id}/baseline", AcceptAsync);

    private static async Task<IResult> AcceptAsync(
        string id, HttpRequest request, EndpointRegistry registry, CancellationToken cancellationToken)
    {
        var (wish, refusal) = await RequestBody.ReadJsonAsync(
            request, WebJson.Default.BaselineRequest,
            """send {"by":"your name"} and, if you like, the "hash" that you reviewed.""", cancellationToken);
        if (refusal is not null)
            return refusal;
        if (Reviewer(wish?.By) is not { } by)
            return Problem.Invalid("The request", [new ConfigError("body", 1, 1, "by", $"Say who accepts the catalogue, in 1 to {LongestName} characters.")]);
        var (outcome, baseline) = await registry.AcceptBaselineAsync(id, by, wish!.Hash, cancellationToken);
        return outcome == BaselineOutcome.Accepted
            ? Results.Json(baseline!, WebJson.Default.BaselineReference)
            : outcome == BaselineOutcome.NotFound
                ? Problem.NoEndpoint(id)
                : Problem.Of(StatusCodes.Status409Conflict, WhyNot(outcome, baseline));
    }

    /// <summary>The name as it is kept; null when it is none.</summary>
    internal static string? Reviewer(string? name) =>
        ForeignText.OneLine(name ?? "", LongestName + 1) is { Length: > 0 and <= LongestName } line ? line : null;

    /// <summary>What stands in the way of accepting, for people.</summary>
    internal static string WhyNot(BaselineOutcome outcome, BaselineReference? now) => outcome switch
    {
        BaselineOutcome.NoCatalog => "No probe has read the endpoint's catalogue yet, so there is nothing to accept. Look at its results.",
        BaselineOutcome.AnotherCatalog => $"The catalogue changed since it was reviewed: it is {now!.Hash} now. Look at its drift again, then accept that.",
        _ => "The endpoint's driftPolicy is 'freeze', so its baseline stays. Change the policy first if the new catalogue is wanted.",
    };
}

/// <param name="By">Who reviewed it.</param>
/// <param name="Hash">What was reviewed: if the catalogue is another one by now, nothing is accepted.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record BaselineRequest(string? By, string? Hash = null);
