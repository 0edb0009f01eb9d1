using System.Text.Json;
using McpProbe.Alerts;
using McpProbe.Incidents;

namespace McpProbe.Server.Storage;

internal sealed partial class SqliteStore
{
    public async Task HandOverAsync(Transition transition, CancellationToken cancellationToken)
    {
        // Nobody hears of it: nothing to keep.
        if (transition.Channels.Count == 0)
            return;
        var json = JsonSerializer.Serialize(transition, EngineJson.Default.Transition);
        var now = _time.GetUtcNow();
        await _writes.RunAsync(
            session =>
            {
                session.Execute(
                    "INSERT INTO transitions (id, transition) VALUES ($id, $transition) ON CONFLICT DO NOTHING",
                    ("$id", transition.Id), ("$transition", json));
                foreach (var channel in transition.Channels)
                {
                    // A row that is there belongs to an earlier hand-over of the same transition, and knows more.
                    Insert(session, "ON CONFLICT DO NOTHING", DeliveryWorker.New(transition, channel, now));
                }
                return true;
            },
            cancellationToken);
        HandedOver();
    }

    public Task<Delivery?> FindDeliveryAsync(string transitionId, string channel, CancellationToken cancellationToken) =>
        Task.FromResult(_reads.Read(session => session.QueryFirst(
            "SELECT delivery FROM deliveries WHERE transition_id = $transition AND channel = $channel",
            row => Delivery(row.GetString(0)),
            ("$transition", transitionId), ("$channel", channel))));

    public Task WriteDeliveryAsync(Delivery delivery, CancellationToken cancellationToken) => _writes.RunAsync(
        session => Insert(
            session,
            "ON CONFLICT (transition_id, channel) DO UPDATE SET next_attempt_at = excluded.next_attempt_at, delivery = excluded.delivery",
            delivery),
        cancellationToken);

    /// <summary>
    /// What is due: of every incident and channel the earliest transition that is not final, and of every channel at most
    /// <paramref name="perChannel"/>, so that a channel that hangs keeps no other waiting.
    /// </summary>
    public IReadOnlyList<DueDelivery> ReadDue(DateTimeOffset now, int perChannel) => _reads.Read(session => session.Query(
        """
        SELECT transition, channel FROM (
            SELECT t.transition, d.channel,
                row_number() OVER (PARTITION BY d.channel ORDER BY d.next_attempt_at, d.sequence) AS place
            FROM deliveries d JOIN transitions t ON t.id = d.transition_id
            WHERE d.next_attempt_at <= $now AND NOT EXISTS (
                SELECT 1 FROM deliveries p
                WHERE p.incident_id = d.incident_id AND p.channel = d.channel AND p.sequence < d.sequence
                    AND p.next_attempt_at IS NOT NULL))
        WHERE place <= $most
        """,
        row => new DueDelivery(Transition(row.GetString(0)), row.GetString(1)),
        ("$now", now.UtcTicks), ("$most", perChannel)));

    /// <summary>When the next delivery after <paramref name="now"/> is due; null when none waits.</summary>
    public DateTimeOffset? NextDueAfter(DateTimeOffset now) => _reads.Read(session => session.QueryFirst<DateTimeOffset?>(
        "SELECT min(next_attempt_at) FROM deliveries WHERE next_attempt_at > $now",
        row => row.IsDBNull(0) ? null : Instant(row.GetInt64(0)),
        ("$now", now.UtcTicks)));

    private static bool Insert(SqliteSession session, string onConflict, Delivery delivery) => session.Execute(
        $"""
        INSERT INTO deliveries (transition_id, channel, incident_id, sequence, next_attempt_at, delivery)
        VALUES ($transition, $channel, $incident, $sequence, $next, $delivery) {onConflict}
        """,
        ("$transition", delivery.TransitionId), ("$channel", delivery.Channel), ("$incident", delivery.IncidentId),
        ("$sequence", delivery.Sequence),
        // Null takes a final row out of the index of what is due.
        ("$next", delivery.IsFinal ? null : (delivery.NextAttemptAt ?? delivery.UpdatedAt).UtcTicks),
        ("$delivery", JsonSerializer.Serialize(delivery, EngineJson.Default.Delivery))) == 1;

    private static Delivery Delivery(string json) => JsonSerializer.Deserialize(json, EngineJson.Default.Delivery)!;
}

/// <summary>One transition that is to be sent to one channel now.</summary>
internal sealed record DueDelivery(Transition Transition, string Channel);
