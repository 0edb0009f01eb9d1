using System.Text.Json.Serialization;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Api;

/// <summary>
/// Incidents of all endpoints: <c>GET /api/incidents[/{id}]</c>, <c>POST|DELETE /api/incidents/{id}/acknowledge</c> and
/// <c>POST /api/incidents/{id}/notes</c>.
/// </summary>
internal static class IncidentsApi
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/api/incidents", Methods.Read, ListAsync);
        routes.MapMethods("/api/incidents/{id}", Methods.Read, GetAsync);
        routes.MapPost("/api/incidents/{id}/acknowledge", AcknowledgeAsync);
        routes.MapDelete("/api/incidents/{id}/acknowledge", TakeBackAsync);
        routes.MapPost("/api/incidents/{id}/notes", NoteAsync);
    }

    /// <summary>What stands in the way, for people; null when nothing does.</summary>
    internal static (int Status, string Detail)? WhyNot(IncidentOutcome outcome, string id) => outcome switch
    {
        IncidentOutcome.Changed => null,
        IncidentOutcome.NotFound => (StatusCodes.Status404NotFound, $"There is no incident '{ForeignText.Brief(id)}' here, or it is not kept any more. GET /api/incidents lists those there are."),
        IncidentOutcome.Resolved => (StatusCodes.Status409Conflict, "The incident is resolved, so there is nothing to take on. It can still be given notes."),
        IncidentOutcome.Full => (StatusCodes.Status409Conflict, $"The incident has {IncidentNote.Most} notes, and takes no more. Write on in your own tracker, and link to it from there."),
        IncidentOutcome.Busy => (StatusCodes.Status409Conflict, "The incident is just being resolved. Try again in a minute."),
        _ => (StatusCodes.Status409Conflict, "The definition of the incident's endpoint is not valid any more, so nothing of it can be changed. Put the endpoint again first."),
    };

    internal static async Task<IncidentDetail> DetailAsync(
        Incident incident, IMonitorHistory history, DateTimeOffset now, CancellationToken cancellationToken) =>
        new(incident, incident.AcknowledgementAt(now), await history.ReadDeliveriesAsync(incident.Id, cancellationToken));

    private static async Task<IResult> ListAsync(
        HttpRequest request, IMonitorHistory history, IEndpointStore endpoints, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Query.Limit(request, out var limit) is { } wrongLimit)
            return wrongLimit;
        var (search, mistakes) = IncidentSearch.Read(request.Query);
        if (mistakes.Count > 0)
            return Query.Refuse(mistakes);
        var (found, next) = await search.FindAsync(history, endpoints, limit, cancellationToken);
        var now = time.GetUtcNow();
        return Results.Json(
            new IncidentListDocument([.. found.Select(one => new IncidentListItem(one, one.AcknowledgementAt(now)))], next is { } at ? Query.Cursor(at) : null),
            WebJson.Default.IncidentListDocument);
    }

    private static async Task<IResult> GetAsync(
        string id, IncidentDesk desk, IMonitorHistory history, TimeProvider time, CancellationToken cancellationToken) =>
        await AnswerAsync(
            id, await desk.FindAsync(id, cancellationToken) is { } found ? (IncidentOutcome.Changed, found) : (IncidentOutcome.NotFound, null),
            history, time, StatusCodes.Status200OK, cancellationToken);

    private static async Task<IResult> AcknowledgeAsync(
        string id, HttpRequest request, IncidentDesk desk, IMonitorHistory history, TimeProvider time, CancellationToken cancellationToken)
    {
        var (asked, refusal) = await RequestBody.ReadJsonAsync(
            request, WebJson.Default.AcknowledgeRequest, """send {"by":"your name"}, with "duration" or "until" where it is not for 8 hours.""", cancellationToken);
        if (refusal is not null)
            return refusal;
        var (wish, mistakes) = AcknowledgementWish.Read(asked ?? new AcknowledgeRequest());
        if (wish is null)
            return Problem.Invalid("The request", mistakes);
        var changed = await wish.AskAsync(desk, id, time.GetUtcNow(), cancellationToken);
        return AcknowledgementWish.WhyNot(changed.Outcome) is { } mistake
            ? Problem.Invalid("The request", [mistake])
            : await AnswerAsync(id, changed, history, time, StatusCodes.Status200OK, cancellationToken);
    }

    private static async Task<IResult> TakeBackAsync(
        string id, IncidentDesk desk, CancellationToken cancellationToken)
    {
        var (outcome, _) = await desk.TakeBackAsync(id, "", cancellationToken);
        // Of a resolved one nothing stands either: that is what was asked for.
        return outcome is not IncidentOutcome.Resolved && WhyNot(outcome, id) is var (status, detail) ? Problem.Of(status, detail) : Results.NoContent();
    }

    private static async Task<IResult> NoteAsync(
        string id, HttpRequest request, IncidentDesk desk, IMonitorHistory history, TimeProvider time, CancellationToken cancellationToken)
    {
        var (asked, refusal) = await RequestBody.ReadJsonAsync(
            request, WebJson.Default.NoteRequest, """send {"by":"your name","text":"what you found"}.""", cancellationToken);
        if (refusal is not null)
            return refusal;
        var (by, text, mistakes) = NoteWish.Read(asked ?? new NoteRequest());
        return mistakes.Count > 0
            ? Problem.Invalid("The request", mistakes)
            : await AnswerAsync(id, await desk.NoteAsync(id, by, text, asked?.Public is true, cancellationToken), history, time, StatusCodes.Status201Created, cancellationToken);
    }

    private static async Task<IResult> AnswerAsync(
        string id, (IncidentOutcome Outcome, Incident? Incident) changed, IMonitorHistory history, TimeProvider time, int status,
        CancellationToken cancellationToken) => WhyNot(changed.Outcome, id) is var (refused, detail)
            ? Problem.Of(refused, detail)
            : Results.Json(
                await DetailAsync(changed.Incident!, history, time.GetUtcNow(), cancellationToken), WebJson.Default.IncidentDetail, statusCode: status);
}

/// <summary><c>GET /api/incidents</c>, newest first; docs/schema/incident-list.schema.json.</summary>
/// <param name="Next">Send it as <c>before</c> for the next page; null on the last.</param>
public sealed record IncidentListDocument(IReadOnlyList<IncidentListItem> Incidents, string? Next);

/// <param name="Acknowledgement">Who has it now; null when nobody does.</param>
public sealed record IncidentListItem(Incident Incident, Acknowledgement? Acknowledgement);

/// <summary><c>GET /api/incidents/{id}</c>; docs/schema/incident-detail.schema.json.</summary>
/// <param name="Acknowledgement">Who has it now; null when nobody does.</param>
/// <param name="Deliveries">What became of its alerts, in their order.</param>
public sealed record IncidentDetail(Incident Incident, Acknowledgement? Acknowledgement, IReadOnlyList<Delivery> Deliveries);

/// <param name="By">Who takes it on.</param>
/// <param name="Duration">Such as <c>2h</c>; or <paramref name="Until"/>; neither for 8 hours.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record AcknowledgeRequest(string? By = null, string? Duration = null, string? Until = null);

/// <param name="By">Who writes it.</param>
/// <param name="Public">Whether everybody who may see the incident may read it, without the name.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record NoteRequest(string? By = null, string? Text = null, bool Public = false);
