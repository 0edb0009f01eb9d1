using McpProbe.Alerts;
using McpProbe.Alerts.Channels;
using McpProbe.Monitoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Api;

/// <summary>Where alerts go: <c>GET /api/channels</c> and <c>POST /api/channels/{name}/test|enable</c>.</summary>
internal static class ChannelsApi
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/api/channels", Methods.Read, ListAsync);
        routes.MapPost("/api/channels/{name}/test", TestAsync);
        routes.MapPost("/api/channels/{name}/enable", EnableAsync);
    }

    /// <summary>The channels that are configured, by name.</summary>
    internal static async Task<IReadOnlyList<ChannelDocument>> ReadAsync(
        IReadOnlyDictionary<string, Channel> channels, IMonitorHistory history, CancellationToken cancellationToken)
    {
        var known = (await history.ReadChannelsAsync(cancellationToken)).ToDictionary(one => one.Name);
        return
        [
            .. channels.Values
                .OrderBy(channel => channel.Name, StringComparer.Ordinal)
                .Select(channel => ChannelDocument.Of(channel, known.GetValueOrDefault(channel.Name))),
        ];
    }

    private static async Task<IResult> ListAsync(
        IReadOnlyDictionary<string, Channel> channels, IMonitorHistory history, CancellationToken cancellationToken) =>
        Results.Json(new ChannelsDocument(await ReadAsync(channels, history, cancellationToken)), WebJson.Default.ChannelsDocument);

    private static async Task<IResult> TestAsync(string name, ChannelTester tester, CancellationToken cancellationToken)
    {
        var test = await tester.TestAsync(name, cancellationToken);
        return test.Status switch
        {
            ChannelTestStatus.Delivered => Results.Json(new ChannelTestDocument(name, test.Message), WebJson.Default.ChannelTestDocument),
            ChannelTestStatus.UnknownChannel => Problem.Of(StatusCodes.Status404NotFound, test.Message),
            _ => Problem.Of(StatusCodes.Status502BadGateway, test.Message),
        };
    }

    private static async Task<IResult> EnableAsync(
        string name, IReadOnlyDictionary<string, Channel> channels, AlertDesk desk, CancellationToken cancellationToken)
    {
        if (!channels.ContainsKey(name))
            return Problem.Of(StatusCodes.Status404NotFound, $"There is no channel '{name}' here. GET /api/channels lists those there are.");
        // One that is enabled stays so: that is what was asked for.
        await desk.EnableAsync(name, cancellationToken);
        return Results.NoContent();
    }
}
