using System.Globalization;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Alerts.Messages;

/// <summary>The sentences of an alert. Whoever reads one may have been woken by it: the news comes first, in everyday words.</summary>
internal static class AlertWords
{
    private const int LongestName = 60;
    private const int LongestSummary = 160;
    private const int LongestAddress = 120;

    /// <summary>Such as <c>Search is down</c>.</summary>
    internal static string Title(Transition transition) => transition.Type switch
    {
        TransitionType.Resolved => TitleOfResolve(transition),
        TransitionType.Reminded when transition.Incident.Flapping => $"{Name(transition)} goes up and down",
        TransitionType.Reminded when transition.Incident.Rule is IncidentRules.NoLongerFlapping => $"{Name(transition)} stays down",
        TransitionType.Reminded when transition.Incident.Rule is IncidentRules.CatalogChangedAgain => TitleOfChange(transition, "changed again"),
        TransitionType.Reminded when transition.Incident.Rule is IncidentRules.CatalogUnstable => TitleOfOpen(transition),
        TransitionType.Reminded when transition.Incident.Rule is IncidentRules.SuspiciousTextAgain => $"Other suspicious text in the tools of {Name(transition)}",
        TransitionType.Reminded => $"Reminder – {TitleOfOpen(transition)}",
        TransitionType.Escalated => $"Escalated – {TitleOfOpen(transition)}",
        TransitionType.Acknowledged => $"Acknowledged – {TitleOfOpen(transition)}",
        TransitionType.Unacknowledged => $"Given back – {TitleOfOpen(transition)}",
        _ => TitleOfOpen(transition),
    };

    /// <summary>Such as <c>3 endpoints of gateway.example.com are down, 1 is back</c>.</summary>
    /// <param name="group">What they have in common; null for nothing.</param>
    internal static string TitleOfMany(IReadOnlyList<Transition> news, string? group)
    {
        var phrases = news
            .GroupBy(each => (Resolved: each.Type is TransitionType.Resolved, each.Incident.Kind))
            .OrderByDescending(each => each.Max(Severity)).ThenBy(each => each.Key.Kind)
            .Select(each => (Count: each.Select(one => one.Endpoint.Id).Distinct().Count(), Verb: Verb(each.Key.Kind, each.Key.Resolved)))
            .Select((each, i) => $"{Number(each.Count)}{(i == 0 ? Endpoints(each.Count, group) : "")} {(each.Count == 1 ? each.Verb.One : each.Verb.Many)}");
        return string.Join(", ", phrases);

        static string Endpoints(int count, string? group) =>
            (count == 1 ? " endpoint" : " endpoints") + (group is null ? "" : $" of {ForeignText.OneLine(group, LongestName)}");
    }

    /// <summary>What is known of several.</summary>
    /// <param name="reason">What is wrong with all of them; null where they have more than one reason.</param>
    internal static string TextOfMany(IReadOnlyList<Transition> news, string? reason) =>
        reason is null ? $"{Number(news.Count)} alerts, sent as one message because they came together." : $"All for the same reason: {reason}";

    /// <summary>Why all of them are open, where it is one reason; a resolve needs none.</summary>
    internal static string? CommonReason(IReadOnlyList<Transition> news) =>
        news.All(each => each.Type is not TransitionType.Resolved) && news.Select(each => each.Incident.Summary).Distinct().ToList() is [var only] ? only : null;

    /// <summary>One incident of a gathered alert: what, since when, and where.</summary>
    /// <param name="why">Whether to say what is wrong.</param>
    /// <param name="where">Whether to say which server it is about.</param>
    internal static string LineOfMany(Transition transition, AlertTimes times, bool why, bool where)
    {
        var incident = transition.Incident;
        var line = incident.ResolvedAt is { } resolvedAt
            ? $"{Title(transition)} after {Duration(resolvedAt - incident.Since)}"
            : $"{Title(transition)} since {times.Brief(incident.Since, transition.At)}";
        if (where)
            line += $", at {ForeignText.OneLine(transition.Endpoint.Url, LongestAddress)}";
        return why && incident.ResolvedAt is null ? $"{line}: {ForeignText.OneLine(incident.Summary, LongestSummary)}" : line;
    }

    /// <summary>What is known, in a sentence or two.</summary>
    internal static string Text(Transition transition, AlertTimes times)
    {
        var incident = transition.Incident;
        var last = incident.Acknowledgements is [.., var newest] ? newest : null;
        return (transition.Type, incident.Rule) switch
        {
            (TransitionType.Resolved, IncidentRules.EndpointDeleted) => $"The endpoint was deleted while this was open: {incident.Summary}",
            (TransitionType.Resolved, IncidentRules.EndpointArchived) => $"The endpoint left the probes file while this was open: {incident.Summary}",
            (TransitionType.Resolved, IncidentRules.EndpointPaused) => $"The endpoint was paused while this was open: {incident.Summary}",
            (TransitionType.Resolved, IncidentRules.TargetChanged) => $"The endpoint watches another server since now. Of the one before, this was open: {incident.Summary}",
            (TransitionType.Resolved, _) =>
                $"It lasted {Duration(transition.At - incident.Since)}. What was wrong: {incident.Opening?.Summary ?? incident.Summary}",
            (TransitionType.Acknowledged, _) when last is not null =>
                $"{Person(last)} has it until {times.Brief(last.Until, transition.At)}. Until then it is neither told again nor escalated, unless it gets worse.",
            (TransitionType.Unacknowledged, _) =>
                $"{(last is null ? "Whoever had it" : Person(last))} no longer has it, so it is told again and escalated as before.",
            // It fails in another way by now.
            _ when incident.Opening?.Failure is { } first && transition.Failure is { } now && now.Message != first.Message =>
                $"{incident.Summary} Now: {now.Message}",
            _ => incident.Summary,
        };
    }

    /// <summary>Whether somebody has to do something about it: not of a resolve, and not of who has it.</summary>
    internal static bool IsBadNews(Transition transition) =>
        transition.Type is not (TransitionType.Resolved or TransitionType.Acknowledged or TransitionType.Unacknowledged);

    /// <summary>Of the alert: a resolve is good news, whatever it ends, and who has it is no bad news.</summary>
    internal static AlertSeverity Severity(Transition transition) => transition.Type is TransitionType.Resolved ? AlertSeverity.Resolved
        : !IsBadNews(transition) ? AlertSeverity.Info
        : OfIncident(transition) switch
        {
            IncidentSeverity.Critical => AlertSeverity.Critical,
            IncidentSeverity.Error => AlertSeverity.Error,
            IncidentSeverity.Info => AlertSeverity.Info,
            _ => AlertSeverity.Warning,
        };

    /// <summary>The worst that the incident has been so far.</summary>
    internal static IncidentSeverity OfIncident(Transition transition) =>
        SampleAlert.Is(transition) ? IncidentSeverity.Info
        : transition.Incident.Severity ?? IncidentSeverities.Of(transition.Incident.Kind, WorstOf(transition));

    /// <summary>The phase and the kind of a failure: where it failed, and how.</summary>
    internal static string At(Failure failure)
    {
        var kind = WireNames.Of(failure.Kind);
        return failure.Phase is { } phase ? $"{WireNames.Of(phase)} ({kind})" : kind;
    }

    /// <summary>The group, or else the host, that all of them share; null when they share none.</summary>
    internal static string? CommonGroup(IReadOnlyList<Transition> news)
    {
        var groups = news.Select(each => each.Endpoint)
            .Select(endpoint => endpoint.Group ?? (Uri.TryCreate(endpoint.Url, UriKind.Absolute, out var url) ? url.Host : null))
            .Distinct().ToList();
        return groups is [{ Length: > 0 } only] ? only : null;
    }

    /// <summary>The two largest units.</summary>
    internal static string Duration(TimeSpan duration) => duration switch
    {
        { TotalMinutes: < 1 } => $"{Number((int)duration.TotalSeconds)} s",
        { TotalHours: < 1 } => Two(duration.Minutes, "min", duration.Seconds, "s"),
        { TotalDays: < 1 } => Two(duration.Hours, "h", duration.Minutes, "min"),
        _ => Two((int)duration.TotalDays, "d", duration.Hours, "h"),
    };

    internal static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    // By the rule that opened it: what fires later says the same.
    private static string TitleOfOpen(Transition transition) => (transition.Incident.Kind, transition.Incident.OpeningRule) switch
    {
        (IncidentKind.Outage, _) => $"{Name(transition)} is down",
        (IncidentKind.Degraded, IncidentRules.DownAtSomeLocations) => $"{Name(transition)} is down at some locations",
        (IncidentKind.Degraded, IncidentRules.P95Regression) => $"{Name(transition)} is slower than usual",
        (IncidentKind.Degraded, _) => $"{Name(transition)} is degraded",
        (IncidentKind.Drift, _) when IsUnstable(transition) => $"{Name(transition)} keeps changing its tools",
        (IncidentKind.Drift, _) => TitleOfChange(transition, "changed"),
        (IncidentKind.Suspicious, _) => $"Suspicious text in the tools of {Name(transition)}",
        (IncidentKind.Certificate, _) => $"The certificate of {Name(transition)} runs out",
        (IncidentKind.Unwatched, _) when IsOfTheStore(transition) => $"{Name(transition)} cannot record what it sees",
        (IncidentKind.Unwatched, _) when IsOfTheDefinition(transition) => $"{Name(transition)} cannot be probed",
        (IncidentKind.Unwatched, _) => $"Nobody knows how {Name(transition)} is",
        (IncidentKind.Slo, _) => $"{Name(transition)} spends its error budget too fast",
        (IncidentKind.Session, _) => $"{Name(transition)} cuts sessions",
        _ when AsksNow(transition) => $"{Name(transition)} asks for credentials now",
        _ => $"{Name(transition)} no longer asks for credentials",
    };

    private static string TitleOfChange(Transition transition, string changed) => WorstOf(transition) switch
    {
        ChangeClass.Breaking => $"{Name(transition)} {changed} and breaks clients",
        ChangeClass.Unknown => $"{Name(transition)} {changed} and may break clients",
        _ => $"{Name(transition)} {changed}",
    };

    /// <summary>Whether the news is that the catalogue never repeats: it opened so, or that is what fired now.</summary>
    internal static bool IsUnstable(Transition transition) =>
        transition.Incident.OpeningRule is IncidentRules.CatalogUnstable || transition.Incident.Rule is IncidentRules.CatalogUnstable;

    /// <summary>Whether a change of access is that credentials are wanted; of rows of older versions the verdict says so.</summary>
    internal static bool AsksNow(Transition transition) => transition.Incident.OpeningRule switch
    {
        IncidentRules.NowAsksForCredentials => true,
        IncidentRules.NoLongerAsksForCredentials => false,
        _ => transition.Verdict is Verdict.Gated,
    };

    /// <summary>Whether it is about McpProbe's own store, and no server.</summary>
    internal static bool IsOfTheStore(Transition transition) => transition.Incident.OpeningRule is IncidentRules.StoreFailing or IncidentRules.StoreGone;

    private static bool IsOfTheDefinition(Transition transition) => transition.Incident.OpeningRule is IncidentRules.CannotBeProbed;

    private static string TitleOfResolve(Transition transition) => (transition.Incident.Kind, transition.Incident.Rule) switch
    {
        (_, IncidentRules.EndpointDeleted or IncidentRules.EndpointArchived) => $"{Name(transition)} is no longer watched",
        (_, IncidentRules.EndpointPaused) => $"{Name(transition)} is paused",
        (_, IncidentRules.TargetChanged) => $"{Name(transition)} watches another server now",
        (_, IncidentRules.SwitchedOff) => $"Alerts of this kind are switched off for {Name(transition)}",
        (IncidentKind.Outage, _) => $"{Name(transition)} is back",
        (IncidentKind.Degraded, IncidentRules.BecameOutage) => $"{Name(transition)} is no longer degraded, but down",
        (IncidentKind.Degraded, _) => $"{Name(transition)} is back to normal",
        (IncidentKind.Drift, IncidentRules.DriftWithinPolicy) => $"The changes of {Name(transition)} are within its policy",
        (IncidentKind.Drift, IncidentRules.BaselineAccepted or IncidentRules.AcceptedByPolicy) => $"The changes of {Name(transition)} are accepted",
        (IncidentKind.Drift, IncidentRules.CatalogStable) => $"{Name(transition)} no longer keeps changing its tools",
        (IncidentKind.Drift, _) => $"{Name(transition)} is as it was before it changed",
        (IncidentKind.Suspicious, _) => $"The suspicious text of {Name(transition)} is settled",
        (IncidentKind.Certificate, _) => $"The certificate of {Name(transition)} is renewed",
        (IncidentKind.Unwatched, IncidentRules.StoreWorks) => $"{Name(transition)} records again",
        (IncidentKind.Unwatched, _) => $"{Name(transition)} is watched again",
        (IncidentKind.Slo, _) => $"{Name(transition)} keeps within its error budget again",
        (IncidentKind.Session, _) => $"{Name(transition)} keeps its sessions again",
        _ => $"Access to {Name(transition)} is settled",
    };

    private static (string One, string Many) Verb(IncidentKind kind, bool resolved) => (kind, resolved) switch
    {
        (IncidentKind.Outage, false) => ("is down", "are down"),
        (IncidentKind.Outage, true) => ("is back", "are back"),
        (IncidentKind.Degraded, false) => ("is degraded", "are degraded"),
        (IncidentKind.Degraded, true) => ("is back to normal", "are back to normal"),
        (IncidentKind.Drift, false) => ("changed", "changed"),
        (IncidentKind.Drift, true) => ("has its change settled", "have their changes settled"),
        (IncidentKind.Suspicious, false) => ("has suspicious text", "have suspicious text"),
        (IncidentKind.Suspicious, true) => ("has its text settled", "have their text settled"),
        (IncidentKind.Certificate, false) => ("needs a new certificate", "need new certificates"),
        (IncidentKind.Certificate, true) => ("has a new certificate", "have new certificates"),
        (IncidentKind.Unwatched, false) => ("is not watched", "are not watched"),
        (IncidentKind.Unwatched, true) => ("is watched again", "are watched again"),
        (IncidentKind.Slo, false) => ("spends its error budget too fast", "spend their error budgets too fast"),
        (IncidentKind.Slo, true) => ("keeps within its error budget again", "keep within their error budgets again"),
        (IncidentKind.Session, false) => ("cuts sessions", "cut sessions"),
        (IncidentKind.Session, true) => ("keeps its sessions again", "keep their sessions again"),
        (_, false) => ("changed its access", "changed their access"),
        (_, true) => ("has its access settled", "have their access settled"),
    };

    private static ChangeClass? WorstOf(Transition transition) => transition.Incident.Class is { } known ? known
        : transition.Changes.Count == 0 ? null : transition.Changes.Max(change => change.Class);

    private static string Person(Acknowledgement acknowledgement) =>
        ForeignText.OneLine(acknowledgement.By, LongestName) is { Length: > 0 } name ? name : "Somebody";

    private static string Name(Transition transition) =>
        ForeignText.OneLine(transition.Endpoint.Name, LongestName) is { Length: > 0 } name ? name : transition.Endpoint.Id;

    private static string Two(int large, string unit, int small, string smallUnit) =>
        small == 0 ? $"{Number(large)} {unit}" : $"{Number(large)} {unit} {Number(small)} {smallUnit}";
}
