using System.Text.Json.Serialization;
using McpProbe.Monitoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Api;

/// <summary>
/// <c>POST|DELETE /api/endpoints/{id}/maintenance</c>: a time in which probes go on and nobody is alerted. An endpoint of the
/// probes file may be put into maintenance too: its definition stays as it is.
/// </summary>
internal static class MaintenanceApi
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/endpoints/{id}/maintenance", SetAsync);
        routes.MapDelete("/api/endpoints/{id}/maintenance", EndAsync);
    }

    /// <summary>What stands in the way of ending one, for people.</summary>
    internal const string NoneToEnd =
        "Nobody asked for a maintenance of this endpoint, or it is over, so there is nothing to end. "
        + "A planned window is part of the endpoint's definition: change 'maintenance' there.";

    private static async Task<IResult> SetAsync(
        string id, HttpRequest request, EndpointRegistry registry, CancellationToken cancellationToken)
    {
        var (asked, refusal) = await RequestBody.ReadJsonAsync(
            request, WebJson.Default.MaintenanceRequest,
            """send {"duration":"2h","by":"your name"}, with "until", "from" and "reason" where they are wanted.""", cancellationToken);
        if (refusal is not null)
            return refusal;
        var (wish, mistakes) = MaintenanceWish.Read(asked ?? new MaintenanceRequest());
        if (wish is null)
            return Problem.Invalid("The request", mistakes);
        var (outcome, maintenance) = await wish.AskAsync(registry, id, cancellationToken);
        return outcome switch
        {
            MaintenanceOutcome.Changed => Results.Json(maintenance!, WebJson.Default.AdHocMaintenance),
            MaintenanceOutcome.NotFound => Problem.NoEndpoint(id),
            _ => Problem.Invalid("The request", [wish.WhyNot(outcome)]),
        };
    }

    private static async Task<IResult> EndAsync(string id, EndpointRegistry registry, CancellationToken cancellationToken) =>
        await registry.EndMaintenanceAsync(id, cancellationToken) switch
        {
            MaintenanceOutcome.Changed => Results.NoContent(),
            MaintenanceOutcome.NotFound => Problem.NoEndpoint(id),
            _ => Problem.Of(StatusCodes.Status409Conflict, NoneToEnd),
        };
}

/// <param name="Duration">Such as <c>2h</c>; or <paramref name="Until"/>.</param>
/// <param name="From">Null for now.</param>
/// <param name="By">Who asks for it.</param>
/// <param name="Reason">What for; may be left out.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record MaintenanceRequest(
    string? Duration = null, string? Until = null, string? From = null, string? By = null, string? Reason = null);
