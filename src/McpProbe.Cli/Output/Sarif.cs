using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using McpProbe.Gate;
using McpProbe.Text;

namespace McpProbe.Cli.Output;

/// <summary>A report in the Static Analysis Results Interchange Format (OASIS SARIF 2.1.0).</summary>
internal sealed class Sarif
{
    private readonly Report _report;
    private readonly Utf8JsonWriter _json;
    private readonly List<Result> _results = [];
    private readonly List<Result> _rules = [];

    private Sarif(Report report, Utf8JsonWriter json)
    {
        (_report, _json) = (report, json);
        foreach (var check in report.Checks.Where(check => check.Status is CheckStatus.Failed or CheckStatus.Warned && check.Name is not ("drift" or "findings")))
        {
            var level = check.Status is CheckStatus.Failed ? Severity.Error : Severity.Warning;
            Add(new Result("check/" + check.Name, level, SarifRules.OfCheck(check.Name), check.Detail, null, ""));
        }

        foreach (var change in report.Changes)
            Add(new Result("drift/" + change.Rule, report.SeverityOf(change), SarifRules.OfChange(change), change.Message, change.Tool, change.Path));
        foreach (var finding in report.Findings)
            Add(new Result("finding/" + finding.Rule, Report.SeverityOf(finding), SarifRules.OfFinding(finding), finding.Message, finding.Tool, finding.Path));
        foreach (var finding in report.Specification)
        {
            Add(new Result("specification/" + finding.Rule, report.SeverityOfRule(finding), SarifRules.OfSpecification(finding), finding.Message, finding.Tool, finding.Path)
            {
                HelpUri = SpecificationPages.Of(finding.Section),
            });
        }
    }

    public static string Render(Report report)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            new Sarif(report, json).Write();
        return Encoding.UTF8.GetString(output.WrittenSpan) + "\n";
    }

    private void Add(Result result)
    {
        if (!_rules.Exists(rule => rule.Rule == result.Rule))
            _rules.Add(result);
        _results.Add(result);
    }

    private void Write()
    {
        _json.WriteStartObject();
        _json.WriteString("$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json");
        _json.WriteString("version", "2.1.0");
        _json.WriteStartArray("runs");
        _json.WriteStartObject();
        WriteTool();
        WriteInvocation();
        // One category a command and target, so that uploads of several gates do not replace each other.
        _json.WriteStartObject("automationDetails");
        _json.WriteString("id", $"mcpprobe/{_report.Command}/{Clean(_report.Target)}/");
        _json.WriteEndObject();
        // Lines and columns are counted in characters as editors show them (3.14.17).
        _json.WriteString("columnKind", "unicodeCodePoints");
        _json.WriteStartArray("results");
        foreach (var result in _results)
            WriteResult(result);
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    private void WriteTool()
    {
        _json.WriteStartObject("tool");
        _json.WriteStartObject("driver");
        _json.WriteString("name", "mcpprobe");
        _json.WriteString("version", typeof(Sarif).Assembly.GetName().Version?.ToString(3));
        _json.WriteStartArray("rules");
        foreach (var rule in _rules)
        {
            _json.WriteStartObject();
            _json.WriteString("id", Clean(rule.Rule));
            WriteText("shortDescription", rule.Words.Summary);
            WriteText("fullDescription", rule.Words.Help);
            WriteText("help", $"{rule.Words.Help} {SarifRules.Manual} explains the gate.");
            if (rule.HelpUri is { } page)
                _json.WriteString("helpUri", page);
            _json.WriteStartObject("defaultConfiguration");
            _json.WriteString("level", WireNames.Of(rule.Level));
            _json.WriteEndObject();
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    private void WriteInvocation()
    {
        _json.WriteStartArray("invocations");
        _json.WriteStartObject();
        _json.WriteString("startTimeUtc", _report.StartedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
        _json.WriteNumber("exitCode", _report.ExitCode);
        // Whether the tool ran, not whether it liked what it saw (3.20.14).
        _json.WriteBoolean("executionSuccessful", true);
        _json.WriteEndObject();
        _json.WriteEndArray();
    }

    private void WriteResult(Result result)
    {
        _json.WriteStartObject();
        _json.WriteString("ruleId", Clean(result.Rule));
        _json.WriteNumber("ruleIndex", _rules.FindIndex(rule => rule.Rule == result.Rule));
        _json.WriteString("level", WireNames.Of(result.Level));
        WriteText("message", result.Tool is null ? result.Message : $"{result.Tool}: {result.Message}");
        _json.WriteStartArray("locations");
        _json.WriteStartObject();
        if (_report.File is { } file)
            WritePlace(file, file.LineOf(result.Tool));
        _json.WriteStartArray("logicalLocations");
        _json.WriteStartObject();
        _json.WriteString("name", Clean(result.Tool ?? _report.Target));
        _json.WriteString("fullyQualifiedName", Clean($"{_report.Target}#{result.Tool}{result.Path}"));
        _json.WriteString("kind", result.Tool is null ? "module" : "function");
        _json.WriteEndObject();
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.WriteEndArray();
        // What stays the same from run to run, so that a result is recognised again.
        _json.WriteStartObject("partialFingerprints");
        _json.WriteString("mcpprobe/v1", Clean($"{result.Rule}#{result.Tool}#{result.Path}"));
        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    private void WritePlace(SnapshotPlaces file, int line)
    {
        _json.WriteStartObject("physicalLocation");
        _json.WriteStartObject("artifactLocation");
        _json.WriteString("uri", UriOf(file.Path));
        _json.WriteEndObject();
        _json.WriteStartObject("region");
        _json.WriteNumber("startLine", line);
        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    private void WriteText(string name, string text)
    {
        _json.WriteStartObject(name);
        _json.WriteString("text", Clean(text));
        _json.WriteEndObject();
    }

    /// <summary>A relative path as a relative reference (RFC 3986, 4.2), which code scanning resolves in the repository.</summary>
    private static string UriOf(string path)
    {
        if (Path.IsPathRooted(path))
            return new Uri(Path.GetFullPath(path)).AbsoluteUri;
        var segments = path.Replace(Path.DirectorySeparatorChar, '/').Split('/').Where(segment => segment is not (".")).Select(Uri.EscapeDataString);
        return string.Join('/', segments);
    }

    private static string Clean(string text) => ForeignText.OneLine(text);

    private sealed record Result(string Rule, Severity Level, (string Summary, string Help) Words, string Message, string? Tool, string Path)
    {
        /// <summary>Where the rule comes from; null where no page says it.</summary>
        public string? HelpUri { get; init; }
    }
}
