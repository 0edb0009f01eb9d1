using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Alerts.Channels;

/// <summary>
/// Looks, when a head starts, for the secrets that its channels will need: an alert that fails at night for want of a variable
/// would be found out when it is needed.
/// </summary>
public static class ChannelSecrets
{
    /// <summary>The variables that a channel is made of.</summary>
    public static IEnumerable<string> NamesIn(Channel channel) =>
        SecretReference.NamesIn(channel.Url).Concat(SecretReference.NamesIn(channel.Secret ?? "")).Distinct();

    /// <summary>
    /// One sentence for each variable that is not set, and for each whose value cannot be what the channel takes it for. No value is
    /// in any of them.
    /// </summary>
    /// <param name="secrets">Gives the value of a name; null for one that is not set (<see cref="SecretReference.FromEnvironment"/>).</param>
    public static IReadOnlyList<string> Missing(IEnumerable<Channel> channels, Func<string, string?> secrets) =>
        [.. channels.SelectMany(channel => MissingOf(channel, secrets))];

    /// <summary>As <see cref="Missing"/>, but only of variables that are not set.</summary>
    public static IEnumerable<string> Unset(IEnumerable<Channel> channels, Func<string, string?> secrets) => channels.SelectMany(channel =>
        NamesIn(channel).Where(name => string.IsNullOrEmpty(secrets(name))).Select(name => $"channel '{channel.Name}' needs {SecretReference.WhyMissing(name)}"));

    /// <summary>The channels that endpoints name, for what happens to them or for what stays open.</summary>
    public static IEnumerable<Channel> UsedBy(IEnumerable<Endpoint> endpoints, IEnumerable<Channel> channels)
    {
        var used = endpoints.SelectMany(endpoint => endpoint.Channels.Concat(endpoint.Alerts.Escalate.SelectMany(step => step.Channels))).ToHashSet();
        return channels.Where(channel => used.Contains(channel.Name));
    }

    /// <summary>The channels that endpoints or reports name.</summary>
    public static IEnumerable<Channel> UsedBy(IEnumerable<Endpoint> endpoints, IReadOnlyCollection<string> byReports, IReadOnlyCollection<Channel> channels)
    {
        var byEndpoints = UsedBy(endpoints, channels).ToHashSet();
        return channels.Where(channel => byEndpoints.Contains(channel) || byReports.Contains(channel.Name));
    }

    private static IEnumerable<string> MissingOf(Channel channel, Func<string, string?> secrets)
    {
        var names = NamesIn(channel).ToArray();
        var missing = Array.FindAll(names, name => string.IsNullOrEmpty(secrets(name)));
        foreach (var name in missing)
            yield return $"channel '{channel.Name}' needs {SecretReference.WhyMissing(name)}";
        if (missing.Length > 0 || names.Length == 0) yield break;

        var resolved = channel with { Url = Resolved(channel.Url, secrets), Secret = channel.Secret is null ? null : Resolved(channel.Secret, secrets) };
        foreach (var (key, message, _) in ChannelRules.MistakesIn(resolved, new ChannelPlace(LiteralSecrets: true, EmailService: true, Sender: true)))
        {
            var from = SecretReference.NamesIn(key == "url" ? channel.Url : channel.Secret ?? "").Distinct().ToArray();
            yield return from.Length == 0
                ? $"channel '{channel.Name}': {key}: {message}"
                : $"channel '{channel.Name}': {key}, made of {string.Join(" and ", from)}: {message}";
        }
    }

    private static string Resolved(string text, Func<string, string?> secrets) =>
        SecretReference.TryResolve(text, secrets, out var value, out _) ? value : "";
}
