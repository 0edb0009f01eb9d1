using McpProbe.Catalog;
using McpProbe.Drift;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Gate;

/// <summary>Judges what changed, and what is suspicious, against what a gate lets pass.</summary>
public static class DriftJudge
{
    /// <param name="failOn">The least class that fails; <see cref="ChangeClass.Breaking"/> means unknown changes too, which may be breaking.</param>
    public static GateCheck Drift(Comparison comparison, ChangeClass failOn)
    {
        const string name = "drift";
        var leftOut = LeftOut(comparison.Ignored ?? []);
        if (comparison.Changes.Count == 0)
            return GateCheck.Passed(name, $"no change{leftOut}");

        var text = Summary(comparison.Changes) + leftOut;
        if (Fails(comparison.Maximum, failOn))
            return GateCheck.Failed(name, ExitCodes.Drift, $"{text}; first: {First(comparison.Changes)}");
        return comparison.Maximum is ChangeClass.Info ? GateCheck.Passed(name, text) : GateCheck.Warned(name, text);
    }

    /// <summary>What a comparison did not look at, after a semicolon; empty when it looked at everything.</summary>
    public static string LeftOut(IReadOnlyList<UnstablePlace> unstable)
    {
        const int most = 5;
        if (unstable.Count == 0)
            return "";
        var more = unstable.Count > most ? $" and {unstable.Count - most} more" : "";
        return $"; not compared, as the snapshot marks it unstable: {ForeignText.OneLine(string.Join(", ", unstable.Take(most)))}{more}";
    }

    /// <summary>Whether a class of changes is one that the gate stops.</summary>
    public static bool Fails(ChangeClass? maximum, ChangeClass failOn) =>
        maximum >= (failOn is ChangeClass.Breaking ? ChangeClass.Unknown : failOn);

    /// <param name="known">Findings of the baseline, which somebody has accepted with it.</param>
    public static GateCheck Findings(IReadOnlyList<Finding> findings, IReadOnlyList<Finding> known)
    {
        const string name = "findings";
        var notes = findings.Where(finding => finding.IsInterop).ToList();
        var check = Text(name, [.. findings.Where(finding => !finding.IsInterop)], known);
        return notes.Count == 0 ? check : check with { Detail = $"{check.Detail}; {Count(notes.Count, "note")} on other clients; first: {Sentence(notes[0])}" };
    }

    private static GateCheck Text(string name, IReadOnlyList<Finding> findings, IReadOnlyList<Finding> known)
    {
        var fresh = New(findings, known);
        var hard = fresh.Where(finding => finding.Level is FindingLevel.Hard).ToList();
        if (hard.Count > 0)
            return GateCheck.Failed(name, ExitCodes.Drift, $"{Count(hard.Count, "hard finding")}; first: {Sentence(hard[0])}");
        if (findings.Count == 0)
            return GateCheck.Passed(name, "no suspicious text");
        return fresh.Count == 0
            ? GateCheck.Passed(name, $"{Count(findings.Count, "finding")}, all of them in the baseline")
            : GateCheck.Warned(name, $"{Count(fresh.Count, "soft finding")} to review; first: {Sentence(fresh[0])}");
    }

    /// <summary>
    /// Findings at places where there was none of the same rule before. Notes on other clients are none: they are about the server
    /// and its way, not about a catalogue, and a snapshot holds none to compare with.
    /// </summary>
    public static IReadOnlyList<Finding> New(IReadOnlyList<Finding> findings, IReadOnlyList<Finding> known)
    {
        var places = known.Select(Place).ToHashSet();
        return [.. findings.Where(finding => !finding.IsInterop && !places.Contains(Place(finding)))];

        static (string, string?, string) Place(Finding finding) => (finding.Rule, finding.Tool, finding.Path);
    }

    /// <summary>Such as <c>3 changes: 1 breaking, 2 warning</c>, worst first.</summary>
    public static string Summary(IReadOnlyList<Change> changes)
    {
        var classes = changes
            .GroupBy(change => change.Class)
            .OrderByDescending(group => group.Key)
            .Select(group => $"{group.Count()} {WireNames.Of(group.Key)}");
        return $"{Count(changes.Count, "change")}: {string.Join(", ", classes)}";
    }

    private static string First(IReadOnlyList<Change> changes) =>
        $"{changes[0].Rule}{Of(changes[0].Tool)}: {ForeignText.Brief(changes[0].Message)}";

    private static string Sentence(Finding finding) => $"{finding.Rule}{Of(finding.Tool)}: {ForeignText.Brief(finding.Message)}";

    private static string Of(string? tool) => tool is null ? "" : $" in {ForeignText.Brief(tool)}";

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
