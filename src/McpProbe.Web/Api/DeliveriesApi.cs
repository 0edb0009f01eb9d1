using McpProbe.Alerts;
using McpProbe.Alerts.Deliveries;
using McpProbe.Monitoring;
using McpProbe.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Api;

/// <summary>
/// Alerts that nobody got: <c>GET /api/deliveries</c> and <c>POST /api/deliveries/{transitionId}/{channel}/resend</c>. Those of one
/// incident, whatever became of them, are listed with it.
/// </summary>
internal static class DeliveriesApi
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/api/deliveries", Methods.Read, ListAsync);
        routes.MapPost("/api/deliveries/{transitionId}/{channel}/resend", ResendAsync);
    }

    /// <summary>Why a resend was not one, for people, and the status that says so; null when it was.</summary>
    internal static (int Status, string Detail)? WhyNot(ResendOutcome outcome, string transitionId, string channel) => outcome switch
    {
        ResendOutcome.Resent => null,
        ResendOutcome.OnItsWay => (StatusCodes.Status409Conflict, "The alert is on its way: it was not given up, and is tried again by itself."),
        ResendOutcome.AlreadyDelivered => (StatusCodes.Status409Conflict, $"The alert was delivered: the receiver of channel '{channel}' confirmed it."),
        ResendOutcome.UnknownChannel => (StatusCodes.Status404NotFound, $"There is no channel '{channel}' any more, so nothing can be sent to it. Configure it again, then send the alert again."),
        ResendOutcome.NotKept => (StatusCodes.Status404NotFound, "The alert itself is not stored any more, so it cannot be sent again. Its incident still tells what happened."),
        _ => (StatusCodes.Status404NotFound, $"There is no alert '{transitionId}' to channel '{channel}'. GET /api/deliveries lists those that were given up."),
    };

    private static async Task<IResult> ListAsync(
        HttpRequest request, string? status, IMonitorHistory history, CancellationToken cancellationToken)
    {
        if (Query.Limit(request, out var limit) is { } mistake)
            return mistake;
        if (status is not null && status != WireNames.Of(DeliveryStatus.GaveUp))
            return Query.Refuse("status", "must be gave-up: others are listed with their incident, at /api/endpoints/{id}/incidents");
        if (Query.Before(request, out var before) is { } wrongBefore)
            return wrongBefore;
        var (page, next) = await Paging.NewestFirstAsync(
            count => history.ReadGivenUpAsync(count, cancellationToken), delivery => delivery.At ?? delivery.UpdatedAt, before, limit);
        return Results.Json(new DeliveriesDocument(page, next), WebJson.Default.DeliveriesDocument);
    }

    private static async Task<IResult> ResendAsync(string transitionId, string channel, AlertDesk desk, CancellationToken cancellationToken) =>
        WhyNot(await desk.ResendAsync(transitionId, channel, cancellationToken), transitionId, channel) is var (status, detail)
            ? Problem.Of(status, detail)
            : Results.StatusCode(StatusCodes.Status202Accepted);
}

/// <summary><c>GET /api/deliveries</c>, the newest transition first; docs/schema/deliveries.schema.json.</summary>
/// <param name="Next">Send it as <c>before</c> for the next page; null on the last.</param>
public sealed record DeliveriesDocument(IReadOnlyList<Delivery> Deliveries, string? Next);
