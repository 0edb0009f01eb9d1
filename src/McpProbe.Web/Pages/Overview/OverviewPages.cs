using McpProbe.Alerts.Channels;
using McpProbe.Monitoring;
using McpProbe.Uptime;
using McpProbe.Web.Access;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Pages.Overview;

/// <summary><c>GET /</c>: everything that is watched.</summary>
internal static class OverviewPages
{
    private const int ProbesInABar = 60;

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods("/", Methods.Read, ShowAsync).WithMetadata(OpenRoute.Instance);

    private static async Task<IResult> ShowAsync(
        HttpContext context,
        IMonitorHistory history,
        UptimeReader uptime,
        SharedReads shared,
        IReadOnlyDictionary<string, Channel> channels,
        AccessControl rule,
        WebOptions options,
        ProbesFileStatus file,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var viewer = Viewer.Of(context);
        var now = time.GetUtcNow();
        var (watched, archived) = await StatusApi.ReadVisibleAsync(history, shared, viewer, now, cancellationToken);
        var view = new OverviewView(watched, OverviewQuery.Read(context.Request.Query), one => TargetOf(one, viewer), now);
        var summaries = await uptime.ReadAsync(view.Shown, cancellationToken);
        var range = view.Query.Range ?? BarRanges.Usual(summaries.Values);
        var rows = await Task.WhenAll(view.Shown.Select(one => RowAsync(
            one, summaries[one.Registered.Endpoint.Id], range, viewer, history, shared, cancellationToken)));

        return new PageResult<OverviewPage>(new()
        {
            [nameof(OverviewPage.Obstacles)] = await StatusApi.ObstaclesAsync(context, cancellationToken),
            [nameof(OverviewPage.View)] = view,
            [nameof(OverviewPage.Rows)] = rows,
            [nameof(OverviewPage.Range)] = range,
            [nameof(OverviewPage.Archived)] = archived,
            // Whom alerts go to is not for the public.
            [nameof(OverviewPage.Undelivered)] = viewer.SeesEverything ? await UndeliveredView.ReadAsync(channels, history, now, cancellationToken) : null,
            [nameof(OverviewPage.File)] = file.Current,
            [nameof(OverviewPage.Viewer)] = viewer,
            [nameof(OverviewPage.CanSignIn)] = rule.HasKey,
            [nameof(OverviewPage.Options)] = options,
            [nameof(OverviewPage.BaseAddress)] = $"{context.Request.Scheme}://{context.Request.Host}",
        });
    }

    /// <summary>The target as the viewer may see it.</summary>
    internal static string TargetOf(EndpointOverview one, Viewer viewer) => one.Registered is not { Mistakes: null, Endpoint: var endpoint }
        ? "its stored definition is not valid"
        : viewer.SeesEverything ? endpoint.Target : endpoint.PublicTarget;

    private static async Task<OverviewRow> RowAsync(
        EndpointOverview one, UptimeSummary summary, BarRange range, Viewer viewer, IMonitorHistory history, SharedReads shared,
        CancellationToken cancellationToken)
    {
        if (range is not BarRange.Probes)
        {
            var spans = range is BarRange.Day ? summary.Hours : summary.Days;
            return new OverviewRow(one, summary, [.. spans.Select(Strokes.Of)], [.. spans.Select(span => span.P95Ms)]);
        }

        var id = one.Registered.Endpoint.Id;
        // Strokes and numbers, and not whole results: many rows are kept for a moment.
        var (strokes, latency) = await StatusPages.ForAsync(
            viewer, shared, $"bar {id}", async cancellation => OfProbes(await history.ReadResultsAsync(id, after: null, ProbesInABar, cancellation)), cancellationToken);
        return new OverviewRow(one, summary, strokes, latency);
    }

    private static (IReadOnlyList<string> Strokes, IReadOnlyList<double?> Latency) OfProbes(IReadOnlyList<ProbeRecord> newestFirst)
    {
        var results = newestFirst.Select(record => record.Result).Reverse().ToList();
        var missing = ProbesInABar - results.Count;
        return (
            [.. Enumerable.Repeat("u-none", missing), .. results.Select(Strokes.Of)],
            [.. Enumerable.Repeat((double?)null, missing), .. results.Select(result => result.Cold ? null : result.Timings.HandshakeMs)]);
    }
}
