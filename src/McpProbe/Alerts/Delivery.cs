using System.Text.Json.Serialization;

namespace McpProbe.Alerts;

/// <summary>One transition on its way to one channel.</summary>
/// <param name="Attempts">Sends so far.</param>
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
    [JsonIgnore]
    public bool IsFinal => Status is not DeliveryStatus.Pending;
}

[JsonConverter(typeof(WireNameConverter<DeliveryStatus>))]
public enum DeliveryStatus
{
    Pending,

    /// <summary>The receiver confirmed it.</summary>
    Delivered,

    /// <summary>Tried for long enough, or refused for good; shown, and can be sent again by hand.</summary>
    GaveUp,
}

/// <summary>What came of one send.</summary>
/// <param name="RetryAt">When the receiver asks to be tried again (<c>Retry-After</c>), for a <see cref="SendStatus.Retry"/>.</param>
public sealed record SendOutcome(SendStatus Status, string? Error = null, DateTimeOffset? RetryAt = null)
{
    public static readonly SendOutcome Delivered = new(SendStatus.Delivered);

    public static SendOutcome Retry(string error, DateTimeOffset? retryAt = null) => new(SendStatus.Retry, error, retryAt);

    public static SendOutcome Refused(string error) => new(SendStatus.Refused, error);

    public static SendOutcome Gone(string error) => new(SendStatus.Gone, error);

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
