using System.Text.Json.Serialization;
using McpProbe.Model;

namespace McpProbe.Monitoring;

/// <summary>Everything that one observation, or one request, changes; see <see cref="IMonitorStore.CommitAsync"/> for the order.</summary>
public sealed record StateChange
{
    public required string EndpointId { get; init; }

    /// <summary>The state that was judged.</summary>
    public required StoredState Before { get; init; }

    /// <summary>
    /// Of the definition that was probed. A store that can see in the same transaction that there is a newer one turns the commit down;
    /// the others leave that to <see cref="Before"/>, whose state says so. Null for what is no probe.
    /// </summary>
    public long? Generation { get; init; }

    /// <summary>The state to commit; null when it did not change and only the result is written.</summary>
    public EndpointState? After { get; init; }

    /// <summary>Deletes the endpoint and its state at the commit point; pending transitions stay until they are handed over.</summary>
    public bool DeleteEndpoint { get; init; }

    /// <summary>Somebody is told that it is kept: a store that cannot write turns it down, rather than to keep it in memory.</summary>
    public bool Durable { get; init; }

    public ProbeRecord? Record { get; init; }

    /// <summary>A catalogue that the state now refers to: stored under its hash, touched when it is there already.</summary>
    public ToolCatalog? Catalog { get; init; }

    /// <summary>Incidents that opened, changed or resolved: written by id.</summary>
    public IReadOnlyList<Incident> Incidents { get; init; } = [];

    public DriftRecord? Drift { get; init; }

    /// <summary>Become pending at the commit point.</summary>
    public IReadOnlyList<Transition> Transitions { get; init; } = [];
}

/// <summary>A result under the name it is stored by.</summary>
public sealed record ProbeRecord(DateTimeOffset Slot, string Location, ProbeResult Result)
{
    /// <summary>It is known, but not on disk yet: a store that cannot write says so of what it gives.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool NotRecorded { get; init; }
}

/// <summary>What came of a commit.</summary>
/// <param name="Recorded">For <see cref="CommitStatus.ResultExists"/>: the result that was recorded first, to be judged instead.</param>
public sealed record CommitOutcome(CommitStatus Status, ProbeResult? Recorded = null)
{
    public static readonly CommitOutcome Committed = new(CommitStatus.Committed);
    public static readonly CommitOutcome Conflict = new(CommitStatus.Conflict);
    public static readonly CommitOutcome Gone = new(CommitStatus.Gone);
    public static readonly CommitOutcome Outdated = new(CommitStatus.Outdated);

    public static CommitOutcome ResultExists(ProbeResult recorded) => new(CommitStatus.ResultExists, recorded);
}

public enum CommitStatus
{
    Committed,

    /// <summary>The state changed since it was read: read again, judge the same result again.</summary>
    Conflict,

    /// <summary>
    /// Another result stands under this slot already, with other content: nothing was changed. A commit that repeats the very
    /// result it stored (after a conflict) is not told so.
    /// </summary>
    ResultExists,

    /// <summary>The endpoint was deleted: nothing was changed.</summary>
    Gone,

    /// <summary>There is a newer definition than the one that was probed: nothing was changed.</summary>
    Outdated,
}
