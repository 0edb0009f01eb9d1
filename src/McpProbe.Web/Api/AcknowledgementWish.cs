using McpProbe.Configuration.Reading;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;

namespace McpProbe.Web.Api;

/// <summary>Somebody takes an incident on, by the API or by the page's form: the fields are the same.</summary>
internal sealed record AcknowledgementWish(string By, TimeSpan? Duration, DateTimeOffset? Until)
{
    /// <returns>Either the wish or every mistake.</returns>
    internal static (AcknowledgementWish? Wish, IReadOnlyList<ConfigError> Mistakes) Read(AcknowledgeRequest request)
    {
        var mistakes = new List<ConfigError>();
        TimeSpan? duration = null;
        if (request.Duration is { } length)
        {
            if (Durations.TryParse(length, IncidentDesk.LongestAcknowledgement, out var known) && known > TimeSpan.Zero)
                duration = known;
            else
                mistakes.Add(Mistake("duration", $"is no duration such as 30m or 8h, of {IncidentDesk.LongestAcknowledgement.Days} days at most."));
        }

        DateTimeOffset? until = null;
        if (request.Until is { } text)
        {
            if (Query.TryParseInstant(text, out var instant))
                until = instant;
            else
                mistakes.Add(Mistake("until", "is no instant such as 2026-11-22T10:00:00Z."));
        }

        if (request is { Duration: not null, Until: not null })
            mistakes.Add(Mistake("duration", "Say how long, or until when, and not both."));
        var by = BaselineApi.Reviewer(request.By);
        if (by is null)
            mistakes.Add(Mistake("by", $"Say who takes it on, in 1 to {BaselineApi.LongestName} characters."));
        return mistakes.Count == 0 ? (new AcknowledgementWish(by!, duration, until), mistakes) : (null, mistakes);
    }

    internal Task<(IncidentOutcome Outcome, Incident? Incident)> AskAsync(
        IncidentDesk desk, string id, DateTimeOffset now, CancellationToken cancellationToken) =>
        desk.AcknowledgeAsync(id, By, Until ?? (Duration is { } length ? now + length : null), cancellationToken);

    /// <summary>What is wrong with the time that was asked for; null when it is not that.</summary>
    internal static ConfigError? WhyNot(IncidentOutcome outcome) => outcome switch
    {
        IncidentOutcome.Over => Mistake("until", "The end lies in the past. Give one that lies ahead."),
        IncidentOutcome.TooLong => Mistake("until", $"is more than {IncidentDesk.LongestAcknowledgement.Days} days ahead; ask for less, and again then."),
        _ => null,
    };

    private static ConfigError Mistake(string path, string message) => new("body", 1, 1, path, message);
}

/// <summary>A note, by the API or by the page's form.</summary>
internal static class NoteWish
{
    internal static (string By, string Text, IReadOnlyList<ConfigError> Mistakes) Read(NoteRequest request)
    {
        var mistakes = new List<ConfigError>();
        var by = BaselineApi.Reviewer(request.By);
        if (by is null)
            mistakes.Add(new("body", 1, 1, "by", $"Say who writes it, in 1 to {BaselineApi.LongestName} characters."));
        // Its lines stay lines; whatever else it holds is shown escaped.
        var text = (request.Text ?? "").ReplaceLineEndings("\n").Trim();
        if (text.Length is 0 or > IncidentNote.LongestText)
            mistakes.Add(new("body", 1, 1, "text", $"Write 1 to {IncidentNote.LongestText} characters, and not {text.Length}."));
        return (by ?? "", text, mistakes);
    }
}
