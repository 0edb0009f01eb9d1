using McpProbe.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace McpProbe.Web.Api;

/// <summary><c>POST /api/reload</c>: the probes file is read again, now.</summary>
internal static class ReloadApi
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/reload", ReloadAsync);

    private static async Task<IResult> ReloadAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (Query.Flag(context.Request, "allowEmpty", out var allowEmpty) is { } mistake)
            return mistake;

        var outcome = context.RequestServices.GetService<IProbesReload>() is { } reload
            ? await reload.ReloadAsync(allowEmpty, cancellationToken)
            : new ReloadOutcome.NoFile();
        if (outcome is ReloadOutcome.Applied done)
            context.Features.Set(new AuditDetail(done.ToString()));
        return outcome switch
        {
            ReloadOutcome.Applied applied => Results.Json(ReloadDocument.Of(applied), WebJson.Default.ReloadDocument),
            ReloadOutcome.Invalid invalid => Problem.Invalid("The probes file", invalid.Mistakes),
            ReloadOutcome.WouldArchiveAll refused => Problem.Of(StatusCodes.Status409Conflict, refused.Message),
            _ => Problem.Of(StatusCodes.Status409Conflict, "This McpProbe has no probes file to read again: its endpoints come by PUT /api/endpoints/{id}. On one machine, start it with --probes FILE."),
        };
    }
}

/// <summary>What a probes file changed, by id and by name; docs/schema/reload.schema.json.</summary>
/// <param name="Restored">They had left the file before, and are watched again with their history.</param>
/// <param name="Archived">They left the file: watched no longer, their history kept.</param>
/// <param name="Channels">Channels that were added, changed or removed.</param>
/// <param name="Warnings">What does no harm yet, such as a channel without its secret that nothing uses.</param>
public sealed record ReloadDocument(
    IReadOnlyList<string> Added,
    IReadOnlyList<string> Changed,
    IReadOnlyList<string> Restored,
    IReadOnlyList<string> Archived,
    IReadOnlyList<string> Channels,
    IReadOnlyList<string> Warnings)
{
    internal static ReloadDocument Of(ReloadOutcome.Applied applied) => new(
        applied.Change.Added, applied.Change.Changed, applied.Change.Restored, applied.Change.Archived, applied.Channels, applied.Warnings);
}
