using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Configuration.Binders;

/// <summary>Reads one entry of <c>pages</c>; what its values must be is up to <see cref="PageRules"/>.</summary>
internal sealed class PageBinder(ConfigReader reader)
{
    private static readonly string[] Keys = ["name", "title", "logo", "color", "groups", "endpoints", "showHosts", "embedIn"];

    /// <param name="endpoints">Those of the file.</param>
    public PublicPage? Page(ConfigNode node, string path, IReadOnlyCollection<Endpoint> endpoints)
    {
        if (reader.Members(node, path, Keys) is not { } members) return null;
        string? name = null;
        if (members.TryGetValue("name", out var named)) name = reader.Id(named.Value, $"{path}.name");
        else reader.Fail(node.At, path, "has no 'name'; its address is /status/{name}");

        // A value of another kind has its message already.
        var unread = new HashSet<string>();
        var page = new PublicPage
        {
            Name = name ?? "",
            Title = Read("title", (value, at) => reader.String(value, at)),
            Logo = Read("logo", (value, at) => reader.String(value, at, "an address or a data URI")),
            Color = Read("color", (value, at) => reader.String(value, at, "a colour such as \"#1d5fc4\"")),
            Groups = Read("groups", (value, at) => reader.Strings(value, at, "a list of groups")) ?? [],
            Endpoints = Read("endpoints", (value, at) => reader.Ids(value, at, "a list of ids of endpoints", "endpoint")) ?? [],
            ShowHosts = members.TryGetValue("showHosts", out var hosts) && reader.Boolean(hosts.Value, $"{path}.showHosts") is true,
            EmbedIn = Read("embedIn", (value, at) => reader.Strings(value, at, "a list of sites, such as [https://www.example.com]")) ?? [],
        };
        foreach (var (key, message, item) in PageRules.MistakesIn(page))
        {
            if (unread.Contains(key) || (key == "endpoints" && unread.Contains("groups"))) continue;
            var value = members.GetValueOrDefault(key)?.Value;
            if (value is null) reader.Fail(node.At, path, message);
            else if (item is { } i) reader.Fail(value.Items[i].At, $"{path}.{key}[{i}]", message);
            else reader.Fail(value.At, $"{path}.{key}", message);
        }

        if (members.TryGetValue("endpoints", out var chosen)) CheckKnown(chosen.Value, $"{path}.endpoints", "endpoint", [.. endpoints.Select(each => each.Id)], all: true);
        // A group may have endpoints of the API alone; one that is nearly another is a slip.
        if (members.TryGetValue("groups", out var groups)) CheckKnown(groups.Value, $"{path}.groups", "group", [.. endpoints.Select(each => each.Group).OfType<string>().Distinct()], all: false);
        return name is null ? null : page;

        T? Read<T>(string key, Func<ConfigNode, string, T?> read) where T : class
        {
            if (!members.TryGetValue(key, out var member)) return null;
            var value = read(member.Value, $"{path}.{key}");
            if (value is null) unread.Add(key);
            return value;
        }
    }

    private void CheckKnown(ConfigNode list, string path, string what, IReadOnlyCollection<string> known, bool all)
    {
        for (var i = 0; i < list.Items.Count; i++)
        {
            var item = list.Items[i];
            if (item.Kind != ConfigKind.String || known.Contains(item.Text) || (what == "endpoint" && !IdRules.IsId(item.Text))) continue;
            var near = Suggestion.Near(item.Text, known);
            if (all || near is not null)
                reader.Fail(item.At, $"{path}[{i}]", $"there is no {what} '{VisibleText.Excerpt(item.Text)}' in this file{(near is null ? "" : $"; did you mean '{near}'?")}{(all && near is null ? "; an endpoint of the API is shown with its group" : "")}");
        }
    }
}
