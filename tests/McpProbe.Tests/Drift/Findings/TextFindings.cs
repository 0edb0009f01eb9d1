using McpProbe.Drift.Findings;

namespace McpProbe.Tests.Drift.Findings;

/// <summary>What one look at a text reports, as <c>rule level</c> and what follows the rule's sentence.</summary>
internal static class TextFindings
{
    internal delegate void Look(ReadOnlySpan<char> text, TextReport report);

    internal static string[] Of(string text, Look look)
    {
        var findings = new FindingList();
        look(text, new TextReport(findings));
        var says = FindingRules.All.ToDictionary(rule => rule.Name, rule => rule.Says);
        return [.. findings.Sorted().Select(finding =>
        {
            var more = finding.Message[$"The catalogue {says[finding.Rule]}".Length..];
            return $"{finding.Rule} {finding.Level.ToString().ToLowerInvariant()}{more[..more.LastIndexOf(". ", StringComparison.Ordinal)].TrimEnd('.')}";
        })];
    }
}
