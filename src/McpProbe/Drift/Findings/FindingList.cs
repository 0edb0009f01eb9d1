using System.Globalization;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Drift.Findings;

/// <summary>The findings of one catalogue: each rule once a place, hard ones first, and not more than a result should carry.</summary>
internal sealed class FindingList
{
    /// <summary>Shown of each level: results are stored and sent.</summary>
    public const int Most = 20;

    private const int MostPath = 256;
    private const string Distrust = "Let no agent use the server until a person has read the whole text.";
    private const string Review = "Have a look at it.";

    private readonly List<Finding> _hard = [];
    private readonly List<Finding> _soft = [];
    private readonly HashSet<(string Rule, string? Tool, string Path)> _seen = [];
    private FindingLevel? _dropped;
    private Finding? _unread;

    /// <summary>Whether a finding of that level would be kept; the work of describing another can be saved.</summary>
    public bool Wants(FindingLevel level)
    {
        if (Of(level).Count < Most) return true;
        _dropped = level == FindingLevel.Hard ? level : _dropped ?? level;
        return false;
    }

    /// <param name="more">Follows the rule's sentence, with its full stop.</param>
    public void Add(FindingRule rule, FindingLevel level, string? tool, string path, string more)
    {
        if (!Wants(level)) return;
        var shown = VisibleText.Line(SecretPatterns.Redact(path), MostPath);
        if (!_seen.Add((rule.Name, tool, shown))) return;
        var subject = shown.Length == 0 ? "The catalogue" : $"'{shown}'";
        Of(level).Add(new Finding(level, rule.Name, tool, shown, $"{subject} {rule.Says}{more} {(level == FindingLevel.Hard ? Distrust : Review)}"));
    }

    /// <summary>Says once, and besides all others, how much of the catalogue was left unread.</summary>
    public void SetUnread(long unread, long characters)
    {
        if (unread > 0)
            _unread = new Finding(FindingLevel.Soft, FindingRules.UnreadText.Name, null, "", string.Create(CultureInfo.InvariantCulture,
                $"The catalogue {FindingRules.UnreadText.Says}: {unread} of its {characters} characters were left unread, those that a model reads last. {Review}"));
    }

    public IReadOnlyList<Finding> Sorted()
    {
        if (_hard.Count + _soft.Count == 0) return _unread is null ? [] : [_unread];
        var more = _dropped is { } level
            ? [new Finding(level, FindingRules.MoreFindings.Name, null, "", $"The catalogue {FindingRules.MoreFindings.Says}; see to these first, then probe again.")]
            : Array.Empty<Finding>();
        return [.. _hard, .. more.Where(finding => finding.Level == FindingLevel.Hard), .. _soft, .. more.Where(finding => finding.Level == FindingLevel.Soft), .. _unread is null ? (Finding[])[] : [_unread]];
    }

    private List<Finding> Of(FindingLevel level) => level == FindingLevel.Hard ? _hard : _soft;
}
