using McpProbe.Model;

namespace McpProbe.Incidents.Rules;

/// <summary>
/// Somebody takes an open incident on, and writes about it. While it is taken on it is neither told again nor escalated; that it
/// resolves, or gets worse, is told all the same. Whoever hears of the incident is told who has it, so that a pager there falls silent too.
/// </summary>
internal static class AcknowledgementRule
{
    /// <summary>What was taken on, and by whom, before the last ones.</summary>
    private const int MostKept = 20;

    internal static void Update(Judging judging, IncidentAcknowledged asked)
    {
        if (Find(judging, asked.IncidentId) is not { } open)
            return;
        var stands = open.AcknowledgementAt(judging.At);
        if (asked.Until is not { } until)
        {
            if (stands is not null)
                judging.HandOver(End(open, judging.At, AcknowledgementEnd.TakenBack));
        }
        else if (stands is null || stands.By != asked.By)
        {
            var ended = End(open, judging.At, AcknowledgementEnd.Replaced);
            judging.HandOver(ended with
            {
                Acknowledgements = [.. (ended.Acknowledgements ?? []).TakeLast(MostKept - 1), new Acknowledgement(asked.By, judging.At, until)],
            });
        }
        else if (stands.Until != until)
        {
            // The same person once more: as long as they say now.
            judging.HandOver(open with { Acknowledgements = [.. open.Acknowledgements!.SkipLast(1), stands with { Until = until }] });
        }
    }

    internal static void Update(Judging judging, IncidentNoted noted)
    {
        if (Find(judging, noted.IncidentId) is { } open && (open.Notes?.Count ?? 0) < IncidentNote.Most)
            judging.Amend(open with { Notes = [.. open.Notes ?? [], noted.Note] });
    }

    /// <summary>The incident once nobody has it any more; as it is when nobody has.</summary>
    internal static Incident End(Incident incident, DateTimeOffset at, AcknowledgementEnd why) => incident.AcknowledgementAt(at) is { } stands
        ? incident with { Acknowledgements = [.. incident.Acknowledgements!.SkipLast(1), stands with { EndedAt = at, Ended = why }] }
        : incident;

    private static Incident? Find(Judging judging, string id) => judging.State.OpenIncidents.FirstOrDefault(each => each.Id == id);
}
