using System.Globalization;
using McpProbe.Gate;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Output;

/// <summary>
/// A report as JUnit XML, each check a test case. There is no standard: what is written fits both the schema of Apache Ant's
/// JUnit task and that of the Jenkins xUnit plug-in.
/// </summary>
internal static class Junit
{
    private const int MostChanges = 100;

    public static string Render(Report report)
    {
        var xml = new XmlText();
        xml.Element("testsuites", [], () => Suite(xml, report));
        return xml.ToString();
    }

    private static void Suite(XmlText xml, Report report) => xml.Element(
        "testsuite",
        [
            ("name", $"mcpprobe {report.Command}"),
            ("package", "mcpprobe"),
            ("id", "0"),
            ("hostname", "localhost"),
            // Ant's schema knows no time zone; what is written is UTC.
            ("timestamp", report.StartedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture)),
            ("tests", Number(report.Checks.Count)),
            ("failures", Number(report.Checks.Count(check => check.Status is CheckStatus.Failed))),
            ("errors", "0"),
            ("skipped", Number(report.Checks.Count(check => check.Status is CheckStatus.Skipped))),
            ("time", Seconds(report.Checks.Sum(check => check.Ms))),
        ],
        () =>
        {
            xml.Element("properties", [], () =>
            {
                xml.Element("property", [("name", "target"), ("value", report.Target)]);
                xml.Element("property", [("name", "exitCode"), ("value", Number(report.ExitCode))]);
            });
            foreach (var check in report.Checks)
                Case(xml, report, check);
            // A warning has no place of its own in this format.
            var said = report.Checks.Where(check => check.Status is CheckStatus.Passed or CheckStatus.Warned);
            xml.Element("system-out", [], string.Concat(
                said.Select(check => $"{WireNames.Of(check.Status)} {check.Name}: {check.Detail}\n")
                    .Concat(report.Specification.Take(MostChanges).Select(finding => Broken(finding) + "\n"))));
            xml.Element("system-err", []);
        });

    private static void Case(XmlText xml, Report report, GateCheck check) => xml.Element(
        "testcase",
        [("name", check.Name), ("classname", $"mcpprobe.{report.Command}"), ("time", Seconds(check.Ms))],
        () =>
        {
            if (check.Status is CheckStatus.Skipped)
                xml.Element("skipped", [("message", check.Detail)]);
            else if (check.Status is CheckStatus.Failed)
                xml.Element("failure", [("message", check.Detail), ("type", $"exit-code-{Number(check.ExitCode)}")], Lines(report, check));
        });

    private static string Lines(Report report, GateCheck check)
    {
        IEnumerable<string> lines = check.Name switch
        {
            "drift" => report.Changes.Select(change => $"{WireNames.Of(change.Class)} {change.Rule} {Place(change.Tool, change.Path)}: {change.Message}"),
            "findings" => report.Findings.Select(finding => $"{WireNames.Of(finding.Level)} {finding.Rule} {Place(finding.Tool, finding.Path)}: {finding.Message}"),
            // What fails a condition is told with it.
            "conditions" => report.Specification.Where(finding => report.SeverityOfRule(finding) is Severity.Error).Select(Broken),
            _ => [],
        };
        return string.Join('\n', lines.Take(MostChanges).Select(line => ForeignText.OneLine(line)).Prepend(check.Detail));
    }

    private static string Broken(Finding finding) => ForeignText.OneLine(
        $"{(finding.Requirement is { } requirement ? WireNames.Of(requirement) : "note")} {finding.Rule} {Place(finding.Tool, finding.Tool is null ? $" ({finding.Path})" : finding.Path)}: {finding.Message}{(finding.Section is { } section ? $" ({section})" : "")}");

    private static string Place(string? tool, string path) => $"{tool ?? "(the server)"}{path}";

    private static string Seconds(double ms) => (ms / 1000).ToString("0.000", CultureInfo.InvariantCulture);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
