using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using McpProbe.Endpoints;
using McpProbe.Gate;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Output;

/// <summary>
/// A report for GitHub Actions: the text for the log, then annotations as workflow commands, and a step summary. What a server
/// says must not become a command: the runner does not look for any in the text, and what stands in a command is escaped.
/// </summary>
internal static class GitHub
{
    /// <summary>GitHub shows ten annotations of a level for a step, and drops the rest.</summary>
    private const int MostOfALevel = 10;

    private const int MostRows = 100;

    /// <summary>The file that GitHub names in the environment for a step's summary.</summary>
    public const string SummaryVariable = "GITHUB_STEP_SUMMARY";

    /// <param name="text">The report for people.</param>
    public static string Render(Report report, string text)
    {
        // Nobody can guess the word that turns commands on again.
        var word = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var output = new StringBuilder($"::stop-commands::{word}\n{text}::{word}::\n");
        var annotations = Annotations(report).ToList();
        foreach (var level in annotations.GroupBy(annotation => annotation.Level).OrderByDescending(level => level.Key))
        {
            foreach (var annotation in level.Take(MostOfALevel))
                output.Append(annotation.Line).Append('\n');
        }

        return output.ToString();
    }

    /// <summary>Markdown for the step's summary; HTML blocks, in which no Markdown is read, hold what comes from elsewhere.</summary>
    public static string Summary(Report report)
    {
        var passed = report.ExitCode == ExitCodes.Ok;
        var summary = new StringBuilder();
        summary.Append(CultureInfo.InvariantCulture, $"### {(passed ? "✅" : "❌")} mcpprobe {report.Command} {(passed ? "passed" : $"failed with exit code {report.ExitCode}")}\n\n");
        summary.Append(CultureInfo.InvariantCulture, $"<p><code>{Html(report.Target)}</code></p>\n\n");
        Table(summary, ["", "Check", "Detail"], report.Checks, check => [Icon(check.Status), Html(check.Name), Html(check.Detail)]);
        if (report.Changes.Count > 0)
            Table(summary, ["Class", "Rule", "Where", "Change"], report.Changes,
                change => [Html(WireNames.Of(change.Class)), $"<code>{Html(change.Rule)}</code>", Where(change.Tool, change.Path), Html(change.Message)]);
        if (report.Findings.Count > 0)
            Table(summary, ["Level", "Rule", "Where", "Finding"], report.Findings,
                finding => [Html(WireNames.Of(finding.Level)), $"<code>{Html(finding.Rule)}</code>", Where(finding.Tool, finding.Path), Html(finding.Message)]);
        if (report.Specification.Count > 0)
            Table(summary, ["Asks", "Rule", "Where", "Specification", "Section"], report.Specification,
                finding => [finding.Requirement is { } requirement ? Html(WireNames.Of(requirement)) : "", $"<code>{Html(finding.Rule)}</code>", Where(finding.Tool, finding.Tool is null ? $" {finding.Path}" : finding.Path), Html(finding.Message), Html(finding.Section ?? "")]);
        return summary.ToString();
    }

    private static IEnumerable<Annotation> Annotations(Report report)
    {
        foreach (var check in report.Checks.Where(check => check.Status is CheckStatus.Failed or CheckStatus.Warned))
        {
            var level = check.Status is CheckStatus.Failed ? Severity.Error : Severity.Warning;
            yield return new Annotation(level, Command(report, level, $"mcpprobe {report.Command}: {check.Name}", check.Detail, null));
        }

        foreach (var change in report.Changes.Where(change => report.SeverityOf(change) is not Severity.Note))
        {
            var level = report.SeverityOf(change);
            yield return new Annotation(level, Command(report, level, $"{WireNames.Of(change.Class)}: {change.Rule}", $"{change.Tool ?? "The server"}{change.Path}: {change.Message}", change.Tool));
        }

        foreach (var finding in report.Findings.Where(finding => Report.SeverityOf(finding) is not Severity.Note))
        {
            var level = Report.SeverityOf(finding);
            yield return new Annotation(level, Command(report, level, $"suspicious text: {finding.Rule}", $"{finding.Tool ?? "The server"}{finding.Path}: {finding.Message}", finding.Tool));
        }

        // What no standard asks for stands in the summary alone.
        foreach (var finding in report.Specification.Where(finding => finding.Requirement is not null || finding.Level is FindingLevel.Hard))
        {
            var level = report.SeverityOfRule(finding);
            yield return new Annotation(level, Command(
                report, level, $"specification: {finding.Rule}",
                $"{finding.Message}{(finding.Tool is { } tool ? $" ({tool}{finding.Path})" : "")}{(finding.Section is { } section ? $" {section}: {WireNames.Of(finding.Requirement ?? Requirement.Should)}." : "")}", finding.Tool));
        }
    }

    private static string Command(Report report, Severity level, string title, string message, string? tool)
    {
        var place = report.File is { } file
            ? string.Create(CultureInfo.InvariantCulture, $"file={Property(file.Path)},line={file.LineOf(tool)},")
            : "";
        return $"::{(level is Severity.Note ? "notice" : WireNames.Of(level))} {place}title={Property(title)}::{Data(message)}";
    }

    // The escapes of workflow commands (actions/toolkit, command.ts).
    private static string Data(string text) => ForeignText.OneLine(text).Replace("%", "%25", StringComparison.Ordinal);

    private static string Property(string text) => Data(text).Replace(":", "%3A", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);

    private static void Table<T>(StringBuilder summary, string[] head, IReadOnlyList<T> rows, Func<T, string[]> cells)
    {
        summary.Append("<table><tr>").AppendJoin("", head.Select(cell => $"<th>{cell}</th>")).Append("</tr>\n");
        foreach (var row in rows.Take(MostRows))
            summary.Append("<tr>").AppendJoin("", cells(row).Select(cell => $"<td>{cell}</td>")).Append("</tr>\n");
        summary.Append("</table>\n\n");
        if (rows.Count > MostRows)
            summary.Append(CultureInfo.InvariantCulture, $"<p>and {rows.Count - MostRows} more: --output json lists all</p>\n\n");
    }

    private static string Where(string? tool, string path) => $"<code>{Html((tool ?? "(the server)") + path)}</code>";

    private static string Html(string text) => WebUtility.HtmlEncode(ForeignText.OneLine(text));

    private static string Icon(CheckStatus status) => status switch
    {
        CheckStatus.Passed => "✅",
        CheckStatus.Failed => "❌",
        CheckStatus.Warned => "⚠️",
        _ => "➖",
    };

    private sealed record Annotation(Severity Level, string Line);
}
