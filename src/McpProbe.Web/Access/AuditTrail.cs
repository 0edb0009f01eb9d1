using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace McpProbe.Web.Access;

/// <summary>
/// Writes who changed what: to the log always, and to the store. A store that is full or away does not undo what was done, and what
/// was done is in the log. What everybody can send is bounded: some sixty lines an hour of callers that are not known, and as many
/// of those that are.
/// </summary>
internal sealed class AuditTrail(IAuditStore store, TimeProvider time, ILogger<AuditTrail> logger)
{
    private const int MostAtOnce = 60;
    private const int LongestTarget = 200;

    private static readonly TimeSpan OneMoreEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private Leak _ofUnknown;
    private Leak _ofKnown;
    private int _skipped;
    private long? _skippedLogged;

    /// <param name="route">The pattern that took the request.</param>
    /// <param name="isOpen">Whether everybody may ask for it.</param>
    /// <returns>False where it was one too many of what everybody can send: then nothing else is to be logged of it either.</returns>
    internal async Task<bool> RecordAsync(HttpContext context, Actor who, string route, int status, bool isOpen)
    {
        var at = time.GetUtcNow();
        var outcome = status switch
        {
            < 400 => AuditOutcome.Done,
            StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status429TooManyRequests => AuditOutcome.Refused,
            _ => AuditOutcome.Failed,
        };
        var line = new AuditLine(
            AuditLine.NewId(at), at, Clean(who), context.Connection.RemoteIpAddress?.ToString(), context.Request.Method, route,
            context.Request.RouteValues.ToDictionary(
                each => each.Key, each => ForeignText.OneLine(each.Value?.ToString() ?? "", LongestTarget), StringComparer.Ordinal),
            outcome, status)
        {
            Detail = outcome is AuditOutcome.Done ? context.Features.Get<AuditDetail>()?.Changed : null,
        };
        if ((isOpen || outcome is AuditOutcome.Refused || who.Kind is ActorKind.Unknown) && !IsWithinBounds(line))
            return false;

        Log.Audit(
            logger, line.Who, line.Address, line.Method, line.Route, string.Join(' ', line.Targets.Select(each => $"{each.Key}={each.Value}")),
            WireNames.Of(outcome), status, line.Detail is { } detail ? $": {detail}" : "");
        try
        {
            // Not the caller's token: a caller who leaves takes no change back.
            using var longest = new CancellationTokenSource(LongestWrite, time);
            await store.AddAuditLineAsync(line, longest.Token);
        }
        catch (Exception failure)
        {
            Log.AuditNotStored(logger, ForeignText.Brief(failure.Message));
        }

        return true;
    }

    private bool IsWithinBounds(AuditLine line)
    {
        lock (_lock)
        {
            ref var lately = ref (line.Who.Kind is ActorKind.Unknown ? ref _ofUnknown : ref _ofKnown);
            if (lately.Add(time, OneMoreEvery, MostAtOnce + 1) <= MostAtOnce)
                return true;
            _skipped++;
            if (_skippedLogged is { } last && time.GetElapsedTime(last) < OneMoreEvery)
                return false;
            Log.AuditSkipped(logger, _skipped, line.Method, line.Route, line.Address);
            (_skipped, _skippedLogged) = (0, time.GetTimestamp());
            return false;
        }
    }

    private static Actor Clean(Actor who) => who with
    {
        Name = who.Name is { } name ? ForeignText.OneLine(name, LongestTarget) : null,
        Subject = who.Subject is { } subject ? ForeignText.OneLine(subject, LongestTarget) : null,
    };
}
