using System.Net;
using System.Text;

namespace McpProbe.Alerts.Messages;

/// <summary>An alert as e-mail: the same in plain text and in HTML.</summary>
/// <param name="Subject">One line.</param>
/// <param name="Html">Holds no foreign markup, no link but to our pages, no picture and no script.</param>
public sealed record AlertMail(string Subject, string Text, string Html)
{
    private const string Font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

    public static AlertMail Of(AlertMessage message) => new($"[McpProbe] {message.Title}", TextOf(message), HtmlOf(message));

    private static string TextOf(AlertMessage message)
    {
        List<string> lines = [message.Title, "", message.Text];
        foreach (var section in message.Sections)
            lines.AddRange(["", $"{section.Heading}:", .. section.Bullets]);
        if (message.Advice is { } advice)
            lines.AddRange(["", "What to do:", advice]);
        lines.Add("");
        var width = message.Facts.Select(fact => fact.Name.Length + 1).DefaultIfEmpty().Max();
        lines.AddRange(message.Facts.Select(fact => $"{(fact.Name + ":").PadRight(width)} {fact.Value}"));
        if (message.Link is { } link)
            lines.AddRange(["", $"{link.Text}: {link.Url.AbsoluteUri}"]);
        return string.Join('\n', lines) + "\n";
    }

    // Tables and inline styles: what mail programs have in common.
    private static string HtmlOf(AlertMessage message)
    {
        var html = new StringBuilder();
        html.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">");
        html.Append(Format($"<title>{message.Title}</title></head>\n"));
        html.Append(Format($"<body style=\"margin:0;padding:24px 12px;background:#f3f4f6;color:#1f2430;{Font};font-size:15px;line-height:1.5\">\n"));
        html.Append("<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"max-width:640px;margin:0 auto;background:#ffffff;border:1px solid #dfe2e8;border-radius:6px;border-collapse:separate\">\n");
        html.Append(Format($"<tr><td style=\"padding:16px 24px;border-top:5px solid {Colour(message.Severity)};border-radius:6px 6px 0 0\"><h1 style=\"margin:0;font-size:20px;line-height:1.3\">{message.Title}</h1></td></tr>\n"));
        html.Append("<tr><td style=\"padding:0 24px 20px\">");
        html.Append(Format($"<p style=\"margin:0 0 16px;overflow-wrap:anywhere\">{message.Text}</p>\n"));
        foreach (var section in message.Sections)
        {
            html.Append(Heading(section.Heading)).Append("<ul style=\"margin:0 0 16px;padding-left:20px\">");
            foreach (var line in section.Lines)
                html.Append(Format($"<li style=\"margin:0 0 4px;overflow-wrap:anywhere\">{line}</li>"));
            if (section.More > 0)
                html.Append(Format($"<li style=\"color:#5b6270\">and {AlertWords.Number(section.More)} more</li>"));
            html.Append("</ul>\n");
        }

        if (message.Advice is { } advice)
            html.Append(Heading("What to do")).Append(Format($"<p style=\"margin:0 0 16px\">{advice}</p>\n"));
        if (message.Link is { } link)
            html.Append(Format($"<p style=\"margin:0 0 20px\"><a href=\"{link.Url.AbsoluteUri}\" style=\"display:inline-block;padding:9px 18px;background:#2f5fd0;color:#ffffff;border-radius:5px;text-decoration:none;font-weight:600\">{link.Text}</a></p>\n"));
        html.Append("<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"border-top:1px solid #dfe2e8;padding-top:12px;font-size:13px\">");
        foreach (var fact in message.Facts)
            html.Append(Format($"<tr><td style=\"padding:2px 16px 2px 0;color:#5b6270;white-space:nowrap;vertical-align:top\">{fact.Name}</td><td width=\"100%\" style=\"padding:2px 0;overflow-wrap:anywhere\">{fact.Value}</td></tr>"));
        html.Append("</table>\n</td></tr>\n</table>\n</body></html>\n");
        return html.ToString();
    }

    private static string Heading(string text) => Format($"<h2 style=\"margin:0 0 6px;font-size:15px\">{text}</h2>");

    /// <summary>Every hole is escaped, ours as well as theirs.</summary>
    private static string Format(FormattableString html) =>
        string.Format(System.Globalization.CultureInfo.InvariantCulture, html.Format, [.. html.GetArguments().Select(each => WebUtility.HtmlEncode(each?.ToString()))]);

    private static string Colour(AlertSeverity severity) => severity switch
    {
        AlertSeverity.Resolved => "#2e9e5b",
        AlertSeverity.Info => "#2f6fde",
        AlertSeverity.Warning => "#d9a400",
        AlertSeverity.Error => "#e06c00",
        _ => "#c62828",
    };
}
