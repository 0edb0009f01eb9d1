using McpProbe.Alerts;
using McpProbe.Alerts.Channels;
using McpProbe.Monitoring;
using McpProbe.Web.Access;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Pages;

/// <summary>Where alerts go: <c>GET /channels</c>, and its buttons.</summary>
internal static class ChannelPages
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/channels", Methods.Read, ShowAsync);
        routes.MapPost("/channels/{name}/test", TestAsync);
        routes.MapPost("/channels/{name}/enable", EnableAsync);
    }

    private static Task<IResult> ShowAsync(
        HttpContext context, IReadOnlyDictionary<string, Channel> channels, IMonitorHistory history, AccessControl rule, WebOptions options,
        TimeProvider time, CancellationToken cancellationToken) =>
        PageAsync(context, channels, history, rule, options, time, tested: null, test: null, cancellationToken);

    // No redirect: what came of it is in no store, and an address that says so could be made up.
    private static async Task<IResult> TestAsync(
        string name, HttpContext context, ChannelTester tester, IReadOnlyDictionary<string, Channel> channels, IMonitorHistory history,
        AccessControl rule, WebOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var test = await tester.TestAsync(name, cancellationToken);
        return test.Status is ChannelTestStatus.UnknownChannel
            ? MessagePage.Answer(context, StatusCodes.Status404NotFound, "No such channel", test.Message)
            : await PageAsync(context, channels, history, rule, options, time, name, test, cancellationToken);
    }

    private static async Task<IResult> EnableAsync(
        string name, HttpContext context, AlertDesk desk, IReadOnlyDictionary<string, Channel> channels, CancellationToken cancellationToken)
    {
        if (!channels.ContainsKey(name))
            return MessagePage.Answer(context, StatusCodes.Status404NotFound, "No such channel", "No channel has this name any more.");
        await desk.EnableAsync(name, cancellationToken);
        return FormFields.SeeOther(context, "/channels");
    }

    private static async Task<IResult> PageAsync(
        HttpContext context, IReadOnlyDictionary<string, Channel> channels, IMonitorHistory history, AccessControl rule, WebOptions options,
        TimeProvider time, string? tested, ChannelTest? test, CancellationToken cancellationToken) =>
        new PageResult<ChannelsPage>(new()
        {
            [nameof(ChannelsPage.Channels)] = await ChannelsApi.ReadAsync(channels, history, cancellationToken),
            [nameof(ChannelsPage.Tested)] = tested,
            [nameof(ChannelsPage.Test)] = test,
            [nameof(ChannelsPage.Viewer)] = Viewer.Of(context),
            [nameof(ChannelsPage.CanSignIn)] = rule.HasKey,
            [nameof(ChannelsPage.Options)] = options,
            [nameof(ChannelsPage.Now)] = time.GetUtcNow(),
        });
}
