using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Monitoring;
using McpProbe.Uptime;
using McpProbe.Web.Access;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Pages.Public;

/// <summary>
/// Status pages for people outside: <c>GET /status/{name}</c> and <c>/status/{name}/{id}</c>. They are read once for all who ask within
/// half a minute, and who asks makes no difference to what they show.
/// </summary>
internal static class PublicStatusPages
{
    internal const int MostServices = 200;

    private const int MostIncidents = 50;
    private const int MostLookedAt = 1000;

    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan News = TimeSpan.FromDays(14);
    private static readonly TimeSpan OfAService = TimeSpan.FromDays(90);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/status/{name}", Methods.Read, ShowAsync).WithMetadata(OpenRoute.Instance);
        routes.MapMethods("/status/{name}/{id}", Methods.Read, ShowServiceAsync).WithMetadata(OpenRoute.Instance);
    }

    private static async Task<IResult> ShowAsync(
        string name, HttpContext context, PublicPages pages, IMonitorHistory history, UptimeReader uptime, SharedReads shared, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (Find(name, context, pages) is not { } page)
            return NoPage(context);
        var view = await ReadAsync(page, history, uptime, shared, time, cancellationToken);
        return new PageResult<PublicStatusPage>(new()
        {
            [nameof(PublicStatusPage.View)] = view with { Incidents = [.. view.Incidents.Where(IsNews).Take(MostIncidents)] },
            [nameof(PublicStatusPage.Embedded)] = IsEmbedded(context),
        });

        bool IsNews(PublicIncident incident) => incident.ResolvedAt is null || incident.ResolvedAt > view.Now - News;
    }

    private static async Task<IResult> ShowServiceAsync(
        string name, string id, HttpContext context, PublicPages pages, IMonitorHistory history, UptimeReader uptime, SharedReads shared, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (Find(name, context, pages) is not { } page)
            return NoPage(context);
        var view = await ReadAsync(page, history, uptime, shared, time, cancellationToken);
        // What is not on the page is not there.
        if (view.Services.FirstOrDefault(service => service.Id == id) is not { } service)
            return MessagePage.Answer(context, StatusCodes.Status404NotFound, "No such system", "This status page does not show it, or not any more.");
        return new PageResult<PublicServicePage>(new()
        {
            [nameof(PublicServicePage.View)] = view,
            [nameof(PublicServicePage.Service)] = service,
            [nameof(PublicServicePage.Embedded)] = IsEmbedded(context),
        });
    }

    private static bool IsEmbedded(HttpContext context) => context.Request.Query.ContainsKey("embed");

    private static IResult NoPage(HttpContext context) => MessagePage.Answer(
        context, StatusCodes.Status404NotFound, "No such status page", "There is no status page of this name. Whoever runs McpProbe sets them up under 'pages'.");

    private static PublicPage? Find(string name, HttpContext context, PublicPages pages)
    {
        if (pages.All.FirstOrDefault(each => each.Name == name) is not { } page)
            return null;
        context.Features.Set(new ForeignSites(
            IsEmbedded(context) ? page.EmbedIn : [],
            Uri.TryCreate(page.Logo, UriKind.Absolute, out var logo) && logo.Scheme == Uri.UriSchemeHttps ? logo : null));
        return page;
    }

    private static Task<PublicStatusView> ReadAsync(
        PublicPage page, IMonitorHistory history, UptimeReader uptime, SharedReads shared, TimeProvider time, CancellationToken cancellationToken) =>
        // A page that was configured anew is another one.
        shared.GetAsync($"page {page.Name} {page.GetHashCode()}", async cancellation =>
        {
            var now = time.GetUtcNow();
            var chosen = (await history.ReadOverviewAsync(cancellation))
                .Where(one => !StatusApi.IsArchived(one) && one.Registered.Mistakes is null && page.Shows(one.Registered.Endpoint))
                .Select(one => Freshness.AsOf(one, now))
                .OrderByDescending(one => PublicService.StateOf(one, now))
                .ThenBy(one => one.Registered.Endpoint.DisplayName, StringComparer.OrdinalIgnoreCase)
                .ToList();
            var shown = chosen.Take(MostServices).ToList();
            var summaries = await uptime.ReadAsync(shown, cancellation);
            return new PublicStatusView(
                page,
                [.. shown.Select(one => Service(one, page, summaries[one.Registered.Endpoint.Id], now))],
                await IncidentsAsync(shown, history, now, cancellation),
                [.. shown.SelectMany(one => Maintenances(one, now)).OrderBy(each => each.From)],
                chosen.Count > shown.Count,
                now);
        }, cancellationToken, Kept);

    private static PublicService Service(EndpointOverview one, PublicPage page, UptimeSummary summary, DateTimeOffset now)
    {
        var endpoint = one.Registered.Endpoint;
        return new(
            endpoint.Id, endpoint.DisplayName, endpoint.Group, page.ShowHosts ? PublicService.HostOf(endpoint) : null, PublicService.StateOf(one, now), summary);
    }

    private static IEnumerable<PublicMaintenance> Maintenances(EndpointOverview one, DateTimeOffset now)
    {
        var endpoint = one.Registered.Endpoint;
        var current = MaintenanceCalendar.At(endpoint, one.State, now);
        if (current is not null)
            yield return new(endpoint.Id, endpoint.DisplayName, current.From, current.Until);
        if (MaintenanceCalendar.Next(endpoint, one.State, current?.Until ?? now) is { } next && next.From < now + News)
            yield return new(endpoint.Id, endpoint.DisplayName, next.From, next.Until);
    }

    // An open incident's row is behind its endpoint's state for a moment: that one counts.
    private static async Task<IReadOnlyList<PublicIncident>> IncidentsAsync(
        IReadOnlyList<EndpointOverview> shown, IMonitorHistory history, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var names = shown.ToDictionary(one => one.Registered.Endpoint.Id, one => one.Registered.Endpoint.DisplayName);
        var found = shown.SelectMany(one => one.State.OpenIncidents).ToDictionary(incident => incident.Id);
        DateTimeOffset? before = null;
        for (var lookedAt = 0; lookedAt < MostLookedAt;)
        {
            var some = await history.ReadIncidentsAsync(endpointId: null, before, MostLookedAt / 5, cancellationToken);
            foreach (var incident in some.Where(incident => names.ContainsKey(incident.EndpointId)))
                found.TryAdd(incident.Id, incident);
            if (some.Count < MostLookedAt / 5 || some[^1].OpenedAt < now - OfAService)
                break;
            lookedAt += some.Count;
            before = some[^1].OpenedAt;
        }

        return
        [
            .. found.Values.Select(incident => PublicIncident.Of(incident, names[incident.EndpointId])).OfType<PublicIncident>()
                .OrderByDescending(incident => incident.Since),
        ];
    }
}
