using McpProbe.Text;

namespace McpProbe.Configuration.Reading;

/// <summary>Finds the channels that an endpoint names and that do not exist; every mistake goes to the reader.</summary>
/// <param name="names">The channels there are.</param>
/// <param name="none">What to say when there are none.</param>
internal sealed class ChannelNames(ConfigReader reader, IReadOnlyCollection<string> names, string none)
{
    /// <param name="path">Of the endpoint in its document; empty for the whole of it.</param>
    public void Check(ConfigNode endpoint, string path)
    {
        var prefix = path.Length == 0 ? "" : path + ".";
        CheckList(endpoint, $"{prefix}channels");
        var steps = endpoint.Member("alerts")?.Member("escalate")?.Items ?? [];
        for (var i = 0; i < steps.Count; i++) CheckList(steps[i], $"{prefix}alerts.escalate[{i}].channels");
    }

    private void CheckList(ConfigNode node, string path)
    {
        var items = node.Member("channels")?.Items ?? [];
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i];
            if (item.Kind == ConfigKind.String && IdRules.IsId(item.Text) && !names.Contains(item.Text))
                reader.Fail(item.At, $"{path}[{i}]", names.Count == 0
                    ? $"there is no channel '{VisibleText.Excerpt(item.Text)}': {none}"
                    : $"there is no channel '{VisibleText.Excerpt(item.Text)}'{Suggestion.For(item.Text, names)}");
        }
    }
}
