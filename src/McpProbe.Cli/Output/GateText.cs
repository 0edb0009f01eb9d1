using System.Text;
using McpProbe.Drift;
using McpProbe.Gate;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Output;

/// <summary>Checks for people: whether all passed, then one aligned line a check, then what changed.</summary>
internal static class GateText
{
    /// <summary>Enough of a hash to tell two apart by eye.</summary>
    private const int HashDigits = 12;

    /// <param name="width">Columns to fill; between 60 and 100 are used.</param>
    /// <param name="comparison">What changed; null where that was not looked at.</param>
    public static string Render(Report report, Comparison? comparison, Style style, int width)
    {
        width = Math.Clamp(width, 60, 100);
        var text = new StringBuilder();
        var verdict = report.ExitCode == ExitCodes.Ok ? style.Green("✔ passed") : style.Red("✘ failed");
        text.Append(style.Bold(verdict)).Append("  ").Append(style.Bold(ForeignText.OneLine(report.Target)));
        if (report.ExitCode != ExitCodes.Ok)
            text.Append(style.Dim($"  (exit code {report.ExitCode})"));
        text.Append("\n\n");

        var column = report.Checks.Max(check => check.Name.Length) + 2;
        foreach (var check in report.Checks)
            Check(text, check, column, style, width);
        text.Append('\n');
        if (comparison is not null)
            ChangesText.Append(text, comparison, style, width);
        return text.ToString();
    }

    private static void Check(StringBuilder text, GateCheck check, int column, Style style, int width)
    {
        var prefix = $"  {Mark(check.Status, style)} {check.Name.PadRight(column)}";
        foreach (var line in TextWrap.Lines(ForeignText.OneLine(ShortHashes(check.Detail)), width - 4 - column))
        {
            text.Append(prefix).Append(check.Status is CheckStatus.Skipped ? style.Dim(line) : line).Append('\n');
            prefix = new string(' ', 4 + column);
        }
    }

    private static string Mark(CheckStatus status, Style style) => status switch
    {
        CheckStatus.Passed => style.Green("✔"),
        CheckStatus.Failed => style.Red("✘"),
        CheckStatus.Warned => style.Yellow("▲"),
        _ => style.Dim("–"),
    };

    private static string ShortHashes(string detail)
    {
        const string algorithm = "sha256:";
        const int whole = 64;
        return detail.IndexOf(algorithm, StringComparison.Ordinal) is >= 0 and var at && at + algorithm.Length + whole <= detail.Length
            ? detail[..(at + algorithm.Length + HashDigits)] + detail[(at + algorithm.Length + whole)..]
            : detail;
    }
}
