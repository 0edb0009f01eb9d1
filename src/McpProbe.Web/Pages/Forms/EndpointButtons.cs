using McpProbe.Monitoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Pages.Forms;

/// <summary>Pausing, resuming and archiving an endpoint from its page, and watching an archived one again.</summary>
internal static class EndpointButtons
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/endpoints/{id}/pause", (string id, HttpContext context, IEndpointStore endpoints, EndpointRegistry registry, EndpointFormDesk desk, CancellationToken cancellationToken) =>
            ChangeAsync(id, context, endpoints, registry, desk, endpoint => endpoint with { Paused = true }, EndpointSource.Api, cancellationToken));
        routes.MapPost("/endpoints/{id}/resume", (string id, HttpContext context, IEndpointStore endpoints, EndpointRegistry registry, EndpointFormDesk desk, CancellationToken cancellationToken) =>
            ChangeAsync(id, context, endpoints, registry, desk, endpoint => endpoint with { Paused = false }, EndpointSource.Api, cancellationToken));
        routes.MapPost("/endpoints/{id}/archive", (string id, HttpContext context, IEndpointStore endpoints, EndpointRegistry registry, EndpointFormDesk desk, CancellationToken cancellationToken) =>
            ChangeAsync(id, context, endpoints, registry, desk, endpoint => endpoint with { Paused = true }, EndpointSource.Archived, cancellationToken));
        routes.MapPost("/endpoints/{id}/restore", (string id, HttpContext context, IEndpointStore endpoints, EndpointRegistry registry, EndpointFormDesk desk, CancellationToken cancellationToken) =>
            ChangeAsync(id, context, endpoints, registry, desk, endpoint => endpoint with { Paused = false }, EndpointSource.Api, cancellationToken, of: EndpointSource.Archived));
    }

    private static async Task<IResult> ChangeAsync(
        string id, HttpContext context, IEndpointStore endpoints, EndpointRegistry registry, EndpointFormDesk desk, Func<McpProbe.Endpoints.Endpoint, McpProbe.Endpoints.Endpoint> change, EndpointSource source,
        CancellationToken cancellationToken, EndpointSource of = EndpointSource.Api)
    {
        if (await endpoints.FindEndpointAsync(id, cancellationToken) is not { } registered)
            return MessagePage.NoEndpoint(context);
        if (registered.Source is EndpointSource.File)
            return EndpointForm.OwnedByFile(context);
        if ((registered.Source is EndpointSource.Archived) != (of is EndpointSource.Archived))
        {
            return MessagePage.Answer(context, StatusCodes.Status409Conflict, "Nothing was changed", registered.Source is EndpointSource.Archived
                ? "It is archived already. Watch it again first, on its page 'Definition'." : "It is not archived: it is watched.");
        }

        if (registered.Mistakes is { } invalid)
            return MessagePage.Answer(context, StatusCodes.Status409Conflict, "Nothing was changed", $"Its stored definition is not valid any more: edit it first. {string.Join(' ', invalid)}");
        var changed = change(registered.Endpoint);
        // What is watched from now on must be what may be defined here: one that left the probes file may have said more.
        if (!changed.Paused && desk.MistakesIn(changed) is { Count: > 0 } mistakes)
        {
            return MessagePage.Answer(
                context, StatusCodes.Status409Conflict, "It cannot be watched again from here",
                $"{string.Join(' ', mistakes.Select(mistake => $"{mistake.Path}: {mistake.Message}"))} Put it back into the probes file, or add it anew.");
        }

        return await registry.PutAsync(changed, source, cancellationToken) is RegistryOutcome.OwnedByFile
            ? EndpointForm.OwnedByFile(context)
            : FormFields.SeeOther(context, $"/endpoints/{id}/definition");
    }
}
