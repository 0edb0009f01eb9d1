using System.Text.Json.Serialization;
using McpProbe.Alerts.Deliveries;
using McpProbe.Configuration.Reading;
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
    /// <summary>Rows looked at for one page: a filter that few fit must not read the whole history at once.</summary>
    private const int MostLookedAt = 5000;

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
        HttpRequest request, string? state, string? kind, string? endpoint, IMonitorHistory history, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Query.Limit(request, out var limit) is { } wrongLimit)
            return wrongLimit;
        if (Query.Before(request, out var before) is { } wrongBefore)
            return wrongBefore;
        if (state is not (null or "open" or "resolved"))
            return Query.Refuse("state", "must be open or resolved");
        IncidentKind? wanted = null;
        if (kind is not null)
        {
            if (!WireNames.TryParse<IncidentKind>(kind, out var known))
                return Query.Refuse("kind", $"must be one of {string.Join(", ", WireNames.All<IncidentKind>())}");
            wanted = known;
        }

        if (endpoint is not null && !IdRules.IsId(endpoint))
            return Query.Refuse("endpoint", "must be the id of an endpoint");

        var (found, next) = await FindAsync(
            history, endpoint, before, limit,
            one => (state is null || state == "open" == one.ResolvedAt is null) && (wanted is null || wanted == one.Kind), cancellationToken);
        var now = time.GetUtcNow();
        return Results.Json(
            new IncidentListDocument([.. found.Select(one => new IncidentListItem(one, one.AcknowledgementAt(now)))], next is { } at ? Query.Cursor(at) : null),
            WebJson.Default.IncidentListDocument);
    }

    /// <returns>
    /// What fits, newest first, and where the next page begins. Those that opened at one instant stay on one page, since the next one
    /// begins before an instant. A page may have fewer than asked for, and another one after it.
    /// </returns>
    private static async Task<(IReadOnlyList<Incident> Found, DateTimeOffset? Next)> FindAsync(
        IMonitorHistory history, string? endpoint, DateTimeOffset? before, int limit, Predicate<Incident> fits, CancellationToken cancellationToken)
    {
        var found = new List<Incident>();
        for (var lookedAt = 0; lookedAt < MostLookedAt;)
        {
            var (some, isLast) = await ReadWholeInstantsAsync(history, endpoint, before, Math.Max(limit, 100), cancellationToken);
            foreach (var instant in some.GroupBy(one => one.OpenedAt))
            {
                if (found.Count >= limit)
                    return (found, before);
                found.AddRange(instant.Where(one => fits(one)));
                before = instant.Key;
            }

            if (isLast)
                return (found, null);
            lookedAt += some.Count;
        }

        return (found, before);
    }

    private static async Task<(IReadOnlyList<Incident> Incidents, bool IsLast)> ReadWholeInstantsAsync(
        IMonitorHistory history, string? endpoint, DateTimeOffset? before, int limit, CancellationToken cancellationToken)
    {
        while (true)
        {
            var some = await history.ReadIncidentsAsync(endpoint, before, limit + 1, cancellationToken);
            if (some.Count <= limit)
                return (some, true);
            var whole = some.TakeWhile(one => one.OpenedAt != some[^1].OpenedAt).ToList();
            if (whole.Count > 0)
                return (whole, false);
            limit *= 2;
        }
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
            : await AnswerAsync(id, await desk.NoteAsync(id, by, text, cancellationToken), history, time, StatusCodes.Status201Created, cancellationToken);
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
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record NoteRequest(string? By = null, string? Text = null);
