using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Server.Storage;
using McpProbe.Web.Health;

namespace McpProbe.Server.Health;

/// <summary>
/// Tells people when the store takes no writes, and when it does again: one log line a minute, and one incident over every channel that
/// an endpoint names. Its alert is delivered from memory like all others, so it is sent again after a restart that lost it.
/// </summary>
internal sealed class StoreWatch(SqliteStore store, TimeProvider time, ILogger<StoreWatch> logger)
    : PeriodicService(TimeSpan.FromSeconds(5), time)
{
    /// <summary>What the incident is about, in place of an endpoint.</summary>
    internal const string Itself = "mcpprobe";

    /// <summary>A disk that works for a moment and fills again is one trouble.</summary>
    private static readonly TimeSpan Steady = TimeSpan.FromMinutes(1);

    private readonly LineLimit _lines = new(time);
    private Incident? _open;
    private DateTimeOffset? _failingSince;
    private DateTimeOffset _failedAt;
    private bool _remembers;

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        var now = Time.GetUtcNow();
        if (!_remembers)
        {
            // An earlier run told it, and ended before it could tell the end.
            _open = (await store.ReadIncidentsAsync(Itself, before: null, limit: 1, stoppingToken)) is [{ Rule: IncidentRules.StoreFailing or IncidentRules.StoreGone } left] ? left : null;
            _remembers = true;
        }

        if (store.Failure is { } failure)
        {
            (_failingSince, _failedAt) = (failure.Since, now);
            Say(failure);
            // Where nothing can be kept, the alert cannot either: the next round tries again.
            if (_open is null && !failure.Refuses)
                await OpenAsync(failure, stoppingToken);
        }
        else
        {
            if (_failingSince is { } since)
                Log.StoreWorks(logger, since);
            _failingSince = null;
            if (_open is { } open && now - _failedAt >= Steady)
                await ResolveAsync(open, now, stoppingToken);
        }
    }

    protected override void LogFailure(Exception failure) => Log.StoreAlertFailed(logger, failure);

    private void Say(StoreFailure failure)
    {
        if (!_lines.Allows(failure.IsGone ? "gone" : failure.Refuses ? "refuses" : "holds", out _))
            return;
        if (failure.IsGone)
            Log.StoreGone(logger, failure.Since, failure.Why);
        else if (failure.Refuses)
            Log.StoreRefuses(logger, failure.Since, failure.Why);
        else
            Log.StoreHolds(logger, failure.Since, failure.Why, failure.Held, failure.Dropped);
    }

    private async Task OpenAsync(StoreFailure failure, CancellationToken stoppingToken)
    {
        var summary = failure.IsGone
            ? $"McpProbe records in vain: {failure.Why}. It goes on probing and alerting, and a restart would lose all that was recorded."
            : $"McpProbe cannot write to its data directory: {failure.Why}. It goes on probing and alerting from memory, and a restart would lose what it has not written.";
        var rule = failure.IsGone ? IncidentRules.StoreGone : IncidentRules.StoreFailing;
        var incident = new Incident(
            IncidentIds.Of(Itself, IncidentKind.Unwatched, failure.Since), Itself, IncidentKind.Unwatched, failure.Since, ResolvedAt: null,
            rule, Sequence: 1, summary)
        {
            Opening = new IncidentOpening(rule, summary, Since: failure.Since),
            Severity = IncidentSeverities.Of(IncidentKind.Unwatched, worst: null),
            ToldAt = failure.Since,
        };
        await TellAsync(TransitionType.Opened, incident, stoppingToken);
        _open = incident;
    }

    private async Task ResolveAsync(Incident open, DateTimeOffset now, CancellationToken stoppingToken)
    {
        var incident = open with { ResolvedAt = now, Rule = IncidentRules.StoreWorks, Sequence = open.Sequence + 1, ToldAt = now };
        await TellAsync(TransitionType.Resolved, incident, stoppingToken);
        _open = null;
    }

    private async Task TellAsync(TransitionType type, Incident incident, CancellationToken stoppingToken)
    {
        var channels = (await store.ListEndpointsAsync(stoppingToken)).Where(each => !each.Endpoint.Paused)
            .SelectMany(each => each.Endpoint.Channels).Distinct().Order(StringComparer.Ordinal);
        await store.TellAsync(
            new Transition(
                IncidentIds.OfTransition(incident.Id, incident.Sequence), type, incident.ResolvedAt ?? incident.OpenedAt, incident,
                new EndpointReference(Itself, "McpProbe", Group: null, Url: "its own data directory"), Verdict.Unknown, Failure: null, Changes: [],
                [.. channels]),
            stoppingToken);
    }
}
