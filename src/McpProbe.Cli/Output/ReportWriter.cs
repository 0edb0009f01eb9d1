using McpProbe.Text;

namespace McpProbe.Cli.Output;

/// <summary>Puts a report where its format belongs: on standard output, and for GitHub in the step's summary too.</summary>
internal static class ReportWriter
{
    /// <param name="text">The report for people.</param>
    /// <param name="json">The command's own object.</param>
    public static async Task WriteAsync(OutputFormat format, Report report, Func<Style, string> text, Func<string> json)
    {
        await Console.Out.WriteAsync(format switch
        {
            OutputFormat.Json => json(),
            OutputFormat.Junit => Junit.Render(report),
            OutputFormat.Sarif => Sarif.Render(report),
            OutputFormat.Github => GitHub.Render(report, text(default)),
            _ => text(Style.OfStandardOutput()),
        });
        if (format is OutputFormat.Github)
            await SummarizeAsync(report);
    }

    private static async Task SummarizeAsync(Report report)
    {
        if (Environment.GetEnvironmentVariable(GitHub.SummaryVariable) is not { Length: > 0 } file)
            return;
        try
        {
            await File.AppendAllTextAsync(file, GitHub.Summary(report));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The verdict is on standard output already; a summary that cannot be written must not change it.
            await Console.Error.WriteLineAsync(
                $"mcpprobe {report.Command}: the step summary cannot be written: {ForeignText.OneLine(error.Message)} Check {GitHub.SummaryVariable}.");
        }
    }
}
