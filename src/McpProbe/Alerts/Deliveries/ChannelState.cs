using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Messages;
using McpProbe.Model;

namespace McpProbe.Alerts.Deliveries;

/// <summary>
/// What is remembered of a channel between sends: how much it was sent lately, which messages are out, whether it is disabled.
/// A value; a store changes it under its version, so that two workers never send the same thing at once.
/// </summary>
public sealed record ChannelState
{
    public static readonly ChannelState New = new();

    /// <summary>When messages were sent, oldest first: those of the last hour, for the limits.</summary>
    public IReadOnlyList<DateTimeOffset> Sends { get => field ?? []; init; } = [];

    /// <summary>Of which groups the channel was told within the last minute.</summary>
    public IReadOnlyList<GroupTold> Told { get => field ?? []; init; } = [];

    /// <summary>
    /// Messages that were claimed and are not settled. Each keeps its content until it is final, so that a repeat is the same
    /// message under the same id.
    /// </summary>
    public IReadOnlyList<OutgoingAlert> Outgoing { get => field ?? []; init; } = [];

    /// <summary>Until then the destination is not tried: it failed again and again a moment ago.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? RestsUntil { get; init; }

    /// <summary>The receiver said that it is gone for good; null while the channel works.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ChannelClosure? Disabled { get; init; }

    /// <summary>When the receiver last confirmed an alert; for channels with much to do to the minute.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? LastSuccess { get; init; }

    /// <summary>The last send that did not succeed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ChannelError? LastError { get; init; }

    internal OutgoingAlert? Carrying(string transitionId) => Outgoing.FirstOrDefault(alert => alert.Transitions.Contains(transitionId));

    internal ChannelState Replace(OutgoingAlert alert) =>
        this with { Outgoing = [.. Outgoing.Where(each => each.Id != alert.Id), alert] };

    internal ChannelState Without(OutgoingAlert alert) =>
        this with { Outgoing = [.. Outgoing.Where(each => each.Id != alert.Id)] };

    /// <summary>The channel's state after a send; the same instance when it has nothing to add.</summary>
    internal ChannelState After(SendOutcome outcome, string? address, DateTimeOffset now)
    {
        if (outcome is { Status: SendStatus.Delivered, Error: null })
        {
            // To the minute: a channel with much to do does not rewrite it for every alert.
            return LastSuccess > now - Minute && !(LastError?.At > LastSuccess) ? this : this with { LastSuccess = now };
        }

        var error = outcome.Error ?? "";
        var after = LastError is { } last && last.Error == error && last.At > now - Minute && !(LastSuccess > last.At)
            ? this
            : this with { LastError = new ChannelError(now, error) };
        // It reached some, and not all.
        if (outcome.Status is SendStatus.Delivered && !(LastSuccess > now - Minute))
            return after with { LastSuccess = now };
        return outcome.Status is SendStatus.Gone ? after with { Disabled = new ChannelClosure(now, error, address) } : after;
    }

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
}

/// <param name="Incident">Whose transition it was; empty when there were several.</param>
public sealed record GroupTold(string Group, TransitionType Type, string Incident, DateTimeOffset At)
{
    /// <summary>Of the worst that was told; null where an older version told it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IncidentSeverity? Severity { get; init; }
}


/// <param name="Address">A hash of the address that is gone (<see cref="ChannelAddress"/>); null when it could not be resolved.</param>
public sealed record ChannelClosure(DateTimeOffset At, string Why, string? Address);

public sealed record ChannelError(DateTimeOffset At, string Error);

/// <summary>One message from its claim until its deliveries are recorded.</summary>
/// <param name="Id">The <see cref="Alert.Id"/> of every repeat.</param>
/// <param name="Transitions">Ids, in the order of the message.</param>
/// <param name="NextAttemptAt">When it may be sent; meaningless once final.</param>
/// <param name="Claims">How often a worker took it to send it. The last one may have crashed before, during or after its send.</param>
/// <param name="Lease">Who is sending it now; null when nobody is.</param>
public sealed record OutgoingAlert(
    string Id, IReadOnlyList<string> Transitions, DeliveryStatus Status, int Claims, int Attempts, string? LastError,
    DateTimeOffset NextAttemptAt, AlertLease? Lease)
{
    /// <summary>Of the worst that it tells; null in messages that an older version claimed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IncidentSeverity? Severity { get; init; }

    /// <summary>E-mail: the recipients that are still to be reached; null for all of the channel's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? To { get; init; }

    [JsonIgnore]
    public bool IsFinal => Status is not DeliveryStatus.Pending;

    /// <summary>When it may be sent by whoever comes first.</summary>
    internal DateTimeOffset DueAt(Func<AlertLease, bool> isAlive) =>
        Lease is { } lease && isAlive(lease) && lease.Until > NextAttemptAt ? lease.Until : NextAttemptAt;

    internal bool Concerns(string incidentId) => Transitions.Any(id =>
        id.LastIndexOf('_') == incidentId.Length && id.StartsWith(incidentId, StringComparison.Ordinal));

    /// <summary>
    /// A message of one transition has the transition's id, as everywhere. One of several has an id made from what it contains:
    /// the same content is the same message, other content is another.
    /// </summary>
    internal static string IdOf(IReadOnlyList<string> transitions) => transitions is [var only]
        ? only
        : $"{transitions[0]}+{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', transitions))).AsSpan(0, 6))}";
}

/// <param name="Holder">One claim of one process.</param>
/// <param name="Until">When it ends by itself: after a crash, another one may then send the message.</param>
public sealed record AlertLease(string Holder, DateTimeOffset Until);
