using System.Globalization;
using System.Text;
using System.Xml;
using McpProbe.Gate;
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
        var text = new Utf8Text();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, NewLineChars = "\n", CheckCharacters = true }))
        {
            xml.WriteStartElement("testsuites");
            Suite(xml, report);
            xml.WriteEndElement();
        }

        return text + "\n";
    }

    private static void Suite(XmlWriter xml, Report report)
    {
        xml.WriteStartElement("testsuite");
        Attribute(xml, "name", $"mcpprobe {report.Command}");
        Attribute(xml, "package", "mcpprobe");
        Attribute(xml, "id", "0");
        Attribute(xml, "hostname", "localhost");
        // Ant's schema knows no time zone; what is written is UTC.
        Attribute(xml, "timestamp", report.StartedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
        Attribute(xml, "tests", Number(report.Checks.Count));
        Attribute(xml, "failures", Number(report.Checks.Count(check => check.Status is CheckStatus.Failed)));
        Attribute(xml, "errors", "0");
        Attribute(xml, "skipped", Number(report.Checks.Count(check => check.Status is CheckStatus.Skipped)));
        Attribute(xml, "time", Seconds(report.Checks.Sum(check => check.Ms)));
        Properties(xml, report);
        foreach (var check in report.Checks)
            Case(xml, report, check);
        // A warning has no place of its own in this format.
        var said = report.Checks.Where(check => check.Status is CheckStatus.Passed or CheckStatus.Warned);
        xml.WriteElementString("system-out", Valid(string.Concat(said.Select(check => $"{WireNames.Of(check.Status)} {check.Name}: {check.Detail}\n"))));
        xml.WriteElementString("system-err", "");
        xml.WriteEndElement();
    }

    private static void Properties(XmlWriter xml, Report report)
    {
        xml.WriteStartElement("properties");
        foreach (var (name, value) in new[] { ("target", report.Target), ("exitCode", Number(report.ExitCode)) })
        {
            xml.WriteStartElement("property");
            Attribute(xml, "name", name);
            Attribute(xml, "value", value);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void Case(XmlWriter xml, Report report, GateCheck check)
    {
        xml.WriteStartElement("testcase");
        Attribute(xml, "name", check.Name);
        Attribute(xml, "classname", $"mcpprobe.{report.Command}");
        Attribute(xml, "time", Seconds(check.Ms));
        if (check.Status is CheckStatus.Skipped)
        {
            xml.WriteStartElement("skipped");
            Attribute(xml, "message", check.Detail);
            xml.WriteEndElement();
        }
        else if (check.Status is CheckStatus.Failed)
        {
            xml.WriteStartElement("failure");
            Attribute(xml, "message", check.Detail);
            Attribute(xml, "type", $"exit-code-{Number(check.ExitCode)}");
            xml.WriteString(Valid(Lines(report, check)));
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static string Lines(Report report, GateCheck check)
    {
        IEnumerable<string> lines = check.Name switch
        {
            "drift" => report.Changes.Select(change => $"{WireNames.Of(change.Class)} {change.Rule} {Place(change.Tool, change.Path)}: {change.Message}"),
            "findings" => report.Findings.Select(finding => $"{WireNames.Of(finding.Level)} {finding.Rule} {Place(finding.Tool, finding.Path)}: {finding.Message}"),
            _ => [],
        };
        return string.Join('\n', lines.Take(MostChanges).Select(line => ForeignText.OneLine(line)).Prepend(check.Detail));
    }

    private static string Place(string? tool, string path) => $"{tool ?? "(the server)"}{path}";

    private static void Attribute(XmlWriter xml, string name, string value) => xml.WriteAttributeString(name, Valid(value));

    // XML 1.0 has no way at all to hold most control characters, nor half a surrogate pair.
    private static string Valid(string text)
    {
        var valid = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var isXml = rune.Value is '\t' or '\n' or (>= 0x20 and <= 0xD7FF) or (>= 0xE000 and <= 0xFFFD) or >= 0x10000;
            valid.Append(isXml ? rune : Rune.ReplacementChar);
        }

        return valid.ToString();
    }

    private static string Seconds(double ms) => (ms / 1000).ToString("0.000", CultureInfo.InvariantCulture);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Text whose XML declaration says UTF-8, as which it is written out.</summary>
    private sealed class Utf8Text() : StringWriter(CultureInfo.InvariantCulture)
    {
        public override Encoding Encoding => Encoding.UTF8;
    }
}
