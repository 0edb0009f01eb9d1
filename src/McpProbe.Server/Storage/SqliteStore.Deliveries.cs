using System.Globalization;
using System.Text.Json;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;

namespace McpProbe.Server.Storage;

internal sealed partial class SqliteStore
{
    public async Task HandOverAsync(Transition transition, CancellationToken cancellationToken)
    {
        // Nobody hears of it: nothing to keep.
        if (transition.Channels.Count == 0)
            return;
        await KeepAsync(transition, cancellationToken);
        HandedOver();
    }

    /// <summary>An incident that is no endpoint's: it is kept for the pages, and its transition handed over.</summary>
    public async Task TellAsync(Transition transition, CancellationToken cancellationToken)
    {
        var incident = transition.Incident;
        await _writes.RunAsync(
            session =>
            {
                WriteIncident(session, incident);
                return true;
            },
            cancellationToken, names: [incident.Id]);
        await HandOverAsync(transition, cancellationToken);
    }

    public Task<IReadOnlyList<Delivery>> KeepAsync(Transition transition, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.Serialize(transition, EngineJson.Default.Transition);
        var now = _time.GetUtcNow();
        return _writes.RunAsync<IReadOnlyList<Delivery>>(
            session =>
            {
                session.Execute(
                    "INSERT INTO transitions (id, transition) VALUES ($id, $transition) ON CONFLICT DO NOTHING",
                    ("$id", transition.Id), ("$transition", json));
                // A row that is there belongs to an earlier hand-over of the same transition, and knows more.
                foreach (var channel in transition.Channels)
                    Insert(session, "ON CONFLICT DO NOTHING", McpProbe.Alerts.Deliveries.Delivery.Of(transition, channel, now));
                return [.. transition.Channels.Select(channel => FindDelivery(session, transition.Id, channel)!)];
            },
            cancellationToken);
    }

    public Task<Transition?> FindTransitionAsync(string transitionId, CancellationToken cancellationToken) =>
        Task.FromResult(_reads.Read(session => session.QueryFirst(
            "SELECT transition FROM transitions WHERE id = $id", row => Transition(row.GetString(0)), ("$id", transitionId))));

    public Task<Delivery?> FindDeliveryAsync(string transitionId, string channel, CancellationToken cancellationToken) =>
        Task.FromResult(_reads.Read(session => FindDelivery(session, transitionId, channel)));

    public Task<Delivery?> FindEarlierAsync(Delivery delivery, CancellationToken cancellationToken) =>
        Task.FromResult(_reads.Read(session => session.QueryFirst(
            """
            SELECT delivery FROM deliveries
            WHERE incident_id = $incident AND channel = $channel AND sequence < $sequence AND next_attempt_at IS NOT NULL
            ORDER BY sequence DESC LIMIT 1
            """,
            row => Delivery(row.GetString(0)),
            ("$incident", delivery.IncidentId), ("$channel", delivery.Channel), ("$sequence", delivery.Sequence))));

    public Task WriteDeliveryAsync(Delivery delivery, CancellationToken cancellationToken) => _writes.RunAsync(
        session => Insert(session, Replace, delivery), cancellationToken);

    public Task<IReadOnlyList<Delivery>> ReadWaitingAsync(string channel, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Delivery>>(_reads.Read(session => session.Query(
            """
            SELECT delivery FROM deliveries WHERE channel = $channel AND next_attempt_at IS NOT NULL
            ORDER BY at, incident_id, sequence LIMIT $limit
            """,
            row => Delivery(row.GetString(0)),
            ("$channel", channel), ("$limit", limit))));

    public async Task PostponeAsync(IReadOnlyList<Delivery> rows, DateTimeOffset until, CancellationToken cancellationToken)
    {
        // In small steps: the writer is everybody's.
        foreach (var some in rows.Where(row => row.NextAttemptAt != until).Chunk(MostInAStep))
        {
            await _writes.RunAsync(
                session =>
                {
                    foreach (var row in some)
                    {
                        if (FindDelivery(session, row.TransitionId, row.Channel) == row)
                            Insert(session, Replace, row with { NextAttemptAt = until });
                    }
                    return true;
                },
                cancellationToken);
        }
    }

    public Task<StoredChannel> ReadChannelAsync(string channel, CancellationToken cancellationToken) =>
        Task.FromResult(_reads.Read(session => session.QueryFirst(
            "SELECT ledger, version FROM channels WHERE name = $name",
            row => new StoredChannel(ChannelOf(row.GetString(0)), row.GetInt64(1).ToString(CultureInfo.InvariantCulture)),
            ("$name", channel))) ?? new StoredChannel(ChannelState.New, Version: null));

    public Task<bool> WriteChannelAsync(
        string channel, StoredChannel before, ChannelState after, CancellationToken cancellationToken) => _writes.RunAsync(
        session =>
        {
            var json = JsonSerializer.Serialize(after, EngineJson.Default.ChannelState);
            return (before.Version is null
                ? session.Execute(
                    "INSERT INTO channels (name, version, ledger) VALUES ($name, 1, $ledger) ON CONFLICT DO NOTHING",
                    ("$name", channel), ("$ledger", json))
                : session.Execute(
                    "UPDATE channels SET version = version + 1, ledger = $ledger WHERE name = $name AND version = $version",
                    ("$name", channel), ("$ledger", json), ("$version", long.Parse(before.Version, CultureInfo.InvariantCulture)))) == 1;
        },
        cancellationToken);

    /// <summary>
    /// What is due: of every incident and channel the earliest transition that is not final, and of every channel at most
    /// <paramref name="perChannel"/>, the most severe first, so that a channel that hangs keeps no other waiting.
    /// </summary>
    public IReadOnlyList<DueDelivery> ReadDue(DateTimeOffset now, int perChannel) => _reads.Read(session => session.Query(
        """
        SELECT t.transition, due.channel FROM (
            SELECT d.transition_id, d.channel,
                row_number() OVER (PARTITION BY d.channel ORDER BY
                    CASE d.delivery ->> '$.severity' WHEN 'info' THEN 3 WHEN 'warning' THEN 2 WHEN 'error' THEN 1 ELSE 0 END,
                    d.next_attempt_at, d.sequence) AS place
            FROM deliveries d
            WHERE d.next_attempt_at <= $now AND NOT EXISTS (
                SELECT 1 FROM deliveries p
                WHERE p.incident_id = d.incident_id AND p.channel = d.channel AND p.sequence < d.sequence
                    AND p.next_attempt_at IS NOT NULL)) due
        JOIN transitions t ON t.id = due.transition_id
        WHERE place <= $most
        ORDER BY place
        """,
        row => new DueDelivery(Transition(row.GetString(0)), row.GetString(1)),
        ("$now", now.UtcTicks), ("$most", perChannel)));

    /// <summary>When the next delivery after <paramref name="now"/> is due; null when none waits.</summary>
    public DateTimeOffset? NextDueAfter(DateTimeOffset now) => _reads.Read(session => session.QueryFirst<DateTimeOffset?>(
        "SELECT min(next_attempt_at) FROM deliveries WHERE next_attempt_at > $now",
        row => row.IsDBNull(0) ? null : Instant(row.GetInt64(0)),
        ("$now", now.UtcTicks)));

    // The instant stays: it is the transition's.
    private const string Replace =
        "ON CONFLICT (transition_id, channel) DO UPDATE SET next_attempt_at = excluded.next_attempt_at, delivery = excluded.delivery, given_up = excluded.given_up";

    private static bool Insert(SqliteSession session, string onConflict, Delivery delivery) => session.Execute(
        $"""
        INSERT INTO deliveries (transition_id, channel, incident_id, sequence, next_attempt_at, delivery, at, given_up)
        VALUES ($transition, $channel, $incident, $sequence, $next, $delivery, $at, $givenUp) {onConflict}
        """,
        ("$transition", delivery.TransitionId), ("$channel", delivery.Channel), ("$incident", delivery.IncidentId),
        ("$sequence", delivery.Sequence),
        // Null takes a final row out of the index of what is due.
        ("$next", delivery.IsFinal ? null : (delivery.NextAttemptAt ?? delivery.UpdatedAt).UtcTicks),
        ("$delivery", JsonSerializer.Serialize(delivery, EngineJson.Default.Delivery)),
        ("$at", (delivery.At ?? delivery.UpdatedAt).UtcTicks), ("$givenUp", delivery.Status is DeliveryStatus.GaveUp)) == 1;

    private static Delivery? FindDelivery(SqliteSession session, string transitionId, string channel) => session.QueryFirst(
        "SELECT delivery FROM deliveries WHERE transition_id = $transition AND channel = $channel",
        row => Delivery(row.GetString(0)),
        ("$transition", transitionId), ("$channel", channel));

    private static Delivery Delivery(string json) => JsonSerializer.Deserialize(json, EngineJson.Default.Delivery)!;

    private static ChannelState ChannelOf(string json) => JsonSerializer.Deserialize(json, EngineJson.Default.ChannelState)!;
}

/// <summary>One transition that is to be sent to one channel now.</summary>
internal sealed record DueDelivery(Transition Transition, string Channel);
