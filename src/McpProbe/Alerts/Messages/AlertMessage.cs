using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Alerts.Messages;

/// <summary>
/// What an alert says to a person, before a channel gives it its form: plain, visible text in which everything foreign is cut to
/// one line. A channel only arranges it, and escapes it for its own markup.
/// </summary>
/// <param name="Title">What happened, in a few words; at most <see cref="LongestTitle"/> characters.</param>
/// <param name="Text">What is known of it, in a sentence or two.</param>
/// <param name="Sections">Lists: what changed, suspicious text, or the endpoints of a gathered alert.</param>
/// <param name="Advice">What to do now; null where there is nothing to do.</param>
/// <param name="Link">Where to read on; null when the pages' address is not known.</param>
public sealed record AlertMessage(
    string Title,
    AlertSeverity Severity,
    string Text,
    IReadOnlyList<AlertSection> Sections,
    string? Advice,
    IReadOnlyList<AlertFact> Facts,
    AlertLink? Link)
{
    public const int LongestTitle = 150;

    private const int LongestText = 600;
    private const int LongestLine = 240;
    private const int MostLines = 5;
    private const int MostEndpoints = 20;

    /// <param name="pages">Where this McpProbe's pages are; null leaves the link out.</param>
    /// <param name="zone">Whose times stand beside those of UTC; null for none.</param>
    public static AlertMessage Of(Alert alert, Uri? pages, TimeZoneInfo? zone = null)
    {
        // An incident that opened and resolved while its alert waited is told as it is now.
        var news = alert.Transitions.GroupBy(each => each.Incident.Id).Select(each => each.Last())
            .OrderByDescending(AlertWords.Severity).ToList();
        var times = new AlertTimes(zone);
        var reports = news.Where(each => each.Report is not null).ToList();
        news.RemoveAll(each => each.Report is not null);
        if (news.Count == 0 && reports is [var only])
            return OfReport(only.Report!, pages);
        if (reports.Count > 0)
        {
            var (first, rest) = news.Count > 0 ? (Of(new Alert(alert.Id, news), pages, zone), reports) : (OfReport(reports[0].Report!, pages), reports.Skip(1));
            return first with { Sections = [.. first.Sections, .. rest.SelectMany(each => SectionsOf(each.Report!))] };
        }

        return news.Select(each => each.Endpoint.Id).Distinct().Count() == 1 ? OfOne(news, pages, times) : Gathered(news, pages, times);
    }

    /// <summary>The mark before a title, where a channel has no colours.</summary>
    public string Mark => Severity switch
    {
        AlertSeverity.Resolved => "🟢",
        AlertSeverity.Info => "🔵",
        AlertSeverity.Warning => "🟡",
        AlertSeverity.Error => "🟠",
        _ => "🔴",
    };

    /// <summary>The same with half as much in it, for a channel that takes only short messages.</summary>
    public AlertMessage Shorter() => this with
    {
        Text = ForeignText.OneLine(Text, Math.Max(40, Text.Length / 2)),
        Sections = [.. Sections.Select(section => section.Shorter())],
        Facts = [.. Facts.Select(fact => fact with { Value = ForeignText.OneLine(fact.Value, Math.Max(40, fact.Value.Length / 2)) })],
    };

    /// <summary>Where an incident can be read on.</summary>
    internal static Uri AddressOf(Incident incident, Uri pages) => new(pages, $"/incidents/{incident.Id}");

    /// <summary>About one endpoint: the worst of the news as it would be told alone, and a line for each of the others.</summary>
    private static AlertMessage OfOne(List<Transition> news, Uri? pages, AlertTimes times)
    {
        var worst = news[0];
        if (SampleAlert.Is(worst))
            return SampleAlert.Message(worst, pages, times);
        return new AlertMessage(
            ForeignText.OneLine(AlertWords.Title(worst), LongestTitle - 1),
            AlertWords.Severity(worst),
            ForeignText.OneLine(AlertWords.Text(worst, times), LongestText),
            [.. Changes(worst), .. Findings(worst), .. Others(news, times)],
            AlertWords.IsBadNews(worst) ? AlertAdvice.For(worst) : null,
            FactsOf(worst, times),
            pages is null ? null : new AlertLink("Open in McpProbe", AddressOf(worst.Incident, pages)));
    }

    private static IEnumerable<AlertSection> Others(List<Transition> news, AlertTimes times)
    {
        if (news.Count > 1)
            yield return new AlertSection("Also", [.. news.Skip(1).Select(each => AlertWords.LineOfMany(each, times, why: true, where: false))], 0);
    }

    private static AlertMessage Gathered(List<Transition> worstFirst, Uri? pages, AlertTimes times)
    {
        var news = worstFirst;
        var (group, reason) = (AlertWords.CommonGroup(news), AlertWords.CommonReason(news));
        List<AlertFact> facts = [new("When", times.Span(news.Min(each => each.At), news.Max(each => each.At)))];
        if (group is not null)
            facts.Add(new("Group", ForeignText.OneLine(group, LongestLine)));
        return new AlertMessage(
            ForeignText.OneLine(AlertWords.TitleOfMany(news, group), LongestTitle - 1),
            AlertWords.Severity(worstFirst[0]),
            ForeignText.OneLine(AlertWords.TextOfMany(news, reason), LongestText),
            [new AlertSection(
                "Endpoints", [.. worstFirst.Take(MostEndpoints).Select(each => AlertWords.LineOfMany(each, times, why: reason is null, where: true))],
                Math.Max(0, news.Count - MostEndpoints))],
            AlertAdvice.ForMany(news, group),
            facts,
            pages is null ? null : new AlertLink("Open in McpProbe", new Uri(pages, "/")));
    }

    private static AlertMessage OfReport(ReportDigest report, Uri? pages) => new(
        ForeignText.OneLine(report.Title, LongestTitle - 1), AlertSeverity.Info, ForeignText.OneLine(report.Text, LongestText), [.. SectionsOf(report)],
        Advice: null, [], pages is null ? null : new AlertLink("Open the report", new Uri(pages, report.Path)));

    private static IEnumerable<AlertSection> SectionsOf(ReportDigest report) =>
        [new AlertSection(ForeignText.OneLine(report.Title, LongestTitle - 1), [.. report.Lines.Select(line => ForeignText.OneLine(line, LongestLine))], report.More)];

    // An outage's catalogue, and what a resolve was about, are no news.
    private static IEnumerable<AlertSection> Changes(Transition transition)
    {
        if (AlertWords.IsBadNews(transition) && transition.Changes.Count > 0)
            yield return new AlertSection(
                "What changed", [.. transition.Changes.Take(MostLines).Select(Line)], Math.Max(0, transition.Changes.Count - MostLines));

        static string Line(Change change) =>
            $"{WireNames.Of(change.Class)}: {ForeignText.OneLine(change.Message, LongestLine)}";
    }

    private static IEnumerable<AlertSection> Findings(Transition transition)
    {
        if (AlertWords.IsBadNews(transition) && transition.Findings.Count > 0)
            yield return new AlertSection(
                "Suspicious text", [.. transition.Findings.Take(MostLines).Select(Line)], Math.Max(0, transition.Findings.Count - MostLines));

        static string Line(Finding finding) =>
            (finding.Tool is { } tool ? $"{ForeignText.OneLine(tool, 80)}: " : "") + ForeignText.OneLine(finding.Message, LongestLine);
    }

    private static List<AlertFact> FactsOf(Transition transition, AlertTimes times)
    {
        var (incident, endpoint) = (transition.Incident, transition.Endpoint);
        // Who has it is a line; what it is about was told.
        if (transition.Type is TransitionType.Acknowledged or TransitionType.Unacknowledged)
            return [];
        List<AlertFact> facts =
        [
            incident.ResolvedAt is { } resolvedAt
                ? new("Lasted", $"{AlertWords.Duration(resolvedAt - incident.Since)}, {times.Span(incident.Since, resolvedAt)}")
                : new("Since", times.Since(incident.Since, transition.At)),
        ];
        if (transition.Failure is { } failure)
        {
            facts.Add(new("Failed at", AlertWords.At(failure)));
            if (failure.HttpStatus is { } status)
                facts.Add(new("HTTP status", AlertWords.Number(status)));
        }

        if (incident.Opening?.Failure is { } first && (transition.Failure is null || AlertWords.At(first) != AlertWords.At(transition.Failure)))
            facts.Add(new("First failure", AlertWords.At(first)));
        if (incident.Notes is [.., var note])
            facts.Add(new("Note", ForeignText.OneLine($"{note.By}: {note.Text}", LongestLine)));

        facts.Add(new("Address", ForeignText.OneLine(endpoint.Url, LongestLine)));
        facts.Add(new("Endpoint", endpoint.Id));
        if (endpoint.Group is { } group)
            facts.Add(new("Group", ForeignText.OneLine(group, LongestLine)));
        facts.Add(new("Rule", incident.Rule));
        facts.Add(new("Incident", incident.Id));
        return facts;
    }
}

/// <summary>From good news to bad.</summary>
public enum AlertSeverity
{
    Resolved,
    Info,
    Warning,
    Error,
    Critical,
}

/// <param name="More">How many lines were left out.</param>
public sealed record AlertSection(string Heading, IReadOnlyList<string> Lines, int More)
{
    /// <summary>The lines with their mark, and the last that says how many are missing.</summary>
    public IEnumerable<string> Bullets =>
        Lines.Select(line => $"• {line}").Concat(More > 0 ? [$"• and {AlertWords.Number(More)} more"] : []);

    internal AlertSection Shorter()
    {
        var kept = Math.Max(1, Lines.Count / 2);
        return this with
        {
            Lines = [.. Lines.Take(kept).Select(line => ForeignText.OneLine(line, Math.Max(40, line.Length / 2)))],
            More = More + Lines.Count - Math.Min(kept, Lines.Count),
        };
    }
}

public sealed record AlertFact(string Name, string Value);

public sealed record AlertLink(string Text, Uri Url);
