using System.Text.Json.Serialization;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Messages;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Alerts.Deliveries;

/// <summary>One transition on its way to one channel.</summary>
/// <param name="Attempts">Sends so far; since the last resend where there was one.</param>
/// <param name="LastError">Why the last send did not succeed.</param>
/// <param name="NextAttemptAt">When it is tried again; null once final.</param>
public sealed record Delivery(
    string TransitionId,
    string IncidentId,
    int Sequence,
    string Channel,
    DeliveryStatus Status,
    int Attempts,
    string? LastError,
    DateTimeOffset? NextAttemptAt,
    DateTimeOffset UpdatedAt)
{
    /// <summary>The transition's; null in rows that an older version wrote, as are the two below.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TransitionType? Type { get; init; }

    /// <summary>The transition's instant.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? At { get; init; }

    /// <summary>
    /// What it is gathered with: the endpoint's group, else its host, else the endpoint itself; all that is wrong with the prober
    /// alone is one group.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Group { get; init; }

    /// <summary>The rule that made the transition.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Rule { get; init; }

    /// <summary>The worst that the incident has been by then; of what is no bad news the least there is. Null in rows that an older version wrote.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IncidentSeverity? Severity { get; init; }

    /// <summary>How often somebody had it sent again after it was given up.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Resends { get; init; }

    /// <summary>Sends before the last resend.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int EarlierAttempts { get; init; }

    [JsonIgnore]
    public bool IsFinal => Status is not DeliveryStatus.Pending;

    /// <summary>The row of a delivery that was not tried yet.</summary>
    public static Delivery Of(Transition transition, string channel, DateTimeOffset now) => new(
        transition.Id, transition.Incident.Id, transition.Incident.Sequence, channel,
        DeliveryStatus.Pending, Attempts: 0, LastError: null, NextAttemptAt: now, UpdatedAt: now)
    {
        Type = transition.Type,
        At = transition.At,
        Group = IsOfTheProber(transition.Incident) ? "McpProbe" : GroupOf(transition.Endpoint),
        Rule = transition.Incident.Rule,
        Severity = AlertWords.IsBadNews(transition) is false ? IncidentSeverity.Info : AlertWords.OfIncident(transition),
    };

    private static bool IsOfTheProber(Incident incident) =>
        incident is { Kind: IncidentKind.Unwatched, Failure.Kind: FailureKind.ProberOffline };

    private static string GroupOf(EndpointReference endpoint) =>
        endpoint.Group ?? (Uri.TryCreate(endpoint.Url, UriKind.Absolute, out var url) && url.Host.Length > 0 ? url.Host : endpoint.Id);
}
[JsonConverter(typeof(WireNameConverter<DeliveryStatus>))]
public enum DeliveryStatus
{
    Pending,

    /// <summary>The receiver confirmed it.</summary>
    Delivered,

    /// <summary>Tried for long enough, or refused for good; shown, and can be sent again by hand.</summary>
    GaveUp,

    /// <summary>The channel is not told such news (<see cref="ChannelNews"/>): nothing was sent, and nothing is missing.</summary>
    LeftOut,
}

/// <summary>What came of one send.</summary>
/// <param name="Error">Why it failed; of one that was delivered, whom it did not reach all the same.</param>
/// <param name="RetryAt">When the receiver asks to be tried again (<c>Retry-After</c>), for a <see cref="SendStatus.Retry"/>.</param>
public sealed record SendOutcome(SendStatus Status, string? Error = null, DateTimeOffset? RetryAt = null)
{
    public static readonly SendOutcome Delivered = new(SendStatus.Delivered);

    public static SendOutcome Retry(string error, DateTimeOffset? retryAt = null) => new(SendStatus.Retry, error, retryAt);

    public static SendOutcome Refused(string error) => new(SendStatus.Refused, error);

    public static SendOutcome Gone(string error) => new(SendStatus.Gone, error);

    /// <summary>E-mail: the recipients that are still to be reached, where others were; null for all of the attempt's.</summary>
    public IReadOnlyList<string>? Unreached { get; init; }

    /// <summary>
    /// Nothing was sent, since the destination failed again and again a moment ago; it is no attempt, and does not count towards
    /// giving up. Always a <see cref="SendStatus.Retry"/> with its time.
    /// </summary>
    public bool NotTried { get; init; }
}

public enum SendStatus
{
    Delivered,

    /// <summary>May succeed later.</summary>
    Retry,

    /// <summary>Will never succeed.</summary>
    Refused,

    /// <summary>The receiver says that it is gone for good (410): neither this nor any other alert can succeed.</summary>
    Gone,
}
