using McpProbe.Configuration.Reading;
using McpProbe.Monitoring;
using McpProbe.Probing;
using McpProbe.Web.Access;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Pages.Forms;

/// <summary>Adding and changing an endpoint on a page: <c>/endpoints/new</c> and <c>/endpoints/{id}/edit</c>, each with a test probe before saving.</summary>
internal static class EndpointForm
{
    /// <summary>The longest definition of the API, and room for its escapes in a form.</summary>
    private const int MostBytes = 2 * RequestBody.MostBytes;

    /// <summary>The address of the form itself.</summary>
    private const string Taken = "new";

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/endpoints/new", Methods.Read, (HttpContext context, EndpointFormDesk desk) => desk.Page(context, id: null, TypedEndpoint.Blank, FormMistakes.None))
            .WithMetadata(AdministratorRoute.Instance);
        routes.MapPost("/endpoints/new", CreateAsync);
        routes.MapPost("/endpoints/new/probe", TestNewAsync).WithMetadata(ChangesNothing.Instance);
        routes.MapMethods("/endpoints/{id}/edit", Methods.Read, EditAsync).WithMetadata(AdministratorRoute.Instance);
        routes.MapPost("/endpoints/{id}/edit", ReplaceAsync);
        routes.MapPost("/endpoints/{id}/edit/probe", TestAsync).WithMetadata(ChangesNothing.Instance);
    }

    private static async Task<IResult> EditAsync(
        string id, HttpContext context, EndpointFormDesk desk, IEndpointStore endpoints, CancellationToken cancellationToken)
    {
        var (registered, refusal) = await FindAsync(id, context, endpoints, cancellationToken);
        if (registered is null)
            return refusal!;
        // What is wrong with the stored one is said on top: the fields are blank.
        return desk.Page(context, id, TypedEndpoint.Of(registered), new FormMistakes((registered.Mistakes ?? []).Select(mistake => mistake with { Path = "", Line = 0 })));
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, EndpointFormDesk desk, IEndpointStore endpoints, EndpointRegistry registry, CancellationToken cancellationToken)
    {
        var (form, refusal) = await FormFields.ReadAsync(context.Request, cancellationToken, MostBytes);
        if (form is null)
            return refusal!;
        var (endpoint, mistakes, shown) = desk.Judge(TypedEndpoint.Of(form, id: null));
        if (endpoint?.Id == Taken)
            mistakes = [Mistake("id", $"'{Taken}' is the address of this form; choose another id")];
        else if (endpoint is not null && await endpoints.FindEndpointAsync(endpoint.Id, cancellationToken) is { } there)
        {
            mistakes = [Mistake("id", there.Source is EndpointSource.Archived
                ? $"'{endpoint.Id}' is archived: open /endpoints/{endpoint.Id}/definition to watch it again, or choose another id"
                : $"there is an endpoint '{endpoint.Id}' already: edit that one, or choose another id")];
        }

        if (endpoint is null || mistakes.Count > 0)
            return desk.Page(context, id: null, shown, new FormMistakes(mistakes), status: StatusCodes.Status400BadRequest);
        return await registry.PutAsync(endpoint, EndpointSource.Api, cancellationToken, when: stands => stands is null) switch
        {
            RegistryOutcome.OwnedByFile => OwnedByFile(context),
            // Somebody was quicker.
            RegistryOutcome.ConditionFailed => desk.Page(
                context, id: null, shown, new FormMistakes([Mistake("id", $"there is an endpoint '{endpoint.Id}' already: edit that one, or choose another id")]), status: StatusCodes.Status409Conflict),
            _ => FormFields.SeeOther(context, $"/endpoints/{endpoint.Id}"),
        };
    }

    private static async Task<IResult> ReplaceAsync(
        string id, HttpContext context, EndpointFormDesk desk, IEndpointStore endpoints, EndpointRegistry registry, CancellationToken cancellationToken)
    {
        var (form, refusal) = await FormFields.ReadAsync(context.Request, cancellationToken, MostBytes);
        if (form is null)
            return refusal!;
        var (registered, notThere) = await FindAsync(id, context, endpoints, cancellationToken);
        if (registered is null)
            return notThere!;
        var (endpoint, mistakes, shown) = desk.Judge(TypedEndpoint.Of(form, id));
        if (endpoint is null)
            return desk.Page(context, id, shown, new FormMistakes(mistakes), status: StatusCodes.Status400BadRequest);
        var opened = shown.Generation is { Length: > 0 } generation ? generation : TypedEndpoint.GenerationOf(registered.Generation);
        return await registry.PutAsync(endpoint, EndpointSource.Api, cancellationToken, when: stands => TypedEndpoint.GenerationOf(stands ?? 0) == opened) switch
        {
            RegistryOutcome.OwnedByFile => OwnedByFile(context),
            RegistryOutcome.ConditionFailed => desk.Page(
                context, id, shown, new FormMistakes([Mistake("", "Somebody else has changed the definition since this form was opened. What you typed is here still: compare it with the definition as it is now, on its page, and open the form anew to change that.")]),
                status: StatusCodes.Status409Conflict),
            _ => FormFields.SeeOther(context, $"/endpoints/{id}/definition"),
        };
    }

    private static Task<IResult> TestNewAsync(
        HttpContext context, EndpointFormDesk desk, McpProber prober, OnDemandProber onDemand, OnDemandLimits limits, CancellationToken cancellationToken) =>
        ProbeAsync(context, id: null, stored: null, desk, prober, onDemand, limits, cancellationToken);

    private static async Task<IResult> TestAsync(
        string id, HttpContext context, EndpointFormDesk desk, IEndpointStore endpoints, McpProber prober, OnDemandProber onDemand, OnDemandLimits limits,
        CancellationToken cancellationToken)
    {
        var (registered, refusal) = await FindAsync(id, context, endpoints, cancellationToken);
        return registered is null ? refusal! : await ProbeAsync(context, id, registered, desk, prober, onDemand, limits, cancellationToken);
    }

    private static async Task<IResult> ProbeAsync(
        HttpContext context, string? id, RegisteredEndpoint? stored, EndpointFormDesk desk, McpProber prober, OnDemandProber onDemand, OnDemandLimits limits,
        CancellationToken cancellationToken)
    {
        var (form, refusal) = await FormFields.ReadAsync(context.Request, cancellationToken, MostBytes);
        if (form is null)
            return refusal!;
        var (endpoint, mistakes, shown) = desk.Judge(TypedEndpoint.Of(form, id));
        if (endpoint is not null && EndpointFormDesk.WhyNoTest(endpoint, stored is not null && stored.Endpoint.Url == endpoint.Url) is { } why)
            mistakes = [why];
        if (endpoint is null || mistakes.Count > 0)
            return desk.Page(context, id, shown, new FormMistakes(mistakes), status: StatusCodes.Status400BadRequest);
        if (!desk.MayTest)
            return desk.Page(context, id, shown, new FormMistakes([Mistake("", "Here only endpoints that are saved are probed: the operator has switched checks of other addresses off.")]), status: StatusCodes.Status403Forbidden);

        var (place, tooMany) = limits.Enter(context);
        if (tooMany is not null)
            return desk.Page(context, id, shown, new FormMistakes([Mistake("", OnDemandLimits.TooMany)]), status: StatusCodes.Status429TooManyRequests);
        using (place)
            return desk.Page(context, id, shown, FormMistakes.None, await TestProbe.RunAsync(endpoint, stored, prober, onDemand, cancellationToken));
    }

    private static async Task<(RegisteredEndpoint? Registered, IResult? Refusal)> FindAsync(
        string id, HttpContext context, IEndpointStore endpoints, CancellationToken cancellationToken) =>
        await endpoints.FindEndpointAsync(id, cancellationToken) switch
        {
            null => (null, MessagePage.NoEndpoint(context)),
            { Source: EndpointSource.File } => (null, OwnedByFile(context)),
            { Source: EndpointSource.Archived } => (null, MessagePage.Answer(context, StatusCodes.Status409Conflict, "It is archived", "An archived endpoint is not changed. Watch it again first, on its page 'Definition'.")),
            var registered => (registered, null),
        };

    internal static IResult OwnedByFile(HttpContext context) => MessagePage.Answer(
        context, StatusCodes.Status409Conflict, "It is defined in the probes file", "Change it in the probes file that McpProbe was started with; the file is read again by itself.");

    private static ConfigError Mistake(string path, string message) => new("", 0, 0, path, message);
}
