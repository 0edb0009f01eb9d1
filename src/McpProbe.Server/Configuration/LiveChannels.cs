using System.Collections;
using System.Diagnostics.CodeAnalysis;
using McpProbe.Alerts.Channels;

namespace McpProbe.Server.Configuration;

/// <summary>The channels of the probes file as it is now; all of them change at once.</summary>
internal sealed class LiveChannels : IReadOnlyDictionary<string, Channel>
{
    private readonly LiveChannels? _everKnown;
    private volatile IReadOnlyDictionary<string, Channel> _now;

    public LiveChannels(IEnumerable<Channel> channels)
        : this(channels.ToDictionary(channel => channel.Name), new LiveChannels(new Dictionary<string, Channel>(), null))
    {
        _everKnown!._now = _now;
    }

    private LiveChannels(IReadOnlyDictionary<string, Channel> now, LiveChannels? everKnown) => (_now, _everKnown) = (now, everKnown);

    /// <summary>
    /// Those that left the file, too, as they were: alerts on their way to them, and the resolves of what they were told of, must
    /// still arrive.
    /// </summary>
    public IReadOnlyDictionary<string, Channel> EverKnown => _everKnown!;

    /// <returns>The names of those that were added, changed or removed.</returns>
    public IReadOnlyList<string> Replace(IReadOnlyCollection<Channel> channels)
    {
        var (before, after) = (_now, channels.ToDictionary(channel => channel.Name));
        var known = new Dictionary<string, Channel>(_everKnown!._now);
        foreach (var channel in channels)
            known[channel.Name] = channel;
        _everKnown._now = known;
        _now = after;
        return [.. before.Keys.Union(after.Keys).Where(name => !AreSame(before.GetValueOrDefault(name), after.GetValueOrDefault(name))).Order(StringComparer.Ordinal)];
    }

    public int Count => _now.Count;

    public IEnumerable<string> Keys => _now.Keys;

    public IEnumerable<Channel> Values => _now.Values;

    public Channel this[string key] => _now[key];

    public bool ContainsKey(string key) => _now.ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out Channel value) => _now.TryGetValue(key, out value);

    public IEnumerator<KeyValuePair<string, Channel>> GetEnumerator() => _now.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // Lists are compared by what is in them, which records do not.
    private static bool AreSame(Channel? left, Channel? right) =>
        left is not null && right is not null && left.To.SequenceEqual(right.To) && left == right with { To = left.To };
}
