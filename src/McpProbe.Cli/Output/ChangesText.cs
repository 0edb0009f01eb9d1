using System.Text;
using System.Text.Json;
using McpProbe.Drift;
using McpProbe.Gate;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Output;

/// <summary>What changed, for people: grouped by tool, worst first, each change with the old and the new value.</summary>
internal sealed class ChangesText
{
    private const int ClassWidth = 10;
    private const int MostPerTool = 20;

    /// <summary>Of the text that two long values begin with, this much is shown before the difference.</summary>
    private const int Context = 20;

    private readonly StringBuilder _text;
    private readonly Style _style;
    private readonly int _width;

    private ChangesText(StringBuilder text, Style style, int width) => (_text, _style, _width) = (text, style, width);

    /// <summary>Appends the groups and a summary line.</summary>
    /// <param name="width">Columns to fill.</param>
    public static void Append(StringBuilder text, Comparison comparison, Style style, int width)
    {
        var changes = new ChangesText(text, style, width);
        foreach (var tool in comparison.Changes.GroupBy(change => change.Tool).OrderByDescending(group => group.Max(change => change.Class)))
            changes.Group(tool.Key, [.. tool]);
        if (comparison.Findings.Count > 0)
            text.Append("  ").Append(style.Bold("(suspicious text)")).Append('\n');
        foreach (var finding in comparison.Findings)
            changes.Finding(finding);
        if (comparison.Findings.Count > 0)
            text.Append('\n');
        changes.Summary(comparison);
    }

    public static string Mark(Style style, ChangeClass level) => level switch
    {
        ChangeClass.Breaking => style.Red("✘"),
        ChangeClass.Unknown => style.Red("?"),
        ChangeClass.Warning => style.Yellow("▲"),
        _ => style.Dim("·"),
    };

    private void Group(string? tool, List<Change> changes)
    {
        _text.Append("  ").Append(_style.Bold(tool is null ? "(the server)" : Visible(tool))).Append('\n');
        foreach (var change in changes.Take(MostPerTool))
            Change(change);
        if (changes.Count > MostPerTool)
            _text.Append("    ").Append(_style.Dim($"and {changes.Count - MostPerTool} more: --output json lists all")).Append('\n');
        _text.Append('\n');
    }

    private void Change(Change change)
    {
        var name = WireNames.Of(change.Class).PadRight(ClassWidth);
        var place = change.Path.Length == 0 ? "" : "  " + _style.Dim(Cut(Visible(change.Path), _width - 20 - change.Rule.Length));
        _text.Append("    ").Append(Mark(_style, change.Class)).Append(' ').Append(Paint(change.Class, name))
            .Append(change.Rule).Append(place).Append('\n');
        foreach (var line in TextWrap.Lines(ForeignText.OneLine(change.Message), _width - 8 - ClassWidth))
            _text.Append(' ', 6 + ClassWidth).Append(line).Append('\n');
        Values(change);
    }

    private void Values(Change change)
    {
        var (before, after) = (Shown(change.Before), Shown(change.After));
        var room = _width - 6 - ClassWidth;
        if (before is not null && after is not null && before.Length + after.Length + 3 <= room)
        {
            _text.Append(' ', 6 + ClassWidth).Append(_style.Red(before)).Append(" → ").Append(_style.Green(after)).Append('\n');
            return;
        }

        // A whole tool that came or went is told by its name.
        if (change.Path.Length == 0)
            return;
        if (before is not null && after is not null)
            (before, after) = FromTheDifference(before, after);
        if (before is not null)
            _text.Append(' ', 6 + ClassWidth).Append(_style.Red("- " + Cut(before, room - 2))).Append('\n');
        if (after is not null)
            _text.Append(' ', 6 + ClassWidth).Append(_style.Green("+ " + Cut(after, room - 2))).Append('\n');
    }

    private void Finding(Finding finding)
    {
        var (mark, name) = finding.Level is FindingLevel.Hard ? (_style.Red("✘"), _style.Red("hard".PadRight(ClassWidth))) : (_style.Yellow("▲"), _style.Yellow("soft".PadRight(ClassWidth)));
        var place = finding.Tool is { } tool ? $" in {Visible(tool)}" : "";
        _text.Append("    ").Append(mark).Append(' ').Append(name).Append($"{finding.Rule}{place}").Append('\n');
        foreach (var line in TextWrap.Lines(ForeignText.OneLine(finding.Message), _width - 8 - ClassWidth))
            _text.Append(' ', 6 + ClassWidth).Append(line).Append('\n');
    }

    private void Summary(Comparison comparison)
    {
        if (comparison.Changes.Count == 0)
            return;
        var tools = comparison.Changes.Select(change => change.Tool).OfType<string>().Distinct().Count();
        var where = tools == 0 ? "" : $" in {Count.Of(tools, "tool")}";
        _text.Append("  ").Append(_style.Bold(DriftJudge.Summary(comparison.Changes) + where)).Append('\n');
    }

    private string Paint(ChangeClass level, string text) => level switch
    {
        ChangeClass.Breaking or ChangeClass.Unknown => _style.Red(text),
        ChangeClass.Warning => _style.Yellow(text),
        _ => _style.Dim(text),
    };

    private static string? Shown(JsonElement? value) => value switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => $"\"{Visible(text.GetString()!)}\"",
        { } other => Visible(other.GetRawText()),
    };

    // Escapes what cannot be seen: in a changed text, that may be the change.
    private static string Visible(string text) => VisibleText.Line(text, int.MaxValue);

    private static (string Before, string After) FromTheDifference(string before, string after)
    {
        var same = before.AsSpan().CommonPrefixLength(after);
        if (same <= 2 * Context)
            return (before, after);
        var start = same - Context;
        if (before.IndexOf(' ', start, Context - 1) is >= 0 and var space)
            start = space + 1;
        if (char.IsLowSurrogate(before[start]))
            start++;
        return ("…" + before[start..], "…" + after[start..]);
    }

    private static string Cut(string text, int most)
    {
        if (text.Length <= most)
            return text;
        most = Math.Max(most - 1, 1);
        return (char.IsHighSurrogate(text[most - 1]) ? text[..(most - 1)] : text[..most]) + "…";
    }
}
