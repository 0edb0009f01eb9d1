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

    public IReadOnlyList<Finding> Sorted()
    {
        if (_hard.Count + _soft.Count == 0) return [];
        var more = _dropped is { } level
            ? [new Finding(level, FindingRules.MoreFindings.Name, null, "", $"The catalogue {FindingRules.MoreFindings.Says}; see to these first, then probe again.")]
            : Array.Empty<Finding>();
        return [.. _hard, .. more.Where(finding => finding.Level == FindingLevel.Hard), .. _soft, .. more.Where(finding => finding.Level == FindingLevel.Soft)];
    }

    private List<Finding> Of(FindingLevel level) => level == FindingLevel.Hard ? _hard : _soft;
}
