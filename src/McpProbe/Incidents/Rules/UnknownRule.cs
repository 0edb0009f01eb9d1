using McpProbe.Model;

namespace McpProbe.Incidents.Rules;

/// <summary>
/// Nothing is known of the endpoint: its probes say nothing, at every location, for longer than the policy allows. Silence is no good
/// news. A definition that cannot be probed, such as one whose secret is missing, mends itself by no waiting: it is told as soon as a
/// failure would be.
/// </summary>
internal static class UnknownRule
{
    internal static void Update(Judging judging, Observation probe)
    {
        var before = judging.State.Unknown;
        if (probe.Result.Verdict is not Verdict.Unknown)
        {
            if (before is not null)
                judging.State = judging.State with { Unknown = null };
        }
        else if (before is not null ? before.Failure?.Kind != probe.Result.Failure?.Kind : judging.State.Locations.Values.All(seen => seen.Verdict is Verdict.Unknown))
        {
            judging.State = judging.State with { Unknown = new UnknownWatch(before?.Since ?? probe.Slot, probe.Result.Failure) };
        }
    }

    internal static void Reconcile(Judging judging)
    {
        var open = judging.Find(IncidentKind.Unwatched);
        if (judging.State.Unknown is not { } unknown)
        {
            if (open is not null)
                judging.Resolve(open, IncidentRules.KnownAgain);
        }
        else if (open is null && OpensAt(judging) <= judging.At)
        {
            judging.Open(
                IncidentKind.Unwatched, IsOfTheDefinition(unknown) ? IncidentRules.CannotBeProbed : IncidentRules.UnknownTooLong,
                SummaryOf(unknown),
                unknown.Failure, since: unknown.Since);
        }
    }

    /// <summary>When time alone opens it: probes may have stopped altogether.</summary>
    internal static DateTimeOffset? DueAt(Judging judging) => judging.Find(IncidentKind.Unwatched) is null ? OpensAt(judging) : null;

    private static DateTimeOffset? OpensAt(Judging judging)
    {
        if (judging.State.Unknown is not { } unknown || judging.Policy.Unwatched is not { } rule)
            return null;
        var patience = rule.AfterOf(judging.Endpoint);
        var row = judging.Endpoint.Interval * (judging.Endpoint.FailureThreshold - 1);
        return unknown.Since + (IsOfTheDefinition(unknown) && row < patience ? row : patience);
    }

    // What is wrong with the prober is the same for all, so that alerts of many endpoints read as one.
    private static string SummaryOf(UnknownWatch unknown) => unknown.Failure switch
    {
        // One that was never made has no phase, and its message says why.
        { Kind: FailureKind.ProberOffline, Phase: not null } => "The prober has no network: neither the servers nor its control addresses answer, so nothing is known of the servers.",
        { Message: var message } => message,
        null => "The probes say nothing of the server.",
    };

    private static bool IsOfTheDefinition(UnknownWatch unknown) => unknown.Failure?.Kind is FailureKind.Config;
}
