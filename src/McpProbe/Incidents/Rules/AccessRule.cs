using McpProbe.Model;

namespace McpProbe.Incidents.Rules;

/// <summary>
/// The server asks for credentials and did not, or the other way round. What it did first is what is expected, until somebody
/// accepts what it does now.
/// </summary>
internal static class AccessRule
{
    // A failed probe says nothing of access.
    internal static void Update(Judging judging, Observation probe)
    {
        if (probe.Result.Verdict is Verdict.Down or Verdict.Unknown)
            return;
        var gated = probe.Result.Verdict is Verdict.Gated;
        var withCredentials = judging.Endpoint.HasCredentials;
        if (judging.State.Access is not { } access || access.WithCredentials != withCredentials)
        {
            judging.State = judging.State with { Access = new AccessWatch(gated, withCredentials, Others: 0, Back: 0) };
            return;
        }

        // Another location's probe of a slot that was counted so already.
        var other = gated != access.Gated;
        if (probe.Slot <= access.Slot && other == (access.Back == 0))
            return;
        var row = new Streak(access.Others, access.Back).Next(other, judging.Find(IncidentKind.Gated) is not null, judging.Endpoint);
        if ((row.Bad, row.Good) != (access.Others, access.Back))
        {
            judging.State = judging.State with
            {
                Access = access with { Others = row.Bad, Back = row.Good, Slot = row == default ? null : probe.Slot, Since = row == default ? null : access.Others > 0 ? access.Since : probe.Slot },
            };
        }
    }

    /// <summary>Somebody accepted the access as the last probe saw it.</summary>
    internal static void Update(Judging judging)
    {
        if (judging.State.Access is { Others: > 0, Back: 0 } access)
            judging.State = judging.State with { Access = access with { Gated = !access.Gated, Others = 0, Slot = null, Since = null } };
    }

    /// <summary>The rule of the incident that is open while what is seen is the opposite of this.</summary>
    internal static string RuleOf(AccessWatch expected) =>
        expected.Gated ? IncidentRules.NoLongerAsksForCredentials : IncidentRules.NowAsksForCredentials;

    internal static void Reconcile(Judging judging)
    {
        if (!judging.Policy.Gated || judging.State.Access is not { } access)
            return;
        var open = judging.Find(IncidentKind.Gated);
        if (open is not null)
        {
            if (access.Others == 0)
                judging.Resolve(open, IncidentRules.AccessAsExpected);
        }
        else if (new Streak(access.Others, access.Back).IsOver(judging.Endpoint))
        {
            if (access.Gated)
                judging.Open(
                    IncidentKind.Gated, IncidentRules.NoLongerAsksForCredentials,
                    "The server no longer asks for credentials: whoever reaches it can use its tools. Restore its access control or, if this is meant, accept it together with the baseline.",
                    since: access.Since);
            else
                judging.Open(
                    IncidentKind.Gated, IncidentRules.NowAsksForCredentials,
                    "The server asks for credentials now, and did not before: clients without them are locked out. Give the endpoint credentials or, if this is meant, accept it together with the baseline.",
                    judging.Probe?.Result is { Verdict: Verdict.Gated, Failure: var failure } ? failure : null,
                    since: access.Since);
        }
    }
}
