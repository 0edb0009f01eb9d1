using McpProbe.Alerts;

namespace McpProbe.Endpoints;

/// <summary>Makes a <see cref="ProbesDocument"/> of a document's root; every mistake goes to the reader.</summary>
internal sealed class ProbesBinder(ConfigReader reader)
{
    private readonly EndpointBinder _endpoints = new(reader);

    public ProbesDocument Document(ConfigNode root)
    {
        // "$schema" is for editors.
        if (reader.Members(root, "", ["$schema", "defaults", "channels", "endpoints"]) is not { } sections)
            return new ProbesDocument([], []);

        var channels = Section(sections, "channels").Select((node, i) => (node, Channel: Channel(node, $"channels[{i}]"))).ToArray();
        CheckUnique(channels.Select((pair, i) => (pair.node, NameOf(pair.node), $"channels[{i}].name")), "name");
        var names = channels.Select(pair => NameOf(pair.node)).OfType<string>().ToHashSet();

        var defaults = EndpointBinder.NoDefaults;
        if (sections.TryGetValue("defaults", out var section) && section.Value.Kind != ConfigKind.Null)
        {
            defaults = _endpoints.Defaults(section.Value, "defaults");
            CheckChannels(section.Value, "defaults", names);
        }

        var endpoints = Section(sections, "endpoints").Select((node, i) => (node, Endpoint: Endpoint(node, $"endpoints[{i}]", defaults, names))).ToArray();
        CheckUnique(endpoints.Select((pair, i) => (pair.node, pair.Endpoint?.Id, $"endpoints[{i}].id")), "id");
        return new ProbesDocument([.. endpoints.Select(pair => pair.Endpoint).OfType<Endpoint>()], [.. channels.Select(pair => pair.Channel).OfType<Channel>()]);
    }

    // A section whose entries are all commented out has no value, and no entries.
    private IReadOnlyList<ConfigNode> Section(IReadOnlyDictionary<string, ConfigMember> sections, string key) =>
        sections.TryGetValue(key, out var section) && section.Value.Kind != ConfigKind.Null
            ? reader.Items(section.Value, key, $"a list of {key}") ?? []
            : [];

    private Endpoint? Endpoint(ConfigNode node, string path, Endpoint defaults, HashSet<string> channels)
    {
        var endpoint = _endpoints.Endpoint(node, path, defaults);
        CheckChannels(node, path, channels);
        return endpoint;
    }

    private Channel? Channel(ConfigNode node, string path)
    {
        if (reader.Members(node, path, ["name", "type", "url", "secret"]) is not { } members) return null;
        var name = Required(node, members, path, "name") is { } nameNode ? _endpoints.Name(nameNode, $"{path}.name") : null;
        // E-mail is sent by the Azure head alone, whose channels are app settings.
        var type = Required(node, members, path, "type") is { } typeNode ? reader.Choice(typeNode, $"{path}.type", ChannelType.Webhook) : null;
        var url = Required(node, members, path, "url") is { } urlNode ? WebhookUrl(urlNode, $"{path}.url") : null;
        var secret = members.TryGetValue("secret", out var member) ? Secret(member.Value, $"{path}.secret") : null;
        return name is null || type is null || url is null ? null : new Channel { Name = name, Type = type.Value, Url = url, Secret = secret };
    }

    private ConfigNode? Required(ConfigNode node, IReadOnlyDictionary<string, ConfigMember> members, string path, string key)
    {
        if (members.TryGetValue(key, out var member)) return member.Value;
        reader.Fail(node.At, path, $"has no '{key}'");
        return null;
    }

    private string? WebhookUrl(ConfigNode node, string path)
    {
        if (reader.String(node, path, "an http or https URL") is not { } text) return null;
        if (!SecretReference.AllValid(text))
        {
            reader.Fail(node.At, path, $"holds '${{' that begins no reference; write {SecretReference.Example}");
            return null;
        }

        if (SecretReference.Is(text) || UrlRules.MistakeIn(SecretReference.Replace(text, "x"), out _) is not { } mistake) return text;
        reader.Fail(node.At, path, mistake);
        return null;
    }

    private string? Secret(ConfigNode node, string path)
    {
        if (reader.String(node, path, $"a reference such as {SecretReference.Example}") is not { } text) return null;
        if (SecretReference.Is(text)) return text;
        reader.Fail(node.At, path, $"holds a literal secret; use {SecretReference.Example} and set that variable to whsec_ and the base64 of 24 to 64 random bytes");
        return null;
    }

    private void CheckChannels(ConfigNode node, string path, HashSet<string> names)
    {
        var list = node.Members.FirstOrDefault(member => member.Key == "channels")?.Value;
        if (list is null) return;
        for (var i = 0; i < list.Items.Count; i++)
        {
            var item = list.Items[i];
            if (item.Kind == ConfigKind.String && item.Text.Length > 0 && !names.Contains(item.Text))
                reader.Fail(item.At, $"{path}.channels[{i}]", names.Count == 0
                    ? $"there is no channel '{ConfigReader.Shown(item.Text)}': the file has no 'channels'"
                    : $"there is no channel '{ConfigReader.Shown(item.Text)}'{Suggestion.For(item.Text, names)}");
        }
    }

    private void CheckUnique(IEnumerable<(ConfigNode Node, string? Name, string Path)> named, string key)
    {
        var first = new Dictionary<string, ConfigPosition>();
        foreach (var (node, name, path) in named)
        {
            if (string.IsNullOrEmpty(name)) continue;
            var at = node.Members.First(member => member.Key == key).Value.At;
            if (!first.TryAdd(name, at)) reader.Fail(at, path, $"the {key} '{name}' stands twice; it is first on line {first[name].Line}");
        }
    }

    // Also of a channel with mistakes, so that those who refer to it are not told that it is missing.
    private static string? NameOf(ConfigNode channel) =>
        channel.Members.FirstOrDefault(member => member.Key == "name")?.Value.Text;
}
