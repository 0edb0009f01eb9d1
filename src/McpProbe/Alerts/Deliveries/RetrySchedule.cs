namespace McpProbe.Alerts.Deliveries;

/// <summary>When a failed delivery is tried again: quickly at first, for about a day in all, with jitter.</summary>
public static class RetrySchedule
{
    private static readonly TimeSpan[] Delays =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(45), TimeSpan.FromMinutes(2),
        TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1),
        TimeSpan.FromHours(2), TimeSpan.FromHours(4), TimeSpan.FromHours(8), TimeSpan.FromHours(8),
    ];

    /// <summary>Longer waits than this are not taken from a receiver.</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromDays(1);

    /// <summary>What a send means for its delivery.</summary>
    /// <param name="attempts">With this one.</param>
    /// <returns>The next attempt's time only while it is pending.</returns>
    public static (DeliveryStatus Status, DateTimeOffset? Next) Judge(int attempts, SendOutcome outcome, DateTimeOffset now, double jitter)
    {
        var next = outcome.Status is SendStatus.Retry ? Next(attempts, now, outcome.RetryAt, jitter) : null;
        var status = (outcome.Status, next) switch
        {
            (SendStatus.Delivered, _) => DeliveryStatus.Delivered,
            (SendStatus.Retry, not null) => DeliveryStatus.Pending,
            _ => DeliveryStatus.GaveUp,
        };
        return (status, next);
    }

    /// <summary>The next attempt's time after <paramref name="attempts"/> sends; null to give up.</summary>
    /// <param name="retryAt">What the receiver asked for: never sooner than that.</param>
    /// <param name="jitter">From 0 to 1: adds up to a fifth of the delay, so that many alerts do not retry at once.</param>
    public static DateTimeOffset? Next(int attempts, DateTimeOffset now, DateTimeOffset? retryAt, double jitter)
    {
        if (attempts > Delays.Length)
            return null;
        var scheduled = now + Delays[attempts - 1] * (1 + jitter / 5);
        var asked = retryAt is { } at && at - now > LongestRetryAfter ? now + LongestRetryAfter : retryAt;
        return asked > scheduled ? asked : scheduled;
    }
}
