using McpProbe.Alerts.Channels;
using McpProbe.Configuration.Reading;
using McpProbe.Text;

namespace McpProbe.Configuration.Binders;

/// <summary>Reads the section <c>reports</c> of a probes file.</summary>
/// <param name="channels">The file's channels, by name; null for one that has mistakes, or is configured elsewhere. Null leaves open which there are.</param>
/// <param name="zone">The file's own time zone; null for none.</param>
internal sealed class ReportBinder(ConfigReader reader, IReadOnlyDictionary<string, Channel?>? channels, string? zone)
{
    public IReadOnlyList<ReportSchedule> Reports(IReadOnlyList<ConfigNode> items)
    {
        var reports = new List<ReportSchedule>();
        for (var i = 0; i < items.Count; i++)
        {
            if (Report(items[i], $"reports[{i}]") is not { } report) continue;
            if (reports.Exists(other => other.Channel == report.Channel))
                reader.Fail(items[i].Member("channel")!.At, $"reports[{i}].channel", $"channel '{report.Channel}' gets a report already; name the groups of both in one, or another channel");
            reports.Add(report);
        }

        return reports;
    }

    private ReportSchedule? Report(ConfigNode node, string path)
    {
        if (reader.Members(node, path, ["channel", "timeZone", "groups"]) is not { } members) return null;
        string? channel = null;
        if (members.TryGetValue("channel", out var named)) channel = Channel(named.Value, $"{path}.channel");
        else reader.Fail(node.At, path, "has no 'channel'; name the e-mail channel that it goes to");
        var (own, isNamed) = (zone ?? "UTC", members.TryGetValue("timeZone", out var place));
        if (isNamed && reader.TimeZone(place!.Value, $"{path}.timeZone") is { } known) own = known;
        IReadOnlyList<string> groups = [];
        if (members.TryGetValue("groups", out var list))
        {
            if (list.Value is { Kind: ConfigKind.Sequence, Items.Count: 0 }) reader.Fail(list.Value.At, $"{path}.groups", "is empty; name the groups to report, or remove the key for every endpoint");
            else groups = reader.Strings(list.Value, $"{path}.groups", "a list of groups, such as [payments]") ?? [];
        }

        return channel is null ? null : new ReportSchedule(channel, own, groups);
    }

    private string? Channel(ConfigNode node, string path)
    {
        if (reader.Id(node, path) is not { } name) return null;
        if (channels is null) return name;
        if (!channels.TryGetValue(name, out var channel))
        {
            reader.Fail(node.At, path, channels.Count == 0
                ? $"there is no channel '{name}'; the file has no 'channels'"
                : $"there is no channel '{name}'{Suggestion.For(name, [.. channels.Keys])}");
        }
        else if (channel is { Type: not ChannelType.Email })
        {
            reader.Fail(node.At, path, $"channel '{name}' is of type {WireNames.Of(channel.Type)}, and a report goes by e-mail; name a channel of type email");
        }
        else
        {
            return name;
        }

        return null;
    }
}
