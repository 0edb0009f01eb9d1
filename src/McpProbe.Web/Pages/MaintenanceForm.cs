using McpProbe.Configuration.Reading;
using McpProbe.Monitoring;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Pages;

/// <summary>Beginning and ending a maintenance from the page: the form's fields are those of <c>POST /api/endpoints/{id}/maintenance</c>.</summary>
internal static class MaintenanceForm
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/endpoints/{id}/maintenance", SetAsync);
        routes.MapPost("/endpoints/{id}/maintenance/end", EndAsync);
    }

    private static async Task<IResult> SetAsync(
        string id, HttpContext context, EndpointRegistry registry, CancellationToken cancellationToken)
    {
        var (form, refusal) = await FormFields.ReadAsync(context.Request, cancellationToken);
        if (form is null)
            return refusal!;
        var (wish, mistakes) = MaintenanceWish.Read(
            new MaintenanceRequest(form["duration"], form["until"], form["from"], form["by"], form["reason"]));
        if (wish is null)
            return Refuse(context, string.Join(' ', mistakes.Select(Sentence)));
        var (outcome, _) = await wish.AskAsync(registry, id, cancellationToken);
        return outcome switch
        {
            MaintenanceOutcome.Changed => Shown(context, id),
            MaintenanceOutcome.NotFound => MessagePage.NoEndpoint(context),
            _ => Refuse(context, Sentence(wish.WhyNot(outcome))),
        };
    }

    private static async Task<IResult> EndAsync(
        string id, HttpContext context, EndpointRegistry registry, CancellationToken cancellationToken) =>
        await registry.EndMaintenanceAsync(id, cancellationToken) switch
        {
            MaintenanceOutcome.Changed => Shown(context, id),
            MaintenanceOutcome.NotFound => MessagePage.NoEndpoint(context),
            _ => MessagePage.Answer(context, StatusCodes.Status409Conflict, "Nothing to end", MaintenanceApi.NoneToEnd),
        };

    private static IResult Shown(HttpContext context, string id) =>
        FormFields.SeeOther(context, $"/endpoints/{Uri.EscapeDataString(id)}#maintenance");

    private static IResult Refuse(HttpContext context, string why) =>
        MessagePage.Answer(context, StatusCodes.Status400BadRequest, "No maintenance", $"{why} Go back and try again.");

    // What is said of a field begins in lower case and needs its name.
    internal static string Sentence(ConfigError mistake) =>
        char.IsLower(mistake.Message[0]) ? $"'{mistake.Path}' {mistake.Message}" : mistake.Message;
}
