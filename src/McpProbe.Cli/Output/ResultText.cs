using System.Globalization;
using System.Text;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Output;

/// <summary>
/// A result for people: the verdict first, then why it is so, then what was seen, one aligned line a fact. Text that came from
/// the server is stripped of control characters, so that it cannot steer the terminal.
/// </summary>
internal sealed class ResultText
{
    private const int LabelWidth = 13;

    /// <summary>Enough of a hash to tell two apart by eye: the algorithm and 12 digits.</summary>
    private const int HashLength = 19;
    private const int MostFindings = 5;

    private readonly StringBuilder _text = new();
    private readonly Style _style;
    private readonly int _width;

    private ResultText(Style style, int width)
    {
        _style = style;
        _width = Math.Clamp(width, 60, 100);
    }

    /// <param name="width">Columns to fill; between 60 and 100 are used.</param>
    /// <param name="tools">Whether to list them.</param>
    public static string Render(ProbeResult result, Style style, int width, bool tools = false)
    {
        var text = new ResultText(style, width);
        text.Headline(result);
        if (result.Failure is { } failure)
            text.Why(failure, result.StartedAt);
        text.Facts(result);
        text.Time(result);
        if (tools)
            text.Tools(result);
        return text._text.ToString();
    }

    private void Tools(ProbeResult result)
    {
        if (result.Snapshot is null)
            return;
        _text.Append('\n');
        foreach (var line in ToolTable.Lines(result.Snapshot.Catalog, _width - 2))
            _text.Append("  ").Append(line).Append('\n');
    }

    private void Headline(ProbeResult result)
    {
        var name = WireNames.Of(result.Verdict);
        var verdict = result.Verdict switch
        {
            Verdict.Healthy => _style.Green($"✔ {name}"),
            Verdict.Degraded => _style.Yellow($"▲ {name}"),
            Verdict.Gated => _style.Yellow($"◆ {name}"),
            Verdict.Down => _style.Red($"✘ {name}"),
            _ => _style.Cyan($"? {name}"),
        };
        _text.Append(_style.Bold(verdict)).Append("  ").Append(_style.Bold(ForeignText.OneLine(result.Target))).Append("\n\n");
    }

    private void Why(Failure failure, DateTimeOffset startedAt)
    {
        foreach (var line in TextWrap.Lines(ForeignText.OneLine(failure.Message), _width - 2))
            _text.Append("  ").Append(line).Append('\n');
        _text.Append('\n');

        var phase = failure.Phase is { } known ? $", phase {WireNames.Of(known)}" : "";
        var status = failure.HttpStatus is { } code ? $", HTTP {code}" : "";
        Fact("failure", $"{WireNames.Of(failure.Kind)}{phase}{status}");
        if (failure.Challenge is { } challenge)
            Fact("asks for", challenge);
        if (failure.RetryAfter is { } retryAfter)
            Fact("retry after", $"{Instant(retryAfter)}, {Math.Round((retryAfter - startedAt).TotalSeconds)} s after this probe");
    }

    private void Facts(ProbeResult result)
    {
        if (result.Attempts > 1)
            Fact("attempts", $"{result.Attempts}");
        if (result.Server is { } server)
            Fact("server", $"{server.Name ?? "(no name)"} {server.Version}");
        if (result.ProtocolVersion is not null || result.Transport is not null)
            Fact("protocol", Protocol(result));
        if (result.SupportedVersions.Count > 1)
            Fact("supports", string.Join(", ", result.SupportedVersions));
        if (result.Catalog is { } catalog)
            Fact("catalogue", $"{Count.Of(catalog.Tools, "tool")} on {Count.Of(catalog.Pages, "page")}{(catalog.Tokens is { } tokens ? string.Create(CultureInfo.InvariantCulture, $", about {tokens:N0} tokens") : "")}, {catalog.Hash[..Math.Min(HashLength, catalog.Hash.Length)]}{(catalog.Cache is { TtlMs: > 0 } cache ? $", to be kept for {Durations.Format(TimeSpan.FromMilliseconds(cache.TtlMs))} ({cache.Scope})" : "")}");
        Conditions(result);
        for (var i = 0; i < Math.Min(result.Findings.Count, MostFindings); i++)
            Finding(i == 0 ? "findings" : "", result.Findings[i]);
        if (result.Findings.Count > MostFindings)
            Fact("", $"and {result.Findings.Count - MostFindings} more: --output json lists all");
        Specification(result.Specification ?? []);
        if (result.Certificate is { } certificate)
            Certificate(certificate, result.Conditions);
    }

    /// <summary>A line a rule: a server that breaks one does so for many of its tools.</summary>
    private void Specification(IReadOnlyList<Finding> findings)
    {
        var rules = findings.GroupBy(finding => finding.Rule).ToList();
        for (var i = 0; i < Math.Min(rules.Count, MostFindings); i++)
        {
            var (first, others) = (rules[i].First(), rules[i].Count() - 1);
            Fact(i == 0 ? "spec" : "",
                $"{first.Rule}{(first.Requirement is { } requirement ? $" ({WireNames.Of(requirement)})" : "")}{(first.Tool is { } tool ? $" in {tool}" : "")}: {first.Message}{(others == 0 ? "" : $" And {others} more.")}",
                first.Level is FindingLevel.Hard ? _style.Red("✘") : _style.Cyan("·"));
        }

        if (rules.Count > MostFindings)
            Fact("", $"and {rules.Count - MostFindings} more rules: --output json lists all");
    }

    /// <summary>What holds and has nothing more to say shares a line; what does not hold comes after it, a line each.</summary>
    private void Conditions(ProbeResult result)
    {
        var plain = result.Conditions.Where(condition => condition is { Passed: true, Detail: null }).ToList();
        var label = "conditions";
        if (plain.Count > 0)
        {
            Fact(label, string.Join(", ", plain.Select(condition => condition.Name)), _style.Green("✔"));
            label = "";
        }

        foreach (var condition in result.Conditions.Except(plain))
        {
            var text = condition.Detail is { } detail && detail != result.Failure?.Message ? $"{condition.Name}: {detail}" : condition.Name;
            var mark = condition switch
            {
                { Passed: true } => _style.Green("✔"),
                { OnlyDegrades: true } when result.Failure?.Message != condition.Detail || result.Verdict is Verdict.Degraded => _style.Yellow("▲"),
                _ => _style.Red("✘"),
            };
            Fact(label, text, mark);
            label = "";
        }
    }

    private void Finding(string label, Finding finding) => Fact(
        label,
        $"{finding.Rule}{(finding.Tool is { } tool ? $" in {tool}" : "")}: {finding.Message}",
        finding switch
        {
            { Level: FindingLevel.Hard } => _style.Red("✘"),
            { IsInterop: true } => _style.Cyan("·"),
            _ => _style.Yellow("▲"),
        });

    private void Certificate(CertificateInfo certificate, IReadOnlyList<ConditionResult> conditions)
    {
        var left = certificate.DaysLeft < 0
            ? $"expired {Count.Of(-certificate.DaysLeft, "day")} ago"
            : $"{Count.Of(certificate.DaysLeft, "day")} left";
        var low = certificate.DaysLeft < Endpoints.Conditions.DefaultCertificateDays || conditions.Any(condition => condition is { Name: "certificate-days", Passed: false });
        Fact(
            "certificate",
            $"{left} (until {Instant(certificate.NotAfter)}{(certificate.ExpiresFirst is { } first ? $", when its {first} ends" : "")}), {certificate.Subject}, issued by {certificate.Issuer}",
            colour: !low ? null : certificate.DaysLeft < 0 ? _style.Red : _style.Yellow);
    }

    private static string Protocol(ProbeResult result)
    {
        string?[] parts =
        [
            result.ProtocolVersion is { } version ? version : null,
            result.Era is { } era ? $"{WireNames.Of(era)} era" : null,
            result.Transport is { } transport ? WireNames.Of(transport) : null,
        ];
        return string.Join(", ", parts.Where(part => part is not null));
    }

    /// <summary>One line a phase, each with a bar that starts where the phase before it ended.</summary>
    private void Time(ProbeResult result)
    {
        var timings = result.Timings;
        (string Name, double? Ms)[] phases =
        [
            ("dns", timings.DnsMs), ("connect", timings.ConnectMs), ("tls", timings.TlsMs),
            ("handshake", timings.HandshakeMs), ("catalog", timings.CatalogMs), ("smoke", timings.SmokeMs),
        ];
        Fact("time", Milliseconds(timings.TotalMs));
        var seen = phases.Where(phase => phase.Ms is not null).ToList();
        var whole = Math.Max(timings.TotalMs, seen.Sum(phase => phase.Ms!.Value));
        if (whole <= 0)
            return;

        var columns = _width - LabelWidth - 2 - 14;
        var before = 0.0;
        foreach (var (name, ms) in seen)
        {
            var start = Math.Min((int)(before / whole * columns), columns - 1);
            before += ms!.Value;
            var end = Math.Max(start + 1, (int)(before / whole * columns));
            _text.Append("    ").Append(_style.Dim(name.PadRight(LabelWidth - 2)))
                .Append(Milliseconds(ms.Value).PadLeft(10)).Append("  ")
                .Append(' ', start).Append(_style.Cyan(new string('━', end - start))).Append('\n');
        }
    }

    /// <param name="mark">One coloured character before the value.</param>
    /// <param name="colour">Of the value; null for none.</param>
    private void Fact(string label, string value, string mark = "", Func<string, string>? colour = null)
    {
        var prefix = mark.Length == 0 ? "" : mark + " ";
        var hanging = mark.Length == 0 ? 0 : 2;
        foreach (var line in TextWrap.Lines(ForeignText.OneLine(value), _width - 2 - LabelWidth - hanging))
        {
            _text.Append("  ").Append(_style.Dim(label.PadRight(LabelWidth))).Append(prefix).Append(colour?.Invoke(line) ?? line).Append('\n');
            label = "";
            prefix = new string(' ', hanging);
        }
    }

    private static string Milliseconds(double ms) => string.Create(
        CultureInfo.InvariantCulture, $"{Math.Round(ms, ms < 100 ? 1 : 0, MidpointRounding.AwayFromZero)} ms");

    private static string Instant(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

}
