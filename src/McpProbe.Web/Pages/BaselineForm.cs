using McpProbe.Monitoring;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Pages;

/// <summary>Accepting a baseline from the page: the form's fields are those of <c>POST /api/endpoints/{id}/baseline</c>.</summary>
internal static class BaselineForm
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/endpoints/{id}/baseline", AcceptAsync);

    private static async Task<IResult> AcceptAsync(
        string id, HttpContext context, EndpointRegistry registry, CancellationToken cancellationToken)
    {
        var (form, refusal) = await FormFields.ReadAsync(context.Request, cancellationToken);
        if (form is null)
            return refusal!;
        if (BaselineApi.Reviewer(form["by"]) is not { } by)
            return MessagePage.Answer(context, StatusCodes.Status400BadRequest, "Not accepted", "Say who accepts the catalogue: go back and give your name.");

        var (outcome, baseline) = await registry.AcceptBaselineAsync(id, by, form["hash"], cancellationToken);
        switch (outcome)
        {
            case BaselineOutcome.Accepted:
                return FormFields.SeeOther(context, $"/endpoints/{Uri.EscapeDataString(id)}#drift");
            case BaselineOutcome.NotFound:
                return MessagePage.NoEndpoint(context);
            default:
                return MessagePage.Answer(context, StatusCodes.Status409Conflict, "Not accepted", BaselineApi.WhyNot(outcome, baseline));
        }
    }
}
