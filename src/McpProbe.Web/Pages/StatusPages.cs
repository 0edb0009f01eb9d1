using McpProbe.Alerts.Channels;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Web.Access;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Pages;

/// <summary>The pages for people: <c>GET /</c> and what all pages need.</summary>
internal static class StatusPages
{
    internal const int BarLength = 60;
    internal const int RowsOnAPage = 200;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/", Methods.Read, StatusAsync).WithMetadata(OpenRoute.Instance);
        foreach (var asset in new[] { Asset.Stylesheet, Asset.Script })
            routes.MapMethods(asset.Path.Split('?')[0], Methods.Read, asset.Answer).WithMetadata(OpenRoute.Instance);
    }

    private static async Task<IResult> StatusAsync(
        HttpContext context,
        IMonitorHistory history,
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
        var (overview, archived) = await StatusApi.ReadVisibleAsync(history, shared, viewer, now, cancellationToken);
        // One after the last is the last.
        var last = Math.Max(1, (overview.Count + RowsOnAPage - 1) / RowsOnAPage);
        var page = int.TryParse(context.Request.Query["page"], out var number) ? Math.Clamp(number, 1, last) : 1;

        // Worst first, so that what is broken is on the first page whatever its name.
        var shown = overview
            .OrderBy(one => StatusView.Rank(one))
            .ThenBy(one => one.Registered.Endpoint.Id, StringComparer.Ordinal)
            .Skip((page - 1) * RowsOnAPage)
            .Take(RowsOnAPage)
            .ToList();
        var rows = await Task.WhenAll(shown.Select(async one => new StatusRow(
            one,
            await ForAsync(viewer, shared, $"bar {one.Registered.Endpoint.Id}", async cancellation => Slim(
                await history.ReadResultsAsync(one.Registered.Endpoint.Id, after: null, BarLength, cancellation)), cancellationToken))));

        return new PageResult<StatusPage>(new()
        {
            [nameof(StatusPage.Obstacles)] = await StatusApi.ObstaclesAsync(context, cancellationToken),
            [nameof(StatusPage.View)] = new StatusView(overview, rows, page, now) { Archived = archived },
            // Whom alerts go to is not for the public.
            [nameof(StatusPage.Undelivered)] = viewer.SeesEverything ? await UndeliveredView.ReadAsync(channels, history, now, cancellationToken) : null,
            [nameof(StatusPage.File)] = file.Current,
            [nameof(StatusPage.Viewer)] = viewer,
            [nameof(StatusPage.CanSignIn)] = rule.HasKey,
            [nameof(StatusPage.Options)] = options,
            [nameof(StatusPage.BaseAddress)] = $"{context.Request.Scheme}://{context.Request.Host}",
        });
    }

    /// <summary>What a row shows of its results: hundreds of rows are kept for a moment.</summary>
    private static IReadOnlyList<ProbeRecord> Slim(IReadOnlyList<ProbeRecord> records) =>
        [.. records.Select(record => record with { Result = record.Result with { Conditions = [], Findings = [], SupportedVersions = [], Server = null, Certificate = null } })];

    /// <summary>Of an endpoint that the viewer sees.</summary>
    private static Task<T> ForAsync<T>(
        Viewer viewer, SharedReads shared, string key, Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        viewer.SeesEverything ? read(cancellationToken) : shared.GetAsync(key, read, cancellationToken);
}
