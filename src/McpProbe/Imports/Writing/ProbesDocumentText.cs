using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Configuration;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Imports.Planning;

namespace McpProbe.Imports.Writing;

/// <summary>
/// Puts what an import changes into the text of a probes file, and leaves every other line as people wrote it: comments, order, line
/// ends. Whether that worked is looked at afterwards; when it did not, nothing is changed.
/// </summary>
public static class ProbesDocumentText
{
    private static readonly string[] OfTheSource = ["name", "url", "command", "transport", "headers", "paused", "imported"];

    /// <param name="text">Empty for a new file.</param>
    /// <param name="source">The file's name; <c>.json</c> is written as JSON.</param>
    /// <param name="now">What the text says by now: its endpoints.</param>
    /// <exception cref="ImportFailedException">The text is written in a way that cannot be changed line by line.</exception>
    public static string Apply(string text, string source, IReadOnlyList<Endpoint> now, ImportPlan plan)
    {
        var written = source.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? JsonProbes.Apply(text, plan) : ToYaml(text, source, plan);
        Check(source, written, now, plan);
        return written;
    }

    private static string ToYaml(string text, string source, ImportPlan plan)
    {
        var mark = text.StartsWith('\uFEFF') ? "\uFEFF" : "";
        var lines = new YamlLines(text[mark.Length..]);
        ConfigNode? root;
        try
        {
            root = string.IsNullOrWhiteSpace(text) ? null : YamlConfig.Read(text[mark.Length..]);
        }
        catch (ConfigSyntaxException mistake)
        {
            throw ImportFailedException.File($"{source}:{mistake.At.Line}:{mistake.At.Column}: {mistake.Message}");
        }

        var section = root?.Members.FirstOrDefault(member => member.Key == "endpoints");
        if (root is { Kind: ConfigKind.Mapping, Members.Count: > 0 } && lines.IsFlow(root.At))
            throw Unwritable(source, "it is one mapping in braces");
        if (section is { Value: { Kind: ConfigKind.Sequence, Items.Count: > 0 } } && lines.IsFlow(section.Value.At))
            throw Unwritable(source, "its 'endpoints' are a list in brackets");

        var items = section?.Value.Items ?? [];
        var end = root?.Members.Where(member => section is not null && member.At.Line > section.At.Line).Select(member => member.At.Line - 1).DefaultIfEmpty(lines.Count).Min() ?? lines.Count;
        var places = new List<ItemLines>();
        for (var i = 0; i < items.Count; i++)
            places.Add(lines.ItemAt(items[i], i + 1 < items.Count ? lines.DashOf(items[i + 1]) : end));

        var edits = new List<LineEdit>();
        foreach (var (before, after) in plan.Changed)
        {
            var place = places.FirstOrDefault(each => each.Node.Member("id")?.Text == after.Id) ?? throw Unwritable(source, $"'{after.Id}' is not found in it");
            if (lines.IsFlow(place.Node.At) || before.Url is null != after.Url is null)
                edits.Add(new LineEdit(place.First, place.End, Entry(after, new string(' ', place.Dash))));
            else
                edits.AddRange(Keys(lines, place, before, after));
        }

        if (plan.Added.Count > 0)
        {
            var indent = new string(' ', places is [var first, ..] ? first.Dash : 2);
            var added = plan.Added.SelectMany(endpoint => Entry(endpoint, indent)).ToList();
            if (places is [.., var last])
                edits.Add(new LineEdit(last.End, last.End, added));
            else if (section is null)
                edits.Add(new LineEdit(lines.Count, lines.Count, [.. lines.Count > 0 ? [""] : Array.Empty<string>(), "endpoints:", .. added]));
            else
                edits.Add(new LineEdit(section.At.Line - 1, section.At.Line, [lines.WithoutValue(section), .. added]));
        }

        return mark + lines.With(edits);
    }

    /// <summary>The keys of an entry that the source decides, where they differ.</summary>
    private static IEnumerable<LineEdit> Keys(YamlLines lines, ItemLines place, Endpoint before, Endpoint after)
    {
        using var old = JsonDocument.Parse(EndpointJson.ToJson(before));
        using var now = JsonDocument.Parse(EndpointJson.ToJson(after));
        var missing = new List<string>();
        foreach (var key in OfTheSource)
        {
            var (was, value) = (old.RootElement.Member(key)?.GetRawText(), now.RootElement.Member(key)?.GetRawText());
            if (was == value)
                continue;
            // What is the default is left out in JSON, and written here: the file's own defaults may be others.
            var text = now.RootElement.Member(key) is { } found ? YamlText.Of(found) : key switch { "paused" => "false", "transport" => "auto", _ => null };
            if (text is null)
                continue;
            if (lines.KeyOf(place, key) is { } edit)
                yield return edit(text);
            else
                missing.Add($"{new string(' ', place.Node.At.Column - 1)}{key}: {text}");
        }

        if (missing.Count > 0)
            yield return new LineEdit(place.End, place.End, missing);
    }

    private static List<string> Entry(Endpoint endpoint, string indent)
    {
        using var json = JsonDocument.Parse(EndpointJson.ToJson(endpoint));
        return [.. json.RootElement.EnumerateObject().Select((member, i) => $"{indent}{(i == 0 ? "- " : "  ")}{member.Name}: {YamlText.Of(member.Value)}")];
    }

    private static void Check(string source, string written, IReadOnlyList<Endpoint> now, ImportPlan plan)
    {
        var parsed = ProbesFile.Parse(source, written);
        if (parsed.Value is not { } document)
            throw Unwritable(source, $"afterwards it would be wrong ({parsed.Errors[0].Path}: {parsed.Errors[0].Message})");
        var expected = now.ToDictionary(endpoint => endpoint.Id);
        foreach (var endpoint in plan.Added.Concat(plan.Changed.Select(pair => pair.After)))
            expected[endpoint.Id] = endpoint;
        if (document.Endpoints.Count != expected.Count)
            throw Unwritable(source, "afterwards it would have another number of endpoints");
        foreach (var endpoint in document.Endpoints)
        {
            if (!expected.TryGetValue(endpoint.Id, out var right) || !IsAsMeant(endpoint, right, isNew: !now.Any(each => each.Id == endpoint.Id)))
                throw Unwritable(source, $"afterwards '{endpoint.Id}' would be another than is meant");
        }
    }

    // A new one takes the file's defaults for what it does not say.
    private static bool IsAsMeant(Endpoint is_, Endpoint right, bool isNew) => isNew
        ? (is_.Url?.OriginalString, is_.Paused, is_.Imported) == (right.Url?.OriginalString, right.Paused, right.Imported)
        : ImportPlanner.AreSame(is_, right);

    private static ImportFailedException Unwritable(string source, string why) => ImportFailedException.File(
        $"{source} is written in a way that an import cannot change: {why}. Nothing was written; write 'endpoints' as a list with a '-' line for each, or import into a file of its own.");
}
