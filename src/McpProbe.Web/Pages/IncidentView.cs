using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using McpProbe.Model;

namespace McpProbe.Web.Pages;

/// <summary>What the page of one incident shows.</summary>
/// <param name="Endpoint">Null when it is gone.</param>
public sealed record IncidentView(Incident Incident, McpProbe.Endpoints.Endpoint? Endpoint, IReadOnlyList<Delivery> Deliveries, DateTimeOffset Now)
{
    public bool IsOpen => Incident.ResolvedAt is null;

    public string Name => Endpoint?.DisplayName ?? Incident.EndpointId;

    public Acknowledgement? Acknowledgement => Incident.AcknowledgementAt(Now);

    /// <summary>The incident as an alert would tell it now.</summary>
    public AlertMessage Message { get; } = Tell(Incident, Endpoint, Incident.ResolvedAt is null ? TransitionType.Opened : TransitionType.Resolved, Now);

    /// <summary>What changed, or which text is suspicious; of one that is resolved too.</summary>
    public IReadOnlyList<AlertSection> Sections { get; } = Tell(Incident, Endpoint, TransitionType.Opened, Now).Sections;

    private static AlertMessage Tell(Incident incident, McpProbe.Endpoints.Endpoint? endpoint, TransitionType type, DateTimeOffset now) => AlertMessage.Of(
        Alert.Of(new Transition(
            IncidentIds.OfTransition(incident.Id, incident.Sequence),
            type,
            incident.ResolvedAt ?? now,
            incident,
            endpoint is null ? new EndpointReference(incident.EndpointId, incident.EndpointId, Group: null, "") : EndpointReference.To(endpoint),
            Verdict.Unknown,
            type is TransitionType.Resolved ? null : incident.Failure,
            incident.Changes ?? [],
            [])
        {
            Findings = incident.Findings ?? [],
        }),
        pages: null);

    /// <summary>What happened, oldest first.</summary>
    public IReadOnlyList<IncidentMoment> Timeline
    {
        get
        {
            var told = Deliveries.GroupBy(each => each.Sequence).ToDictionary(each => each.Key, each => (IReadOnlyList<Delivery>)[.. each]);
            var moments = new List<IncidentMoment>();
            if (Incident.Since < Incident.OpenedAt)
                moments.Add(new(Incident.Since, MomentKind.Began));
            moments.Add(new(Incident.OpenedAt, MomentKind.Opened) { Rule = Incident.OpeningRule, Deliveries = told.GetValueOrDefault(1, []) });
            foreach (var (sequence, deliveries) in told.Where(each => each.Key > 1 && !(Incident.ResolvedAt is not null && each.Key == Incident.Sequence)))
            {
                // Rows of older versions do not say what they were.
                var first = deliveries[0];
                // Who has it is in the incident itself; see below.
                if (first.Type is TransitionType.Acknowledged or TransitionType.Unacknowledged)
                    continue;
                moments.Add(new(first.At ?? first.UpdatedAt, first.Type is TransitionType.Escalated ? MomentKind.Escalated : MomentKind.Reminded)
                {
                    Rule = first.Rule,
                    Deliveries = deliveries,
                });
            }

            var taken = Incident.Acknowledgements ?? [];
            foreach (var (i, one) in taken.Index())
            {
                var next = i + 1 < taken.Count ? taken[i + 1].At : DateTimeOffset.MaxValue;
                moments.Add(new(one.At, MomentKind.Acknowledged) { By = one.By, Until = one.Until, Deliveries = ToldBetween(TransitionType.Acknowledged, one.At, next) });
                if (one is { EndedAt: { } ended, Ended: { } why and not AcknowledgementEnd.Replaced })
                {
                    moments.Add(why is AcknowledgementEnd.Worse
                        ? new(ended, MomentKind.TakenByWorse) { By = one.By }
                        : new(ended, MomentKind.TakenBack) { By = one.By, Deliveries = ToldBetween(TransitionType.Unacknowledged, ended, next) });
                }
                else if (one.EndedAt is null && one.Until <= (Incident.ResolvedAt ?? Now))
                    moments.Add(new(one.Until, MomentKind.RanOut) { By = one.By });
            }

            moments.AddRange((Incident.Notes ?? []).Select(note => new IncidentMoment(note.At, MomentKind.Noted) { By = note.By, Text = note.Text, IsPublic = note.Public }));
            if (Incident.ResolvedAt is { } resolved)
                moments.Add(new(resolved, MomentKind.Resolved) { Rule = Incident.Rule, Deliveries = told.GetValueOrDefault(Incident.Sequence, []) });
            return [.. moments.OrderBy(each => each.At)];
        }
    }

    // A transition is never dated before the last one, so it may be a little later than what a person did.
    private List<Delivery> ToldBetween(TransitionType type, DateTimeOffset from, DateTimeOffset before) =>
        [.. Deliveries.Where(each => each.Type == type && each.At >= from && each.At < before)];
}

/// <param name="At">When; UTC.</param>
public sealed record IncidentMoment(DateTimeOffset At, MomentKind Kind)
{
    public string? Rule { get; init; }

    public string? By { get; init; }

    public DateTimeOffset? Until { get; init; }

    public string? Text { get; init; }

    /// <summary>A note that everybody may read.</summary>
    public bool IsPublic { get; init; }

    public IReadOnlyList<Delivery> Deliveries { get; init; } = [];
}

public enum MomentKind
{
    /// <summary>The first failed slot.</summary>
    Began,
    Opened,
    Reminded,
    Escalated,
    Acknowledged,
    TakenBack,

    /// <summary>It got worse: nobody has it any more.</summary>
    TakenByWorse,
    RanOut,
    Noted,
    Resolved,
}
