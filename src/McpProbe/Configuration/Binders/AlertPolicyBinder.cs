using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Configuration.Binders;

/// <summary>Reads the key <c>alerts</c> of an endpoint. Whether its channels exist is checked where they are known (<see cref="ProbesBinder"/>).</summary>
internal sealed class AlertPolicyBinder(ConfigReader reader)
{
    /// <summary>Whoever is told more often stops reading.</summary>
    private static readonly TimeSpan LeastReminder = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LeastEscalation = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeastFlappingWindow = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LeastRegression = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan LeastUnwatched = TimeSpan.FromMinutes(1);

    /// <summary>One outage is two changes: it opens and resolves.</summary>
    private const int LeastChanges = 2;

    /// <summary>One other catalogue is no row.</summary>
    private const int LeastUnstable = 2;

    private const double MostFactor = 1000;

    private static readonly string[] Keys =
        ["remindEvery", "escalate", "flapping", "drift", "unstableAfter", "suspicious", "certificateDays", "degraded", "latency", "gated", "sessionsCut", "unwatchedAfter", "quorum"];

    public AlertPolicy? Policy(ConfigNode node, string path)
    {
        if (reader.Members(node, path, Keys) is not { } members) return null;
        var policy = AlertPolicy.Default;
        foreach (var (key, _, value) in members.Values)
        {
            var at = $"{path}.{key}";
            policy = key switch
            {
                "remindEvery" when reader.Duration(value, at, LeastReminder) is { } every => policy with { RemindEvery = every },
                "escalate" when Steps(value, at) is { } steps => policy with { Escalate = steps },
                "flapping" when IsFalse(value) => policy with { Flapping = null },
                "flapping" when Flapping(value, at) is { } flapping => policy with { Flapping = flapping },
                "drift" when reader.Choice<DriftAlert>(value, at) is { } drift => policy with { Drift = drift },
                "unstableAfter" when IsFalse(value) => policy with { UnstableAfter = null },
                "unstableAfter" when reader.Count(value, at, LeastUnstable) is { } probes => policy with { UnstableAfter = probes },
                "suspicious" when reader.Choice<SuspicionAlert>(value, at) is { } suspicion => policy with { Suspicious = suspicion },
                "certificateDays" when Days(value, at) is { } days => policy with { CertificateDays = days },
                "degraded" when reader.Boolean(value, at) is { } degraded => policy with { Degraded = degraded },
                "latency" when IsFalse(value) => policy with { Latency = null },
                "latency" when Latency(value, at) is { } latency => policy with { Latency = latency },
                "gated" when reader.Boolean(value, at) is { } gated => policy with { Gated = gated },
                "unwatchedAfter" when IsFalse(value) => policy with { Unwatched = null },
                "unwatchedAfter" when reader.Duration(value, at, LeastUnwatched) is { } after => policy with { Unwatched = new UnwatchedRule(after) },
                "sessionsCut" when IsFalse(value) => policy with { SessionsCut = null },
                "sessionsCut" when reader.Count(value, at) is { } cut => policy with { SessionsCut = cut },
                "quorum" when reader.Count(value, at) is { } quorum => policy with { Quorum = quorum },
                _ => policy,
            };
        }

        return policy;
    }

    private static bool IsFalse(ConfigNode node) => node is { Kind: ConfigKind.Boolean, Text: ['f' or 'F', ..] };

    private Escalation[]? Steps(ConfigNode node, string path)
    {
        if (reader.Items(node, path, "a list of steps, such as [{ after: 30m, channels: [oncall] }]") is not { } items) return null;
        var steps = new List<Escalation>();
        for (var i = 0; i < items.Count; i++)
        {
            if (Step(items[i], $"{path}[{i}]") is not { } step) continue;
            if (steps.Exists(other => other.After == step.After))
                reader.Fail(items[i].Member("after")!.At, $"{path}[{i}].after", $"a step after {Durations.Format(step.After)} stands before; put the channels of both into one");
            steps.Add(step);
        }

        return [.. steps.OrderBy(step => step.After)];
    }

    private Escalation? Step(ConfigNode node, string path)
    {
        if (reader.Members(node, path, ["after", "channels"]) is not { } members) return null;
        TimeSpan? after = null;
        List<string>? channels = null;
        if (members.TryGetValue("after", out var time)) after = reader.Duration(time.Value, $"{path}.after", LeastEscalation);
        else reader.Fail(node.At, path, "has no 'after'; say how long an incident is open when these channels hear of it, such as 30m");
        if (!members.TryGetValue("channels", out var list)) reader.Fail(node.At, path, "has no 'channels'; say who hears of it then");
        else if (list.Value is { Kind: ConfigKind.Sequence, Items.Count: 0 }) reader.Fail(list.Value.At, $"{path}.channels", "is empty; say who hears of it then, or remove the step");
        else channels = reader.Ids(list.Value, $"{path}.channels", "a list of channel names", "channel");
        return after is { } known && channels is not null ? new Escalation(known, channels) : null;
    }

    private FlappingRule? Flapping(ConfigNode node, string path)
    {
        if (!IsRule(node, path, "{ changes: 6, within: 1h }") || reader.Members(node, path, ["changes", "within"]) is not { } members) return null;
        var rule = FlappingRule.Default;
        if (members.TryGetValue("changes", out var changes) && reader.Count(changes.Value, $"{path}.changes", LeastChanges) is { } count)
            rule = rule with { Changes = count };
        if (members.TryGetValue("within", out var within) && reader.Duration(within.Value, $"{path}.within", LeastFlappingWindow) is { } time)
            rule = rule with { Within = time };
        return rule;
    }

    private LatencyRegressionRule? Latency(ConfigNode node, string path)
    {
        if (!IsRule(node, path, "{ factor: 2, atLeast: 100ms }") || reader.Members(node, path, ["factor", "atLeast"]) is not { } members) return null;
        var rule = LatencyRegressionRule.Default;
        if (members.TryGetValue("factor", out var factor) && reader.Number(factor.Value, $"{path}.factor", over: 1, MostFactor) is { } times)
            rule = rule with { Factor = times };
        if (members.TryGetValue("atLeast", out var least) && reader.Duration(least.Value, $"{path}.atLeast", LeastRegression) is { } time)
            rule = rule with { AtLeast = time };
        return rule;
    }

    private bool IsRule(ConfigNode node, string path, string example)
    {
        if (node.Kind is ConfigKind.Mapping) return true;
        reader.Fail(node.At, path, $"must be a mapping such as {example}, or false for never; left out, it is that");
        return false;
    }

    // For people: the most days first, as they pass.
    private int[]? Days(ConfigNode node, string path)
    {
        if (reader.Items(node, path, "a list of days such as [21, 7, 1], or [] for never") is not { } items) return null;
        var days = new List<int>();
        for (var i = 0; i < items.Count; i++)
        {
            if (reader.Count(items[i], $"{path}[{i}]") is not { } day) continue;
            if (days.Contains(day)) reader.Fail(items[i].At, $"{path}[{i}]", $"{day} stands twice; remove one");
            else days.Add(day);
        }

        return [.. days.OrderDescending()];
    }
}
