using McpProbe.Model;

namespace McpProbe.Alerts.Messages;

/// <summary>The ids that let a mailbox recognise a repeat, and show an incident as one conversation (RFC 5322, 3.6.4).</summary>
/// <param name="MessageId">The same at every repeat of the message.</param>
/// <param name="References">The opening message of every incident that this one tells of; null for none before this one.</param>
public sealed record MailThread(string MessageId, IReadOnlyList<string> References)
{
    private const int MostReferences = 20;

    /// <param name="from">The sender's address: ids are in its domain.</param>
    public static MailThread Of(Alert alert, string from)
    {
        var domain = from[(from.LastIndexOf('@') + 1)..];
        var own = Id(alert.Id, domain);
        return new MailThread(own, [.. alert.Transitions
            .Select(each => Id(IncidentIds.OfTransition(each.Incident.Id, 1), domain))
            .Distinct().Where(id => id != own).Take(MostReferences)]);
    }

    // An endpoint's id may hold two dots in a row, which an id may not. It has no underscore, so the replacement is unambiguous.
    private static string Id(string id, string domain) => $"{id.Replace('.', '_')}@{domain}";
}
