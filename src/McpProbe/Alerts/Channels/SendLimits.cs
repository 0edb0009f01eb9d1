using McpProbe.Model;

namespace McpProbe.Alerts.Channels;

/// <summary>How many messages a channel of people takes, and when it takes the next.</summary>
public static class SendLimits
{
    // What an Azure-managed e-mail domain allows; the others stop far above it or not at all, but nobody reads more.
    private static readonly SendLimit OfEmail = new(PerMinute: 5, PerHour: 10);
    private static readonly SendLimit OfChat = new(PerMinute: 30, PerHour: null);

    /// <summary>
    /// The limit of a channel that is read by people, where alerts are gathered; null for one that a machine reads, which gets
    /// each transition as a message of its own.
    /// </summary>
    public static SendLimit? Of(Channel channel) => channel.Type switch
    {
        ChannelType.Webhook or ChannelType.Pagerduty => null,
        ChannelType.Email => channel.Limit ?? OfEmail,
        _ => channel.Limit ?? OfChat,
    };

    /// <summary>
    /// When the next message may go: now, or when enough of the earlier ones are long enough ago. The last of a limit is kept for
    /// what is worse: a fifth of it for an outage, and another fifth for that and for errors; of a small limit one message.
    /// </summary>
    /// <param name="severity">Of the worst that the message tells.</param>
    internal static DateTimeOffset FreeAt(this SendLimit limit, IReadOnlyList<DateTimeOffset> sends, IncidentSeverity severity, DateTimeOffset now)
    {
        var free = now;
        foreach (var (all, window) in Windows(limit))
        {
            var lesser = Math.Min(all < 5 ? 1 : 2, IncidentSeverity.Critical - severity);
            var most = Math.Max(1, all - lesser * Math.Max(1, all / 5));
            var within = Within(sends, window, now);
            if (within.Count >= most && within[^most] + window > free)
                free = within[^most] + window;
        }

        return free;
    }

    /// <summary>Whether one more message would use up more than half of a limit: then it had better tell everything.</summary>
    internal static bool IsScarce(this SendLimit limit, IReadOnlyList<DateTimeOffset> sends, DateTimeOffset now) =>
        Windows(limit).Any(each => 2 * (Within(sends, each.Window, now).Count + 1) > each.Most);

    // What seems to lie in the future was written before the clock was set back, and must not silence the channel.
    private static List<DateTimeOffset> Within(IReadOnlyList<DateTimeOffset> sends, TimeSpan window, DateTimeOffset now) =>
        [.. sends.Where(at => at > now - window && at <= now)];

    private static IEnumerable<(int Most, TimeSpan Window)> Windows(SendLimit limit)
    {
        if (limit.PerMinute is { } minute)
            yield return (minute, TimeSpan.FromMinutes(1));
        if (limit.PerHour is { } hour)
            yield return (hour, TimeSpan.FromHours(1));
    }
}
