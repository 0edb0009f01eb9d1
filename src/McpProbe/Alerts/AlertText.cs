using System.Globalization;
using System.Text;
using McpProbe.Incidents;

namespace McpProbe.Alerts;

/// <summary>A transition in plain words, for e-mail. Plain text only: foreign text has no markup to inject into.</summary>
/// <param name="Subject">One line.</param>
public sealed record AlertText(string Subject, string Body)
{
    private const int LongestSubject = 200;

    /// <param name="pages">Where this McpProbe's pages are, for the link; null leaves it out.</param>
    public static AlertText Of(Transition transition, Uri? pages)
    {
        var (incident, endpoint) = (transition.Incident, transition.Endpoint);
        var what = $"{WireNames.Of(incident.Kind)} {WireNames.Of(transition.Type)}";
        var body = new StringBuilder()
            .AppendLine(CultureInfo.InvariantCulture, $"{OneLine(endpoint.Name)}: {what}")
            .AppendLine()
            .AppendLine(OneLine(incident.Summary))
            .AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"Endpoint: {OneLine(endpoint.Id)}")
            .AppendLine(CultureInfo.InvariantCulture, $"Target:   {OneLine(endpoint.Url)}")
            .AppendLine(CultureInfo.InvariantCulture, $"Verdict:  {WireNames.Of(transition.Verdict)}")
            .AppendLine(CultureInfo.InvariantCulture, $"Rule:     {incident.Rule}")
            .AppendLine(CultureInfo.InvariantCulture, $"Opened:   {incident.OpenedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z");
        if (incident.ResolvedAt is { } resolvedAt)
            body.AppendLine(CultureInfo.InvariantCulture, $"Resolved: {resolvedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z");
        if (transition.Failure is { } failure)
            body.AppendLine(CultureInfo.InvariantCulture, $"Failure:  {WireNames.Of(failure.Kind)}: {OneLine(failure.Message)}");
        if (transition.Changes.Count > 0)
            body.AppendLine().AppendLine("What changed, worst first:");
        foreach (var change in transition.Changes)
            body.AppendLine(CultureInfo.InvariantCulture, $"- {WireNames.Of(change.Class)}: {OneLine(change.Message)}");
        if (pages is not null)
            body.AppendLine().AppendLine(new Uri(pages, $"/endpoints/{endpoint.Id}").AbsoluteUri);

        var subject = $"{OneLine(endpoint.Name)}: {what}";
        return new AlertText(subject.Length > LongestSubject ? subject[..LongestSubject] : subject, body.ToString());
    }

    // A line break in a subject would be a header of its own.
    private static string OneLine(string text) => ForeignText.OneLine(text, most: 1000);
}
