using McpProbe.Alerts.Channels;
using McpProbe.Configuration.Reading;
using McpProbe.Text;

namespace McpProbe.Configuration.Binders;

/// <summary>Reads one entry of <c>channels</c>; what its type needs is up to <see cref="ChannelRules"/>.</summary>
internal sealed class ChannelBinder(ConfigReader reader)
{
    private static readonly string[] Keys = ["name", "type", "url", "secret", "to", "from", "limit"];

    public Channel? Channel(ConfigNode node, string path)
    {
        if (reader.Members(node, path, Keys) is not { } members) return null;
        var name = Required(node, members, path, "name") is { } nameNode ? reader.Id(nameNode, $"{path}.name") : null;
        var type = Required(node, members, path, "type") is { } typeNode ? reader.Choice<ChannelType>(typeNode, $"{path}.type") : null;

        // A value that is no text or no list has its message already.
        var unread = new HashSet<string>();
        var channel = new Channel
        {
            Name = name ?? "",
            Type = type ?? default,
            Url = Read("url", (value, at) => reader.String(value, at, "an address")) ?? "",
            Secret = Read("secret", (value, at) => reader.String(value, at, $"a reference such as {SecretReference.Example}")),
            To = Read("to", (value, at) => reader.Strings(value, at, "a list of e-mail addresses")) ?? [],
            From = Read("from", (value, at) => reader.String(value, at, "an e-mail address")),
            Limit = Read("limit", Limit),
        };
        if (type is null) return null;

        foreach (var (key, message, item) in ChannelRules.MistakesIn(channel, ChannelPlace.ProbesFile))
        {
            if (unread.Contains(key) || (key == "secret" && unread.Contains("url"))) continue;
            var value = members.GetValueOrDefault(key)?.Value;
            if (value is null) reader.Fail(node.At, path, message);
            else if (item is { } i) reader.Fail(value.Items[i].At, $"{path}.{key}[{i}]", message);
            else reader.Fail(value.At, $"{path}.{key}", message);
        }

        return name is null ? null : channel;

        T? Read<T>(string key, Func<ConfigNode, string, T?> read) where T : class
        {
            if (!members.TryGetValue(key, out var member)) return null;
            var value = read(member.Value, $"{path}.{key}");
            if (value is null) unread.Add(key);
            return value;
        }
    }

    private ConfigNode? Required(ConfigNode node, IReadOnlyDictionary<string, ConfigMember> members, string path, string key)
    {
        if (members.TryGetValue(key, out var member)) return member.Value;
        reader.Fail(node.At, path, $"has no '{key}'");
        return null;
    }

    private SendLimit? Limit(ConfigNode node, string path)
    {
        if (reader.Members(node, path, ["perMinute", "perHour"]) is not { } members) return null;
        int? perMinute = null, perHour = null;
        foreach (var (key, _, value) in members.Values)
        {
            if (reader.Count(value, $"{path}.{key}") is not { } count) return null;
            if (key == "perMinute") perMinute = count;
            else perHour = count;
        }

        return new SendLimit(perMinute, perHour);
    }
}
