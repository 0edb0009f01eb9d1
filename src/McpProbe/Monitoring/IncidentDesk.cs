using McpProbe.Alerts.Deliveries;
using McpProbe.Model;

namespace McpProbe.Monitoring;

/// <summary>
/// What a person does about an incident: takes it on, gives it back, writes about it. Of an open one all of that is in its endpoint's
/// state, under the state's version, so that neither a probe nor another person undoes it; of a resolved one, in its row.
/// </summary>
public sealed class IncidentDesk(
    IEndpointStore endpoints, IMonitorStore store, IIncidentStore incidents, IAlertOutbox outbox, TimeProvider time)
{
    /// <summary>How long somebody has an incident who does not say so: a shift.</summary>
    public static readonly TimeSpan UsualAcknowledgement = TimeSpan.FromHours(8);

    /// <summary>Whoever forgets it hears of it again some day.</summary>
    public static readonly TimeSpan LongestAcknowledgement = TimeSpan.FromDays(7);

    private readonly EndpointJudge _judge = new(store, outbox);

    /// <summary>An incident as it is now; null when there is none, or it is not kept any more.</summary>
    public async Task<Incident?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (IncidentIds.Read(id) is not var (endpoint, _))
            return null;
        var row = await incidents.FindIncidentAsync(id, cancellationToken);
        // The row follows the state, and is behind it for a moment.
        var incident = await store.ReadStateAsync(endpoint, cancellationToken) is { } stored
            ? stored.State.OpenIncidents.Concat(stored.Pending.Select(each => each.Incident)).Append(row?.Incident).OfType<Incident>()
                .Where(each => each.Id == id).MaxBy(each => each.Version)
            : row?.Incident;
        return Marked(incident, row);
    }

    /// <summary>Takes an open incident on: it is neither told again nor escalated before that time, unless it gets worse.</summary>
    /// <param name="until">Null for <see cref="UsualAcknowledgement"/> from now.</param>
    public Task<(IncidentOutcome Outcome, Incident? Incident)> AcknowledgeAsync(
        string id, string by, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var end = until ?? now + UsualAcknowledgement;
        return end <= now ? Task.FromResult<(IncidentOutcome, Incident?)>((IncidentOutcome.Over, null))
            : end - now > LongestAcknowledgement ? Task.FromResult<(IncidentOutcome, Incident?)>((IncidentOutcome.TooLong, null))
            : ChangeAsync(id, _ => IncidentOutcome.Changed, at => new IncidentAcknowledged(at, id, by, end), cancellationToken);
    }

    /// <summary>Ends what stands. Where nothing does, it is as wanted.</summary>
    public Task<(IncidentOutcome Outcome, Incident? Incident)> TakeBackAsync(string id, string by, CancellationToken cancellationToken) =>
        ChangeAsync(id, _ => IncidentOutcome.Changed, at => new IncidentAcknowledged(at, id, by, Until: null), cancellationToken);

    /// <summary>Writes about an incident, open or resolved.</summary>
    /// <param name="isPublic">Whether everybody who may see the incident may read it, without its writer's name.</param>
    public async Task<(IncidentOutcome Outcome, Incident? Incident)> NoteAsync(
        string id, string by, string text, bool isPublic, CancellationToken cancellationToken)
    {
        var note = new IncidentNote(by, time.GetUtcNow(), text) { Public = isPublic };
        while (true)
        {
            var (outcome, open) = await ChangeAsync(id, IsFull, at => new IncidentNoted(at, id, note), cancellationToken);
            if (outcome is not IncidentOutcome.Resolved)
                return (outcome, open);
            if (await incidents.FindIncidentAsync(id, cancellationToken) is not { } row)
                return (IncidentOutcome.NotFound, null);
            if (row.Incident.ResolvedAt is null)
            {
                // It resolved just now, or a process died before it wrote so: what is pending writes the row, and only then others may.
                if (!await SettleAsync(row.Incident, cancellationToken))
                    return (IncidentOutcome.Busy, row.Incident);
                continue;
            }

            if (IsFull(row.Incident) is IncidentOutcome.Full)
                return (IncidentOutcome.Full, row.Incident);
            var noted = row.Incident with { Notes = [.. row.Incident.Notes ?? [], note], Revision = row.Incident.Revision + 1 };
            if (await incidents.ReplaceIncidentAsync(row, noted, cancellationToken))
                return (IncidentOutcome.Changed, await MarkedAsync(noted, cancellationToken));
        }
    }

    private static IncidentOutcome IsFull(Incident incident) =>
        incident.Notes?.Count >= IncidentNote.Most ? IncidentOutcome.Full : IncidentOutcome.Changed;

    private async Task<bool> SettleAsync(Incident behind, CancellationToken cancellationToken)
    {
        if (await store.ReadStateAsync(behind.EndpointId, cancellationToken) is { Pending: var pending } && pending.Any(each => each.Incident.Id == behind.Id))
            await PendingTransitions.HandOverAsync(pending, store, outbox, cancellationToken);
        return await incidents.FindIncidentAsync(behind.Id, cancellationToken) is { Incident.ResolvedAt: not null };
    }

    /// <param name="mayBe">Whether the open incident may be changed so: <see cref="IncidentOutcome.Changed"/>, or why not.</param>
    private async Task<(IncidentOutcome Outcome, Incident? Incident)> ChangeAsync(
        string id, Func<Incident, IncidentOutcome> mayBe, Func<DateTimeOffset, EndpointEvent> eventOf, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { } known)
            return (IncidentOutcome.NotFound, null);
        if (await endpoints.FindEndpointAsync(known.EndpointId, cancellationToken) is not { } registered)
            return (IncidentOutcome.Resolved, known);
        // Such a definition has no policy to judge by.
        if (registered.Mistakes is not null)
            return (IncidentOutcome.Unreadable, known);

        var why = IncidentOutcome.Resolved;
        var judgement = await _judge.JudgeAsync(
            registered.Endpoint,
            state =>
            {
                why = state.OpenIncidents.FirstOrDefault(each => each.Id == id) is { } open ? mayBe(open) : IncidentOutcome.Resolved;
                return why is IncidentOutcome.Changed ? eventOf(time.GetUtcNow()) : null;
            },
            delete: false, cancellationToken);
        // Nothing was judged although it might have been: the endpoint is gone, and its incidents are closed.
        if (judgement is null && why is IncidentOutcome.Changed)
            why = IncidentOutcome.Resolved;
        var changed = judgement?.State.OpenIncidents.FirstOrDefault(each => each.Id == id) ?? judgement?.Incidents.LastOrDefault(each => each.Id == id);
        return (why, changed is null ? known : await MarkedAsync(changed, cancellationToken));
    }

    private async Task<Incident> MarkedAsync(Incident incident, CancellationToken cancellationToken) =>
        Marked(incident, await incidents.FindIncidentAsync(incident.Id, cancellationToken))!;

    // Whether it is on disk is known of its row only.
    private static Incident? Marked(Incident? incident, StoredIncident? row) =>
        row is null ? incident : incident is null ? null : incident with { NotRecorded = row.Incident.NotRecorded };
}

public enum IncidentOutcome
{
    Changed,

    /// <summary>There is no such incident, or it is not kept any more.</summary>
    NotFound,

    /// <summary>It is over: there is nothing to take on.</summary>
    Resolved,

    /// <summary>The end that was asked for is past.</summary>
    Over,

    /// <summary>Longer than <see cref="IncidentDesk.LongestAcknowledgement"/>.</summary>
    TooLong,

    /// <summary>It has as many notes as it may have.</summary>
    Full,

    /// <summary>It is just being resolved.</summary>
    Busy,

    /// <summary>Its endpoint's definition does not validate any more.</summary>
    Unreadable,
}
