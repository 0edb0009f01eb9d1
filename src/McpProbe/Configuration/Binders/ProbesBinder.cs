using McpProbe.Alerts.Channels;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Configuration.Binders;

/// <summary>Makes a <see cref="ProbesDocument"/> of a document's root; every mistake goes to the reader.</summary>
/// <param name="channelsBeside">Channels that there are beside the document's own; null for none.</param>
/// <param name="anyChannel">Leaves open which channels there are.</param>
internal sealed class ProbesBinder(ConfigReader reader, IReadOnlyCollection<string>? channelsBeside = null, bool anyChannel = false)
{
    private readonly ChannelBinder _channels = new(reader);
    private readonly ImportBinder _imports = new(reader);
    private readonly EndpointBinder _endpoints = new(reader);
    private readonly PageBinder _pages = new(reader);

    public ProbesDocument Document(ConfigNode root)
    {
        // "$schema" is for editors.
        if (reader.Members(root, "", ["$schema", "timeZone", "defaults", "channels", "reports", "endpoints", "imports", "pages"]) is not { } sections)
            return new ProbesDocument([], []);

        var channels = Section(sections, "channels").Select((node, i) => (node, Channel: _channels.Channel(node, $"channels[{i}]"))).ToArray();
        CheckUnique(channels.Select((pair, i) => (pair.node, NameOf(pair.node), $"channels[{i}].name")), "name");
        var names = anyChannel ? null : new ChannelNames(
            reader, channels.Select(pair => NameOf(pair.node)).OfType<string>().Concat(channelsBeside ?? []).ToHashSet(),
            channelsBeside is null ? "the file has no 'channels'" : "none is configured");

        var defaults = EndpointBinder.NoDefaults;
        if (sections.TryGetValue("defaults", out var section) && section.Value.Kind != ConfigKind.Null)
        {
            defaults = _endpoints.Defaults(section.Value, "defaults");
            names?.Check(section.Value, "defaults");
        }

        var endpoints = Section(sections, "endpoints").Select((node, i) => (node, Endpoint: Endpoint(node, $"endpoints[{i}]", defaults, names))).ToArray();
        CheckUnique(endpoints.Select((pair, i) => (pair.node, pair.Endpoint?.Id, $"endpoints[{i}].id")), "id");
        CheckSilence(endpoints);
        var imports = Section(sections, "imports").Select((node, i) => (node, Import: _imports.Import(node, $"imports[{i}]"))).ToArray();
        CheckNames(imports);
        var zone = sections.TryGetValue("timeZone", out var named) && named.Value.Kind != ConfigKind.Null ? reader.TimeZone(named.Value, "timeZone") : null;
        var byName = channels.Where(pair => NameOf(pair.node) is not null).DistinctBy(pair => NameOf(pair.node)).ToDictionary(pair => NameOf(pair.node)!, pair => pair.Channel);
        foreach (var name in channelsBeside ?? [])
            byName.TryAdd(name, null);
        var bound = endpoints.Select(pair => pair.Endpoint).OfType<Endpoint>().ToArray();
        var pages = Section(sections, "pages").Select((node, i) => (node, Page: _pages.Page(node, $"pages[{i}]", bound))).ToArray();
        CheckUnique(pages.Select((pair, i) => (pair.node, pair.Page?.Name, $"pages[{i}].name")), "name");
        return new ProbesDocument(bound, [.. channels.Select(pair => pair.Channel).OfType<Channel>()])
        {
            TimeZone = zone,
            Reports = new ReportBinder(reader, anyChannel ? null : byName, zone).Reports(Section(sections, "reports")),
            Imports = [.. imports.Select(pair => pair.Import).OfType<ImportDefinition>()],
            Pages = [.. pages.Select(pair => pair.Page).OfType<PublicPage>()],
        };
    }

    // A section whose entries are all commented out has no value, and no entries.
    private IReadOnlyList<ConfigNode> Section(IReadOnlyDictionary<string, ConfigMember> sections, string key) =>
        sections.TryGetValue(key, out var section) && section.Value.Kind != ConfigKind.Null
            ? reader.Items(section.Value, key, $"a list of {key}") ?? []
            : [];

    private Endpoint? Endpoint(ConfigNode node, string path, Endpoint defaults, ChannelNames? channels)
    {
        var endpoint = _endpoints.Endpoint(node, path, defaults);
        channels?.Check(node, path);
        foreach (var (at, name) in endpoint is null ? [] : EndpointSecrets.In(endpoint).Where(reference => SecretReference.IsOurs(reference.Name)))
        {
            // What comes from the defaults has no place in the endpoint.
            var value = at.Split('.', 2).Aggregate((ConfigNode?)node, (parent, key) => parent?.Member(key));
            reader.Fail(value?.At ?? node.At, $"{path}.{at}", $"names {name}, which is McpProbe's own and for no endpoint to use; name another");
        }

        return endpoint;
    }

    /// <summary>Another endpoint of the same server would keep it warm.</summary>
    private void CheckSilence((ConfigNode Node, Endpoint? Endpoint)[] endpoints)
    {
        for (var i = 0; i < endpoints.Length; i++)
        {
            if (endpoints[i] is not (var node, { ColdStart: { } cold, Url: { } url } sleeper))
                continue;
            var other = endpoints.Select(pair => pair.Endpoint).FirstOrDefault(each =>
                each is { Paused: false } && each.Id != sleeper.Id && each.Url?.OriginalString == url.OriginalString && each.ConnectTo == sleeper.ConnectTo && each.Interval < cold.After);
            if (other is not null)
                reader.Fail(node.At, $"endpoints[{i}]", $"measures cold starts, and '{other.Id}' asks the same address every {Durations.Format(other.Interval)}, which keeps it warm; pause one of them, or give it an interval of {Durations.Format(cold.After)} or more");
        }
    }

    // A name may be the source's, and then stands nowhere.
    private void CheckNames((ConfigNode Node, ImportDefinition? Import)[] imports)
    {
        var first = new Dictionary<string, ConfigPosition>();
        for (var i = 0; i < imports.Length; i++)
        {
            if (imports[i] is (var node, { } import) && !first.TryAdd(import.Name, node.At))
                reader.Fail(node.At, $"imports[{i}]", $"is the second import named '{import.Name}' (the first is on line {first[import.Name].Line}); give it a 'name' of its own");
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
