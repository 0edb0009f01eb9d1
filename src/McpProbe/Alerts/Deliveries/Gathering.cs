using McpProbe.Alerts.Channels;
using McpProbe.Model;

namespace McpProbe.Alerts.Deliveries;

/// <summary>
/// What goes out next to a channel that people read. A transition goes at once, unless the channel's limit is used up, or the
/// channel was told of another incident of the same group in the same way, and as severe, within the last minute; then it waits, and
/// goes with the others that wait. The most severe goes first, and waits behind nothing that is less so. Pure: the channel's state, the limit, what waits and the time decide.
/// </summary>
public static class Gathering
{
    /// <summary>Incidents of one group that come this close together are one message.</summary>
    private static readonly TimeSpan Together = TimeSpan.FromMinutes(1);

    /// <summary>With so many messages that do not get through, a new one is begun only now and then.</summary>
    private const int MostInTrouble = 8;
    private static readonly TimeSpan InTrouble = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan SendsKept = TimeSpan.FromHours(1);

    /// <param name="waiting">Not final, oldest first.</param>
    /// <param name="isAlive">Whether the holder of a lease may still be sending.</param>
    public static GatherStep Next(
        ChannelState state, SendLimit limit, IReadOnlyList<Delivery> waiting, Func<AlertLease, bool> isAlive, DateTimeOffset now)
    {
        var pending = state.Outgoing.Where(alert => !alert.IsFinal).ToList();
        var incidents = Ready(pending, waiting);
        var ready = incidents.SelectMany(rows => rows).ToList();

        // The most severe of what may go; of one severity a repeat, since it waited longest, then what may go first.
        var repeat = pending.Where(alert => alert.DueAt(isAlive) <= now).OrderByDescending(SeverityOf).ThenBy(alert => alert.DueAt(isAlive)).FirstOrDefault();
        var first = incidents.Select(rows => (Rows: rows, At: MayGoAt(rows)))
            .OrderBy(each => each.At).ThenByDescending(each => SeverityOf(each.Rows)).FirstOrDefault();
        if (repeat is not null && !(first.Rows is not null && first.At <= now && SeverityOf(first.Rows) > SeverityOf(repeat)))
        {
            var free = FreeFor(SeverityOf(repeat));
            if (free <= now)
                return GatherStep.Send(repeat, []);
            if (!(first.At <= now))
                return GatherStep.Wait(first.Rows is not null && first.At < free ? first.At : free, ready);
        }

        var repeats = pending.Select(alert => Later(alert.DueAt(isAlive), FreeFor(SeverityOf(alert)))).Cast<DateTimeOffset?>().Min();
        if (first.Rows is null)
            return GatherStep.Wait(repeats, ready);
        if (first.At > now)
            return GatherStep.Wait(repeats < first.At ? repeats : first.At, ready);

        // A message tells of one group. When few more may follow it, it tells everything.
        var all = limit.IsScarce(state.Sends, now) || pending.Count >= MostInTrouble;
        List<Delivery> send = [.. incidents.Where(rows => all || rows[0].Group == first.Rows[0].Group).SelectMany(rows => rows)];
        string[] ids = [.. send.Select(row => row.TransitionId)];
        return GatherStep.Send(
            new OutgoingAlert(OutgoingAlert.IdOf(ids), ids, DeliveryStatus.Pending, Claims: 0, Attempts: 0, LastError: null, now, Lease: null)
            {
                Severity = SeverityOf(send),
            },
            send);

        DateTimeOffset FreeFor(IncidentSeverity severity) => Later(limit.FreeAt(state.Sends, severity, now), state.RestsUntil);

        DateTimeOffset MayGoAt(IReadOnlyList<Delivery> rows)
        {
            var severity = SeverityOf(rows);
            var free = FreeFor(severity);
            // A receiver that takes nothing is left alone, but for what is worse than all that it did not take.
            if (pending.Count >= MostInTrouble && pending.Max(SeverityOf) >= severity && state.Sends is [.., var last])
                free = Later(free, last + InTrouble);
            // The first of an incident says whether it may go; what is more severe than that one need not wait for it.
            var group = rows.Where((row, i) => i == 0 || SeverityOf(row) > SeverityOf(rows[0])).Min(row => FreeAt(state, row, now));
            return Later(free, group);
        }
    }

    /// <summary>The channel's state with a message in its sender's hands.</summary>
    public static ChannelState Claim(ChannelState state, GatherStep step, AlertLease lease, DateTimeOffset now) =>
        state.Replace(step.Alert! with { Claims = step.Alert.Claims + 1, Lease = lease }) with
        {
            Sends = [.. state.Sends.Where(at => at > now - SendsKept && at <= now), now],
            Told =
            [
                .. state.Told.Where(told => told.At > now - Together && told.At <= now && !step.Rows.Any(row => IsOf(row, told))),
                .. step.Rows.Where(row => row is { Group: not null, Type: not null }).GroupBy(row => (row.Group, row.Type)).Select(group =>
                    new GroupTold(group.Key.Group!, group.Key.Type!.Value, OnlyIncident(group), now) { Severity = SeverityOf([.. group]) }),
            ],
        };

    /// <summary>
    /// The channel's state when a claimed message was sent. Final: the message stays in it, as what came of it, until its rows are written.
    /// Not tried: it is taken apart, and its transitions go with what else waits then; not if it may have been sent before.
    /// </summary>
    public static ChannelState Record(
        ChannelState state, OutgoingAlert alert, SendOutcome outcome, string? address, DateTimeOffset now, double jitter)
    {
        // As if it had not been claimed: nobody was told anything.
        var claimed = alert.Lease?.Until - Lease;
        var untold = state with { Told = [.. state.Told.Where(told => told.At != claimed)] };
        if (outcome.NotTried)
        {
            var rest = RestAfter(outcome, now);
            var rested = untold with { Sends = [.. state.Sends.Where(at => at != claimed)], RestsUntil = rest };
            return alert.Claims == 1
                ? rested.Without(alert)
                : rested.Replace(alert with { LastError = outcome.Error, NextAttemptAt = rest, Lease = null });
        }

        var judged = Judged(alert, outcome, now, jitter);
        var after = judged.Status is DeliveryStatus.GaveUp ? untold : state;
        return after.After(outcome, address, now).Replace(judged) with { RestsUntil = null };
    }

    /// <summary>How long a claim holds: longer than any send takes (<see cref="DeliveryWorker"/> ends it sooner).</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(90);

    /// <summary>When a destination that was not tried is tried again: never at once, whatever it says.</summary>
    internal static DateTimeOffset RestAfter(SendOutcome outcome, DateTimeOffset now) =>
        Later(now + ShortestRest, outcome.RetryAt);

    private static readonly TimeSpan ShortestRest = TimeSpan.FromSeconds(5);

    private static OutgoingAlert Judged(OutgoingAlert alert, SendOutcome outcome, DateTimeOffset now, double jitter)
    {
        var attempts = alert.Attempts + 1;
        var (status, next) = RetrySchedule.Judge(attempts, outcome, now, jitter);
        return alert with
        {
            Status = status,
            Attempts = attempts,
            LastError = outcome.Error,
            NextAttemptAt = next ?? now,
            Lease = null,
            To = outcome.Unreached ?? alert.To,
        };
    }

    /// <summary>
    /// What may go, by incident: not what is out already, and nothing of an incident of which something earlier is out. The
    /// transitions of an incident stay together and in their order; whether they may go is said by the first.
    /// </summary>
    private static List<List<Delivery>> Ready(IReadOnlyList<OutgoingAlert> pending, IReadOnlyList<Delivery> waiting) =>
    [
        .. waiting.GroupBy(row => row.IncidentId)
            .Where(incident => !pending.Any(alert => alert.Concerns(incident.Key)))
            .Select(incident => incident.OrderBy(row => row.Sequence).ToList())
            .OrderBy(rows => rows[0].At),
    ];

    // Nothing waits behind what is less severe.
    private static DateTimeOffset FreeAt(ChannelState state, Delivery row, DateTimeOffset now) => Later(now, state.Told
        .Where(told => IsOf(row, told) && told.Incident != row.IncidentId && told.At <= now && !(SeverityOf(row) > (told.Severity ?? Unknown)))
        .Select(told => (DateTimeOffset?)(told.At + Together))
        .Max());

    /// <summary>Of what an older version wrote: nothing is held up over it, and it is held up by nothing.</summary>
    private const IncidentSeverity Unknown = IncidentSeverity.Critical;

    private static IncidentSeverity SeverityOf(Delivery row) => row.Severity ?? Unknown;

    private static IncidentSeverity SeverityOf(OutgoingAlert alert) => alert.Severity ?? Unknown;

    private static IncidentSeverity SeverityOf(IReadOnlyList<Delivery> rows) => rows.Max(SeverityOf);

    private static bool IsOf(Delivery row, GroupTold told) => row.Group == told.Group && row.Type == told.Type;

    private static string OnlyIncident(IEnumerable<Delivery> rows) =>
        rows.Select(row => row.IncidentId).Distinct().ToList() is [var only] ? only : "";

    private static DateTimeOffset Later(DateTimeOffset first, DateTimeOffset? second) => second > first ? second.Value : first;
}

/// <summary>A message to send now, or when to look again.</summary>
/// <param name="Alert">To be claimed and sent; null to wait.</param>
/// <param name="Rows">What a new message is made of; none for a repeat.</param>
/// <param name="Until">When something may go; null when nothing waits, or something is to be sent now.</param>
/// <param name="Ready">What waits for <paramref name="Until"/>, the oldest first.</param>
public sealed record GatherStep(OutgoingAlert? Alert, IReadOnlyList<Delivery> Rows, DateTimeOffset? Until, IReadOnlyList<Delivery> Ready)
{
    internal static GatherStep Send(OutgoingAlert alert, IReadOnlyList<Delivery> rows) => new(alert, rows, Until: null, []);

    internal static GatherStep Wait(DateTimeOffset? until, IReadOnlyList<Delivery> ready) => new(null, [], until, ready);
}
