using McpProbe.Drift;
using McpProbe.Monitoring;
using McpProbe.Uptime;
using McpProbe.Web.Access;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Pages.OneEndpoint;

/// <summary>
/// The pages of one endpoint: <c>GET /endpoints/{id}</c> and what is below it. Each reads a bounded number of rows. What the catalogue
/// is, and how the endpoint is defined, is for who has the key.
/// </summary>
internal static class EndpointPages
{
    internal const int ResultsOnAPage = 60;
    private const int ResultsOnTheFirst = 15;
    private const int IncidentsOnTheFirst = 5;
    private const int IncidentsOnAPage = 20;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/endpoints/{id}", Methods.Read, FirstAsync).WithMetadata(OpenRoute.Instance);
        routes.MapMethods("/endpoints/{id}/changes", Methods.Read, ChangesAsync).WithMetadata(OpenRoute.Instance);
        routes.MapMethods("/endpoints/{id}/incidents", Methods.Read, IncidentsAsync).WithMetadata(OpenRoute.Instance);
        routes.MapMethods("/endpoints/{id}/results", Methods.Read, ResultsAsync).WithMetadata(OpenRoute.Instance);
        routes.MapMethods("/endpoints/{id}/tools", Methods.Read, ToolsAsync);
        routes.MapMethods("/endpoints/{id}/compare", Methods.Read, CompareAsync);
        routes.MapMethods("/endpoints/{id}/definition", Methods.Read, DefinitionAsync);
    }

    private static async Task<IResult> FirstAsync(
        string id, HttpContext context, EndpointReads reads, IRollupStore rollups, CancellationToken cancellationToken)
    {
        var viewer = Viewer.Of(context);
        // A private endpoint looks exactly like one that does not exist.
        if (await reads.FindAsync(id, viewer, cancellationToken) is not { } head)
            return MessagePage.NoEndpoint(context);
        var (range, phase) = (ChartChoice.Range(context.Request.Query["range"]), ChartChoice.Phase(context.Request.Query["phase"]));
        return await AnswerAsync<EndpointPage>(context, head, reads, new()
        {
            [nameof(EndpointPage.View)] = new EndpointView(
                head,
                await reads.ForAsync(
                    viewer, $"series {id} {range}",
                    cancellation => UptimeSeries.ReadAsync(rollups, head.Registered, head.State, range, head.Now, cancellation), cancellationToken),
                phase,
                await reads.IncidentsAsync(id, viewer, before: null, IncidentsOnTheFirst, cancellationToken),
                await reads.DriftAsync(id, viewer, cancellationToken)),
            [nameof(EndpointPage.Shown)] = ResultsOnTheFirst,
        }, cancellationToken);
    }

    private static async Task<IResult> ChangesAsync(string id, HttpContext context, EndpointReads reads, CancellationToken cancellationToken)
    {
        var viewer = Viewer.Of(context);
        return await reads.FindAsync(id, viewer, cancellationToken) is not { } head
            ? MessagePage.NoEndpoint(context)
            : await AnswerAsync<ChangesPage>(context, head, reads, new()
            {
                [nameof(ChangesPage.Drift)] = await reads.DriftAsync(id, viewer, cancellationToken),
            }, cancellationToken);
    }

    private static async Task<IResult> IncidentsAsync(string id, HttpContext context, EndpointReads reads, CancellationToken cancellationToken)
    {
        var viewer = Viewer.Of(context);
        if (await reads.FindAsync(id, viewer, cancellationToken) is not { } head)
            return MessagePage.NoEndpoint(context);
        DateTimeOffset? before = context.Request.Query["before"] is [{ } text, ..] && Query.TryParseInstant(text, out var instant) ? instant : null;
        return await AnswerAsync<IncidentsPage>(context, head, reads, new()
        {
            [nameof(IncidentsPage.Incidents)] = await reads.IncidentsAsync(id, viewer, before, IncidentsOnAPage, cancellationToken),
            [nameof(IncidentsPage.Before)] = before,
            [nameof(IncidentsPage.Most)] = IncidentsOnAPage,
        }, cancellationToken);
    }

    private static async Task<IResult> ResultsAsync(
        string id, HttpContext context, EndpointReads reads, IMonitorHistory history, CancellationToken cancellationToken)
    {
        var viewer = Viewer.Of(context);
        if (await reads.FindAsync(id, viewer, cancellationToken) is not { } head)
            return MessagePage.NoEndpoint(context);
        var before = context.Request.Query["before"] is [{ } text, ..] ? Query.TryParseCursor(text) : null;
        return await AnswerAsync<ResultsPage>(context, head, reads, new()
        {
            [nameof(ResultsPage.Results)] = before is null
                ? head.Latest
                : await history.ReadResultsAsync(id, before, ResultsOnAPage, cancellationToken),
            [nameof(ResultsPage.Before)] = before?.Slot,
        }, cancellationToken);
    }

    private static async Task<IResult> ToolsAsync(
        string id, HttpContext context, EndpointReads reads, IMonitorStore store, IMonitorHistory history, CancellationToken cancellationToken)
    {
        var viewer = Viewer.Of(context);
        if (await reads.FindAsync(id, viewer, cancellationToken) is not { } head)
            return MessagePage.NoEndpoint(context);
        return await AnswerAsync<ToolsPage>(context, head, reads, new()
        {
            [nameof(ToolsPage.View)] = await ToolsView.ReadAsync(head, context.Request.Query, store, history, cancellationToken),
        }, cancellationToken);
    }

    private static async Task<IResult> CompareAsync(
        string id, string? from, string? to, HttpContext context, EndpointReads reads, IMonitorStore store, IMonitorHistory history, CancellationToken cancellationToken)
    {
        if (await reads.FindAsync(id, Viewer.Of(context), cancellationToken) is not { } head)
            return MessagePage.NoEndpoint(context);
        var (comparison, problem) = await CompareApi.ReadAsync(id, from, to, store, history, cancellationToken);
        if (comparison is null)
            return MessagePage.Answer(context, problem!.Status, "Nothing to compare", problem.Errors is [{ } mistake, ..] ? mistake.Message : problem.Detail);
        return await AnswerAsync<ComparePage>(context, head, reads, new()
        {
            [nameof(ComparePage.View)] = await CompareView.ReadAsync(comparison, context.Request.Query, store, cancellationToken),
            [nameof(ComparePage.Timeline)] = new CatalogTimeline(head.State, await history.ReadDriftAsync(id, CompareApi.Reach, cancellationToken)),
        }, cancellationToken);
    }

    private static async Task<IResult> DefinitionAsync(string id, HttpContext context, EndpointReads reads, CancellationToken cancellationToken) =>
        await reads.FindAsync(id, Viewer.Of(context), cancellationToken) is not { } head
            ? MessagePage.NoEndpoint(context)
            : await AnswerAsync<DefinitionPage>(context, head, reads, [], cancellationToken);

    private static async Task<IResult> AnswerAsync<TPage>(
        HttpContext context, EndpointHead head, EndpointReads reads, Dictionary<string, object?> parameters, CancellationToken cancellationToken)
        where TPage : OnePage
    {
        parameters[nameof(OnePage.Frame)] = new EndpointFrameFacts(
            head, await StatusApi.ObstaclesAsync(context, cancellationToken), Viewer.Of(context), reads.Options, reads.CanSignIn);
        return new PageResult<TPage>(parameters);
    }
}

/// <summary>A page of one endpoint.</summary>
public abstract class OnePage : ComponentBase
{
    [Parameter, EditorRequired] public EndpointFrameFacts Frame { get; set; } = null!;

    protected EndpointHead Head => Frame.Head;

    protected McpProbe.Endpoints.Endpoint Endpoint => Frame.Head.Endpoint;

    protected Viewer Viewer => Frame.Viewer;

    protected DateTimeOffset Now => Frame.Head.Now;
}

/// <summary>What the frame around every page of an endpoint needs.</summary>
/// <param name="Obstacles">What keeps McpProbe itself from its work.</param>
public sealed record EndpointFrameFacts(EndpointHead Head, IReadOnlyList<Obstacle> Obstacles, Viewer Viewer, WebOptions Options, bool CanSignIn);
