using System.Net.Mime;
using System.Text;
using McpProbe.Monitoring;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;

namespace McpProbe.Web.Pages;

/// <summary>Accepting a baseline from the page: the form's fields are those of <c>POST /api/endpoints/{id}/baseline</c>.</summary>
internal static class BaselineForm
{
    private const int MostBytes = 8 << 10;

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/endpoints/{id}/baseline", AcceptAsync);

    private static async Task<IResult> AcceptAsync(
        string id, HttpContext context, EndpointRegistry registry, CancellationToken cancellationToken)
    {
        if (!context.Request.HasFormContentType)
            return Problem.Of(StatusCodes.Status415UnsupportedMediaType, $"The form is sent as {MediaTypeNames.Application.FormUrlEncoded}.");
        if (await RequestBody.ReadAsync(context.Request, MostBytes, cancellationToken) is not { } body)
            return RequestBody.TooLarge(MostBytes);
        var form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body.Span));
        if (BaselineApi.Reviewer(form.TryGetValue("by", out var name) ? name.ToString() : null) is not { } by)
            return MessagePage.Answer(context, StatusCodes.Status400BadRequest, "Not accepted", "Say who accepts the catalogue: go back and give your name.");

        var hash = form.TryGetValue("hash", out var reviewed) ? reviewed.ToString() : null;
        var (outcome, baseline) = await registry.AcceptBaselineAsync(id, by, hash, cancellationToken);
        switch (outcome)
        {
            case BaselineOutcome.Accepted:
                // 303: the browser follows with GET, and a reload does not accept again.
                context.Response.Headers.Location = $"/endpoints/{Uri.EscapeDataString(id)}#drift";
                return Results.StatusCode(StatusCodes.Status303SeeOther);
            case BaselineOutcome.NotFound:
                return MessagePage.NoEndpoint(context);
            default:
                return MessagePage.Answer(context, StatusCodes.Status409Conflict, "Not accepted", BaselineApi.WhyNot(outcome, baseline));
        }
    }
}
