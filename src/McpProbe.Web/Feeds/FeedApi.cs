using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;
using McpProbe.Web.Access;
using McpProbe.Web.Api;
using McpProbe.Web.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Feeds;

/// <summary>
/// <c>GET /feeds/incidents.atom</c>, and of one endpoint <c>/feeds/{id}/incidents.atom</c> and <c>/feeds/{id}/catalog.atom</c>. Without the
/// key of public endpoints only; a private one looks exactly like one that does not exist.
/// </summary>
internal static class FeedApi
{
    private const int Most = 50;
    private const int PageSize = 200;
    private const int MostPages = 10;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/feeds/incidents.atom", Methods.Read, AllAsync).WithMetadata(OpenRoute.Instance);
        routes.MapMethods("/feeds/{id}/incidents.atom", Methods.Read, IncidentsAsync).WithMetadata(OpenRoute.Instance);
        routes.MapMethods("/feeds/{id}/catalog.atom", Methods.Read, CatalogAsync).WithMetadata(OpenRoute.Instance);
    }

    private static async Task<IResult> AllAsync(
        HttpContext context, IEndpointStore endpoints, IMonitorHistory history, VisibleEndpoints visible, SharedReads shared, WebOptions options, CancellationToken cancellationToken)
    {
        var viewer = Viewer.Of(context);
        var names = (viewer.SeesEverything
                ? (await endpoints.ListEndpointsAsync(cancellationToken)).Select(each => each.Endpoint)
                : (await visible.PublicAsync(cancellationToken)).Select(one => one.Registered.Endpoint).Where(viewer.Sees))
            .ToDictionary(endpoint => endpoint.Id, endpoint => endpoint.DisplayName);
        var incidents = viewer.SeesEverything
            ? await history.ReadIncidentsAsync(endpointId: null, before: null, Most, cancellationToken)
            : await shared.GetAsync("feed incidents", cancellation => PublicIncidentsAsync(names, history, cancellation), cancellationToken);
        return Answer(
            context, options,
            new AtomFeed(
                "incidents", "Incidents", "/feeds/incidents.atom", "/",
                [.. incidents.Where(each => viewer.SeesEverything || names.ContainsKey(each.EndpointId)).Select(each => EntryOf(each, names.GetValueOrDefault(each.EndpointId, each.EndpointId)))]));
    }

    /// <summary>Of endpoints that are public, however many of others lie between them.</summary>
    private static async Task<IReadOnlyList<Incident>> PublicIncidentsAsync(
        Dictionary<string, string> ids, IMonitorHistory history, CancellationToken cancellationToken)
    {
        var found = new List<Incident>();
        DateTimeOffset? before = null;
        for (var page = 0; page < MostPages && found.Count < Most; page++)
        {
            var incidents = await history.ReadIncidentsAsync(endpointId: null, before, PageSize, cancellationToken);
            found.AddRange(incidents.Where(each => ids.ContainsKey(each.EndpointId)));
            if (incidents.Count < PageSize)
                break;
            before = incidents[^1].OpenedAt;
        }

        return [.. found.Take(Most)];
    }

    private static async Task<IResult> IncidentsAsync(
        string id, HttpContext context, IMonitorHistory history, VisibleEndpoints visible, SharedReads shared, WebOptions options, CancellationToken cancellationToken)
    {
        var viewer = Viewer.Of(context);
        if (await visible.FindAsync(id, viewer, cancellationToken) is not { } one)
            return Problem.NoEndpoint(id);
        var name = one.Registered.Endpoint.DisplayName;
        var incidents = await ForAsync(
            viewer, shared, $"feed incidents {id}", cancellation => history.ReadIncidentsAsync(id, before: null, Most, cancellation), cancellationToken);
        return Answer(
            context, options,
            new AtomFeed($"{id}/incidents", $"Incidents of {name}", $"/feeds/{id}/incidents.atom", $"/endpoints/{id}", [.. incidents.Select(each => EntryOf(each, name))]));
    }

    private static async Task<IResult> CatalogAsync(
        string id, HttpContext context, IMonitorHistory history, VisibleEndpoints visible, SharedReads shared, WebOptions options, CancellationToken cancellationToken)
    {
        var viewer = Viewer.Of(context);
        if (await visible.FindAsync(id, viewer, cancellationToken) is not { } one)
            return Problem.NoEndpoint(id);
        var name = one.Registered.Endpoint.DisplayName;
        var changes = await ForAsync(viewer, shared, $"feed drift {id}", cancellation => history.ReadDriftAsync(id, Most, cancellation), cancellationToken);
        return Answer(
            context, options,
            new AtomFeed($"{id}/catalog", $"Catalogue changes of {name}", $"/feeds/{id}/catalog.atom", $"/endpoints/{id}", [.. changes.Select(each => EntryOf(each, name))]));
    }

    // What people did and wrote is not told: a feed goes where nobody signs in.
    private static AtomEntry EntryOf(Incident incident, string name)
    {
        DateTimeOffset[] changes = [incident.OpenedAt, incident.ToldAt ?? incident.OpenedAt, incident.ResolvedAt ?? incident.OpenedAt];
        return new AtomEntry(
            $"incident/{incident.Id}", $"{name}: {WireNames.Of(incident.Kind)}{(incident.ResolvedAt is null ? "" : ", resolved")}", incident.OpenedAt, changes.Max(),
            $"/incidents/{incident.Id}", WireNames.Of(incident.Kind),
            incident.ResolvedAt is { } resolved
                ? [incident.Summary, $"It lasted {RelativeTime.Length(resolved - incident.Since)} and resolved by the rule {incident.Rule}."]
                : [incident.Summary]);
    }

    private static AtomEntry EntryOf(DriftRecord record, string name)
    {
        const int shown = 10;
        var worst = record.Changes.Count == 0 ? (ChangeClass?)null : record.Changes.Max(change => change.Class);
        return new AtomEntry(
            $"{record.EndpointId}/catalog/{record.At.UtcTicks}/{Uri.EscapeDataString(ForeignText.OneLine(record.ProtocolVersion, 40))}",
            $"{name}: {(record.Changes.Count == 1 ? "1 change" : $"{record.Changes.Count} changes")}{(worst is null ? "" : $", {WireNames.Of(worst.Value)}")}",
            record.At, record.At, $"/endpoints/{record.EndpointId}", worst is null ? "none" : WireNames.Of(worst.Value),
            [
                .. record.Changes.Take(shown).Select(change => $"{WireNames.Of(change.Class)}: {change.Message}"),
                .. record.Changes.Count > shown ? [$"and {record.Changes.Count - shown} more"] : Array.Empty<string>(),
            ]);
    }

    private static Task<T> ForAsync<T>(
        Viewer viewer, SharedReads shared, string key, Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        viewer.SeesEverything ? read(cancellationToken) : shared.GetAsync(key, read, cancellationToken);

    private static IResult Answer(HttpContext context, WebOptions options, AtomFeed feed) => ShortLived.Answer(
        context, feed.Write(options.PublicUrl ?? new Uri($"{context.Request.Scheme}://{context.Request.Host}")), AtomFeed.ContentType);
}
