using System.Text;
using System.Text.Json;
using McpProbe.Text;
using McpProbe.Uptime;
using McpProbe.Web.Access;
using McpProbe.Web.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Badges;

/// <summary>
/// <c>GET /badge/{id}.svg</c> and, as shields.io reads it, <c>/badge/{id}.json</c>; what they show is in the query. Of public endpoints
/// for everybody; a private one looks without the key exactly like one that does not exist.
/// </summary>
internal static class BadgeApi
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/badge/{id}.svg", Methods.Read, (Delegate)SvgAsync).WithMetadata(OpenRoute.Instance);
        routes.MapMethods("/badge/{id}.json", Methods.Read, (Delegate)JsonAsync).WithMetadata(OpenRoute.Instance);
    }

    private static async Task<IResult> SvgAsync(
        string id, HttpContext context, VisibleEndpoints visible, UptimeReader uptime, CancellationToken cancellationToken)
    {
        var (badge, refusal) = await ReadAsync(id, context, visible, uptime, cancellationToken);
        return badge is null ? refusal! : ShortLived.Answer(context, Encoding.UTF8.GetBytes(BadgeSvg.Write(badge)), BadgeSvg.ContentType);
    }

    private static async Task<IResult> JsonAsync(
        string id, HttpContext context, VisibleEndpoints visible, UptimeReader uptime, CancellationToken cancellationToken)
    {
        var (badge, refusal) = await ReadAsync(id, context, visible, uptime, cancellationToken);
        return badge is null
            ? refusal!
            : ShortLived.Answer(context, JsonSerializer.SerializeToUtf8Bytes(ShieldsBadge.Of(badge), WebJson.Default.ShieldsBadge), "application/json; charset=utf-8");
    }

    private static async Task<(Badge? Badge, IResult? Refusal)> ReadAsync(
        string id, HttpContext context, VisibleEndpoints visible, UptimeReader uptime, CancellationToken cancellationToken)
    {
        var mistakes = new List<Mistake>();
        var (show, range) = (BadgeShow.State, UptimeRange.Month);
        if (context.Request.Query["show"] is [{ } what, ..] && !WireNames.TryParse(what, out show))
            mistakes.Add(new(1, 1, "?show", $"show is one of {string.Join(", ", WireNames.All<BadgeShow>())}."));
        if (context.Request.Query["range"] is [{ } length, ..])
        {
            if (BadgeRanges.Find(length) is { } known)
                range = known;
            else
                mistakes.Add(new(1, 1, "?range", $"range is one of {string.Join(", ", BadgeRanges.All)}."));
        }

        if (mistakes.Count > 0)
            return (null, Problem.Of(StatusCodes.Status400BadRequest, "The query is not valid. Each mistake is listed in 'errors'.", mistakes));
        if (await visible.FindAsync(id, Viewer.Of(context), cancellationToken) is not { } endpoint)
            return (null, Problem.NoEndpoint(id));
        var summary = show is BadgeShow.Uptime or BadgeShow.P95 ? (await uptime.ReadAsync([endpoint], cancellationToken))[id] : null;
        return (Badge.Of(show, range, endpoint, summary), null);
    }
}

/// <summary>What shields.io makes a badge of (shields.io/badges/endpoint-badge).</summary>
public sealed record ShieldsBadge(int SchemaVersion, string Label, string Message, string Color, bool IsError, int CacheSeconds)
{
    internal static ShieldsBadge Of(Badge badge) => new(
        1, badge.Label, badge.Message, BadgeSvg.Hex(badge.Colour)[1..], badge.Colour is BadgeColour.Red, (int)Math.Max(300, ShortLived.Kept.TotalSeconds));
}
