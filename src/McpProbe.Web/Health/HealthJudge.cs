namespace McpProbe.Web.Health;

/// <summary>
/// (What a head knows of its own work) → what keeps it from that work. Pure. The sentences are for everybody: they name no endpoint
/// and no channel; the details do.
/// </summary>
public static class HealthJudge
{
    private const int MostNamed = 20;

    /// <summary>A send that fails is tried again within seconds; only one that goes on failing is trouble.</summary>
    private static readonly TimeSpan Retried = TimeSpan.FromMinutes(5);

    /// <summary>A channel's limit makes an alert wait for an hour at most; one that waits longer is carried by nobody.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(65);

    public static IReadOnlyList<Obstacle> Judge(HealthFacts facts) =>
        [.. facts.Known.Concat(new[] { StaleResults(facts), MissedSlots(facts), SilentChannels(facts) }.OfType<Obstacle>())];

    private static Obstacle? StaleResults(HealthFacts facts) => facts.Stale is not [var longest, ..] ? null : new Obstacle(
        "results stale",
        $"{(facts.Stale.Count >= facts.Watched ? "The last results of all endpoints are" : $"The last {(facts.Stale.Count == 1 ? "result of 1 endpoint is" : $"results of {facts.Stale.Count} endpoints are")}")} older than three intervals: nobody knows how they are now. The log says what keeps them from being probed; when it is silent, restart McpProbe.")
    {
        Since = longest.Since,
        Details = Named(facts.Stale.Select(each => each.Id).ToList()),
    };

    private static Obstacle? MissedSlots(HealthFacts facts) => facts.Missed is not { } missed ? null : new Obstacle(
        "slots missed",
        $"Not every probe starts when it is due: {missed.Count} {(missed.Count == 1 ? "was" : "were")} left out lately. There is more to do than this machine does in time: let more probes run at once, lengthen intervals, or use a faster machine.")
    {
        Since = missed.Since,
    };

    private static Obstacle? SilentChannels(HealthFacts facts)
    {
        var troubles = facts.Channels.Select(channel => (channel.Status.Name, Trouble: TroubleOf(channel, facts.Now)))
            .Where(each => each.Trouble is not null).OrderBy(each => each.Trouble!.Value.Since).ToList();
        return troubles.Count == 0 ? null : new Obstacle(
            "alerts failing",
            $"Alerts do not get through {(troubles.Count == 1 ? "one channel" : $"{troubles.Count} channels")}. The page of the channels says why, and sends a test.")
        {
            Since = troubles[0].Trouble!.Value.Since,
            Details = Named(troubles.Select(each => $"{each.Name}: {each.Trouble!.Value.Why}").ToList()),
        };
    }

    private static (string Why, DateTimeOffset Since)? TroubleOf(ChannelHealth channel, DateTimeOffset now)
    {
        var (state, oldest) = (channel.Status.State, channel.Status.OldestWaiting);
        var error = state.LastError is { } last && !(state.LastSuccess > last.At) ? last.Error : null;
        return state.Disabled is { } closure ? ($"disabled, because {closure.Why}", closure.At)
            : error is not null && now - oldest >= Retried ? ($"its alerts fail: {error}", oldest!.Value)
            : channel.GivenUpAt is { } givenUp && !(state.LastSuccess > givenUp) ? ($"an alert was given up{(error is null ? "" : $": {error}")}", givenUp)
            : now - oldest >= LongestWait ? ("its alerts wait, and nobody sends them", oldest!.Value)
            : null;
    }

    private static string[] Named(List<string> names) => names.Count <= MostNamed
        ? [.. names]
        : [.. names.Take(MostNamed), $"and {names.Count - MostNamed} more"];
}
