using McpProbe.Configuration.Reading;
using McpProbe.Monitoring;
using McpProbe.Web.Access;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Pages;

/// <summary>
/// All incidents: <c>GET /incidents</c>; and one: <c>GET /incidents/{id}</c>, where alerts link to, and its forms. Filters and fields are
/// those of the API.
/// </summary>
internal static class IncidentPages
{
    private const int OnAPage = 50;

    private static readonly string[] Filters = ["state", "kind", "endpoint", "group", "from", "to", "before"];

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/incidents", Methods.Read, ListAsync);
        routes.MapMethods("/incidents/{id}", Methods.Read, ShowAsync).WithMetadata(OpenRoute.Instance);
        routes.MapPost("/incidents/{id}/acknowledge", AcknowledgeAsync);
        routes.MapPost("/incidents/{id}/acknowledge/end", TakeBackAsync);
        routes.MapPost("/incidents/{id}/notes", NoteAsync);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, IMonitorHistory history, IEndpointStore endpoints, AccessControl rule, WebOptions options, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (search, mistakes) = IncidentSearch.Read(context.Request.Query);
        var (found, next) = mistakes.Count > 0 ? ([], null) : await search.FindAsync(history, endpoints, OnAPage, cancellationToken);
        var names = new Dictionary<string, string?>();
        foreach (var id in found.Select(incident => incident.EndpointId).Distinct())
            names[id] = (await endpoints.FindEndpointAsync(id, cancellationToken))?.Endpoint.DisplayName;
        return new PageResult<IncidentListPage>(
            new()
            {
                [nameof(IncidentListPage.Query)] = Filters.Select(name => (name, Value: context.Request.Query[name].ToString()))
                    .Where(each => each.Value.Length > 0).ToDictionary(each => each.name, each => each.Value),
                [nameof(IncidentListPage.Mistakes)] = mistakes,
                [nameof(IncidentListPage.Rows)] = found.Select(incident => (incident, names[incident.EndpointId])).ToList(),
                [nameof(IncidentListPage.Next)] = next,
                [nameof(IncidentListPage.Viewer)] = Viewer.Of(context),
                [nameof(IncidentListPage.CanSignIn)] = rule.HasKey,
                [nameof(IncidentListPage.Options)] = options,
                [nameof(IncidentListPage.Now)] = time.GetUtcNow(),
            },
            mistakes.Count > 0 ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK);
    }

    private static async Task<IResult> ShowAsync(
        string id, HttpContext context, IncidentDesk desk, IEndpointStore endpoints, IMonitorHistory history, AccessControl rule, WebOptions options,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var viewer = Viewer.Of(context);
        // One of a private endpoint, or of one that is gone, looks to the public exactly like one that does not exist.
        if (await desk.FindAsync(id, cancellationToken) is not { } incident)
            return MessagePage.NoIncident(context);
        var registered = await endpoints.FindEndpointAsync(incident.EndpointId, cancellationToken);
        if (!viewer.SeesEverything && (registered is null || !viewer.Sees(registered.Endpoint)))
            return MessagePage.NoIncident(context);

        var now = time.GetUtcNow();
        return new PageResult<IncidentPage>(new()
        {
            // Whom alerts go to, and what people write about it, is not for the public.
            [nameof(IncidentPage.View)] = new IncidentView(
                viewer.SeesEverything ? incident : incident.ForThePublic(), registered?.Endpoint,
                viewer.SeesEverything ? await history.ReadDeliveriesAsync(id, cancellationToken) : [], now),
            [nameof(IncidentPage.Viewer)] = viewer,
            [nameof(IncidentPage.CanSignIn)] = rule.HasKey,
            [nameof(IncidentPage.Options)] = options,
        });
    }

    private static async Task<IResult> AcknowledgeAsync(
        string id, HttpContext context, IncidentDesk desk, TimeProvider time, CancellationToken cancellationToken)
    {
        var (form, refusal) = await FormFields.ReadAsync(context.Request, cancellationToken);
        if (form is null)
            return refusal!;
        var (wish, mistakes) = AcknowledgementWish.Read(new AcknowledgeRequest(form["by"], form["duration"], form["until"]));
        if (wish is null)
            return Refuse(context, "Not taken on", mistakes);
        var (outcome, _) = await wish.AskAsync(desk, id, time.GetUtcNow(), cancellationToken);
        return AcknowledgementWish.WhyNot(outcome) is { } mistake ? Refuse(context, "Not taken on", [mistake]) : Answer(context, id, outcome, "Not taken on");
    }

    private static async Task<IResult> TakeBackAsync(string id, HttpContext context, IncidentDesk desk, CancellationToken cancellationToken) =>
        Answer(context, id, (await desk.TakeBackAsync(id, "", cancellationToken)).Outcome, "Nothing to take back");

    private static async Task<IResult> NoteAsync(string id, HttpContext context, IncidentDesk desk, CancellationToken cancellationToken)
    {
        var (form, refusal) = await FormFields.ReadAsync(context.Request, cancellationToken);
        if (form is null)
            return refusal!;
        var (by, text, mistakes) = NoteWish.Read(new NoteRequest(form["by"], form["text"]));
        return mistakes.Count > 0
            ? Refuse(context, "Not noted", mistakes)
            : Answer(context, id, (await desk.NoteAsync(id, by, text, form["public"] is "yes", cancellationToken)).Outcome, "Not noted");
    }

    private static IResult Answer(HttpContext context, string id, IncidentOutcome outcome, string heading) => IncidentsApi.WhyNot(outcome, id) switch
    {
        null => FormFields.SeeOther(context, $"/incidents/{Uri.EscapeDataString(id)}#timeline"),
        { Status: StatusCodes.Status404NotFound } => MessagePage.NoIncident(context),
        var (status, detail) => MessagePage.Answer(context, status, heading, detail),
    };

    private static IResult Refuse(HttpContext context, string heading, IEnumerable<ConfigError> mistakes) =>
        MessagePage.Answer(context, StatusCodes.Status400BadRequest, heading, $"{string.Join(' ', mistakes.Select(MaintenanceForm.Sentence))} Go back and try again.");
}
