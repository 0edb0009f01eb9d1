using McpProbe.Monitoring;

namespace McpProbe.Web.Health;

/// <summary>What a head knows of its own work, as it was read; <see cref="HealthJudge"/> says what it means.</summary>
public sealed record HealthFacts
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>What the head names itself: its store, its secrets, its schedule, its configuration.</summary>
    public IReadOnlyList<Obstacle> Known { get; init; } = [];

    /// <summary>How many endpoints are to be probed.</summary>
    public int Watched { get; init; }

    /// <summary>Those of them that are stale (<see cref="Freshness"/>), the longest first.</summary>
    public IReadOnlyList<StaleEndpoint> Stale { get; init; } = [];

    /// <summary>Null while every slot is probed.</summary>
    public MissedSlots? Missed { get; init; }

    /// <summary>The configured channels that something was sent to.</summary>
    public IReadOnlyList<ChannelHealth> Channels { get; init; } = [];
}

/// <param name="Since">Its last result, or when it was first to be probed.</param>
public sealed record StaleEndpoint(string Id, DateTimeOffset Since);

/// <param name="Count">Slots that nobody probed lately.</param>
public sealed record MissedSlots(long Count, DateTimeOffset Since);

/// <param name="Status">As the store has it.</param>
/// <param name="GivenUpAt">When an alert to it was given up last; null for never, or long ago.</param>
public sealed record ChannelHealth(ChannelStatus Status, DateTimeOffset? GivenUpAt);
