using McpProbe.Alerts;
using McpProbe.Web.Access;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Pages;

/// <summary>Sending an alert that was given up again, from the page that shows it.</summary>
internal static class ResendForm
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/deliveries/{transitionId}/{channel}/resend", ResendAsync);

    private static async Task<IResult> ResendAsync(
        string transitionId, string channel, HttpContext context, AlertDesk desk, CancellationToken cancellationToken)
    {
        var (form, refusal) = await FormFields.ReadAsync(context.Request, cancellationToken);
        if (form is null)
            return refusal!;
        return DeliveriesApi.WhyNot(await desk.ResendAsync(transitionId, channel, cancellationToken), transitionId, channel) is var (status, detail)
            ? MessagePage.Answer(context, status, "Not sent again", detail)
            : FormFields.SeeOther(context, SignIn.LocalPath(form["return"]));
    }
}
