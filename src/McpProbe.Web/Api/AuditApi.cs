using System.Text.RegularExpressions;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Api;

/// <summary><c>GET /api/audit?after&amp;limit</c>: who changed what, and who was refused. For administrators: it has people's names and addresses.</summary>
internal static partial class AuditApi
{
    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods("/api/audit", Methods.Read, ListAsync).WithMetadata(AdministratorRoute.Instance);

    private static async Task<IResult> ListAsync(
        HttpRequest request, string? after, IAuditStore audit, CancellationToken cancellationToken)
    {
        if (Query.Limit(request, out var limit) is { } mistake)
            return mistake;
        if (after is not null && !LineId().IsMatch(after))
            return Query.Refuse("after", "must be taken from 'next' of the page before");
        // One more than asked tells whether there is a next page.
        var lines = await audit.ReadAuditAsync(after, limit + 1, cancellationToken);
        return Results.Json(
            lines.Count > limit ? new AuditDocument([.. lines.Take(limit)], lines[limit - 1].Id) : new AuditDocument(lines, Next: null),
            WebJson.Default.AuditDocument);
    }

    [GeneratedRegex("^[0-9]{19}-[0-9a-f]{16}$")]
    private static partial Regex LineId();
}

/// <summary><c>GET /api/audit</c>, the newest first; docs/schema/audit.schema.json.</summary>
/// <param name="Next">Send it as <c>after</c> for the next page; null on the last.</param>
public sealed record AuditDocument(IReadOnlyList<AuditLine> Lines, string? Next);
