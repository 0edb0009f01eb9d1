using System.Globalization;
using McpProbe.Endpoints;
using McpProbe.Probing.Protocol;
using McpProbe.Text;

namespace McpProbe.Configuration.Reading;

/// <summary>
/// Reads typed values off <see cref="ConfigNode"/>s and gathers every mistake. A method that returns null has said why.
/// </summary>
internal sealed class ConfigReader(string source)
{
    private readonly List<ConfigError> _errors = [];

    /// <summary>Every mistake so far, in the document's order.</summary>
    public IReadOnlyList<ConfigError> Errors =>
        [.. _errors.Distinct().OrderBy(error => error.Line).ThenBy(error => error.Column)];

    /// <summary>Where relative paths of the document begin, an absolute path; null leaves them as they are.</summary>
    public string? Directory { get; init; }

    /// <summary>The longest time-out that the head allows; null for any.</summary>
    public TimeSpan? LongestTimeout { get; init; }

    /// <summary>The TLS settings that were read, with their places: for who may open files (<see cref="TlsFiles"/>).</summary>
    public List<(ConfigNode Node, string Path, TlsSettings Settings)> Tls { get; } = [];

    /// <summary>Credentials that were written out where a reference must stand: not to be shown to anybody.</summary>
    public List<string> Literals { get; } = [];

    public bool HasErrors => _errors.Count > 0;

    public void Fail(ConfigPosition at, string path, string message) =>
        _errors.Add(new ConfigError(source, at.Line, at.Column, path, message));

    /// <summary>A credential that is written out; the message never shows it.</summary>
    public void FailLiteral(ConfigNode node, string path)
    {
        Literals.Add(node.Text);
        Fail(node.At, path, $"holds a literal credential; use {SecretReference.Example} and set that variable, so that no secret is in the file");
    }

    /// <summary>The known members of a mapping, each once, by key; unknown and repeated keys are mistakes.</summary>
    public IReadOnlyDictionary<string, ConfigMember>? Members(ConfigNode node, string path, IReadOnlyList<string> known)
    {
        if (!Expect(node, path, ConfigKind.Mapping, "a mapping of keys to values")) return null;
        var members = new Dictionary<string, ConfigMember>();
        foreach (var member in node.Members)
        {
            if (!known.Contains(member.Key))
                Fail(member.At, path, $"unknown key '{VisibleText.Excerpt(member.Key)}'{Suggestion.For(member.Key, known)}");
            else if (members.TryGetValue(member.Key, out var first))
                Fail(member.At, Join(path, member.Key), $"the key stands twice; it is first on line {first.At.Line}");
            else
                members.Add(member.Key, member);
        }

        return members;
    }

    public IReadOnlyList<ConfigNode>? Items(ConfigNode node, string path, string what) =>
        Expect(node, path, ConfigKind.Sequence, what) ? node.Items : null;

    /// <summary>Text that is not blank.</summary>
    public string? String(ConfigNode node, string path, string what = "text")
    {
        if (!Expect(node, path, ConfigKind.String, what)) return null;
        if (!string.IsNullOrWhiteSpace(node.Text)) return node.Text;
        Fail(node.At, path, $"is empty; write {what}, or remove the key");
        return null;
    }

    public IReadOnlyList<string>? Strings(ConfigNode node, string path, string what)
    {
        if (Items(node, path, what) is not { } items) return null;
        return AllOrNone(items.Select((item, i) => String(item, $"{path}[{i}]")));
    }

    /// <summary>Null when one of them was a mistake; looks at all of them first.</summary>
    public static List<string>? AllOrNone(IEnumerable<string?> texts)
    {
        var all = texts.ToArray();
        return all.Contains(null) ? null : [.. all.OfType<string>()];
    }

    public bool? Boolean(ConfigNode node, string path) =>
        Expect(node, path, ConfigKind.Boolean, "true or false") ? node.Text[0] is 't' or 'T' : null;

    public int? Count(ConfigNode node, string path, int least = 1)
    {
        const int most = 1000;
        if (!Expect(node, path, ConfigKind.Number, $"a whole number from {least} to {most}")) return null;
        if (int.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count) && count >= least && count <= most) return count;
        Fail(node.At, path, $"{VisibleText.Excerpt(node.Text)} is not a whole number from {least} to {most}");
        return null;
    }

    /// <summary>A number above <paramref name="over"/>, which it must not be itself.</summary>
    public double? Number(ConfigNode node, string path, double over, double most)
    {
        var what = string.Create(CultureInfo.InvariantCulture, $"a number above {over}, at most {most}");
        if (!Expect(node, path, ConfigKind.Number, what)) return null;
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (double.TryParse(node.Text, style, CultureInfo.InvariantCulture, out var number) && number > over && number <= most) return number;
        Fail(node.At, path, $"{VisibleText.Excerpt(node.Text)} is not {what}");
        return null;
    }

    /// <summary>An id of an endpoint or a channel.</summary>
    public string? Id(ConfigNode node, string path)
    {
        if (String(node, path, "an id") is not { } id) return null;
        if (IdRules.IsId(id)) return id;
        Fail(node.At, path, IdRules.MistakeIn(id));
        return null;
    }

    /// <summary>A list of ids, each once.</summary>
    /// <param name="each">What one of them is the id of.</param>
    public List<string>? Ids(ConfigNode node, string path, string what, string each)
    {
        if (Items(node, path, what) is not { } items) return null;
        var ids = new List<string>();
        for (var i = 0; i < items.Count; i++)
        {
            if (Id(items[i], $"{path}[{i}]") is not { } id) continue;
            if (ids.Contains(id)) Fail(items[i].At, $"{path}[{i}]", $"the {each} '{id}' stands twice");
            else ids.Add(id);
        }

        return ids;
    }

    public TimeSpan? Duration(ConfigNode node, string path, TimeSpan least)
    {
        const string what = "a duration such as 500ms, 10s, 1m or 24h";
        if (node.Kind == ConfigKind.Number)
        {
            Fail(node.At, path, $"{VisibleText.Excerpt(node.Text)} has no unit; write {what}");
            return null;
        }

        if (!Expect(node, path, ConfigKind.String, what)) return null;
        if (!Durations.TryParse(node.Text, out var duration))
            Fail(node.At, path, $"'{VisibleText.Excerpt(node.Text)}' is not {what}, at most {Durations.Format(Durations.Most)}");
        else if (duration < least)
            Fail(node.At, path, $"{node.Text} is too short; the least is {Durations.Format(least)}");
        else
            return duration;
        return null;
    }

    /// <param name="among">The members that may stand here; none for all.</param>
    public T? Choice<T>(ConfigNode node, string path, params T[] among) where T : struct, Enum
    {
        var names = string.Join(", ", among.Length == 0 ? WireNames.All<T>() : among.Select(WireNames.Of));
        if (!Expect(node, path, ConfigKind.String, $"one of {names}")) return null;
        if (WireNames.TryParse<T>(node.Text, out var value) && (among.Length == 0 || among.Contains(value))) return value;
        Fail(node.At, path, $"'{VisibleText.Excerpt(node.Text)}' is not one of {names}");
        return null;
    }

    public string? Revision(ConfigNode node, string path)
    {
        if (String(node, path, "a protocol version such as \"2025-11-25\"") is not { } version) return null;
        if (ProtocolVersions.Known.Contains(version)) return version;
        Fail(node.At, path, $"'{VisibleText.Excerpt(version)}' is not a protocol version; known are {string.Join(", ", ProtocolVersions.Known)}");
        return null;
    }

    /// <summary>The name of a zone that this machine knows.</summary>
    public string? TimeZone(ConfigNode node, string path)
    {
        if (String(node, path, "a time zone's IANA name, such as Europe/Berlin") is not { } name) return null;
        if (TimeZones.MistakeIn(name) is not { } mistake) return name;
        Fail(node.At, path, mistake);
        return null;
    }

    public static string Join(string path, string key) => path.Length == 0 ? VisibleText.Excerpt(key) : $"{path}.{VisibleText.Excerpt(key)}";

    private bool Expect(ConfigNode node, string path, ConfigKind kind, string what)
    {
        if (node.Kind == kind) return true;
        var quote = kind == ConfigKind.String && node.Kind is ConfigKind.Number or ConfigKind.Boolean ? "; put it in quotes" : "";
        if (node.Kind == ConfigKind.Null) Fail(node.At, path, $"has no value; write {what}{(path.Length > 0 ? ", or remove the key" : "")}");
        else Fail(node.At, path, $"is {Name(node)}, and must be {what}{quote}");
        return false;
    }

    private static string Name(ConfigNode node) => node.Kind switch
    {
        ConfigKind.Boolean => "true or false",
        ConfigKind.Number => "a number",
        ConfigKind.String => "text",
        ConfigKind.Sequence => "a list",
        _ => "a mapping",
    };
}
