using System.Security.Cryptography;
using System.Text;
using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Model;

namespace McpProbe.Incidents.Rules;

/// <summary>
/// The settled catalogue (the baseline, or what it drifted to) holds suspicious text, and nobody has accepted it as it is.
/// </summary>
internal static class SuspicionRule
{
    /// <summary>The next probe that sees this catalogue tells.</summary>
    internal static void Update(Judging judging, ToolsCompared compared)
    {
        var known = judging.State.Shadowing;
        if (SetOf(known?.Findings ?? []) != SetOf(compared.Findings) || (known is not null && known.Hash != compared.Hash) || !(known?.Alike ?? []).SequenceEqual(compared.Alike))
        {
            judging.State = judging.State with
            {
                Shadowing = compared.Findings.Count + compared.Alike.Count == 0
                    ? null
                    : new(compared.Hash, compared.Findings) { Alike = compared.Alike.Count == 0 ? null : compared.Alike },
            };
        }
    }

    internal static void Reconcile(Judging judging)
    {
        if (judging.Policy.Suspicious is SuspicionAlert.Never)
            return;
        var open = judging.Find(IncidentKind.Suspicious);
        if (judging.Probe is
            {
                Location: var location,
                Result: { Verdict: Verdict.Healthy or Verdict.Degraded, Catalog.Hash: var hash, ProtocolVersion: { } version } result,
            }
            && (judging.Unsettled is not null || IsSettled(judging.State, location, version, hash)))
        {
            var found = Relevant(judging.Policy.Suspicious, Findings(judging.State, hash, result));
            if (judging.Unsettled is { } step)
            {
                ResolveAccepted(judging);
                SettleUnsettled(judging, step, location, version, hash, IsAccepted(judging.State, version, hash) ? [] : found);
            }
            else if (found.Count > 0 && !IsAccepted(judging.State, version, hash))
                Tell(judging, open, version, hash, found);
            else if (open is not null && !IsElsewhere(judging.State, location))
                Resolve(judging, open, found.Count == 0 ? IncidentRules.FindingsGone : IncidentRules.BaselineAccepted);
            else
                ResolveAccepted(judging);
        }
        else
        {
            ResolveAccepted(judging);
        }
    }

    private static void ResolveAccepted(Judging judging)
    {
        if (judging.Find(IncidentKind.Suspicious) is { } open
            && judging.State.Suspicion is { } told && IsAccepted(judging.State, told.ProtocolVersion, told.Hash))
            Resolve(judging, open, IncidentRules.BaselineAccepted);
    }

    /// <summary>
    /// A catalogue that does not repeat is never the settled one: what two probes in a row found counts, whatever else they saw.
    /// </summary>
    private static void SettleUnsettled(
        Judging judging, UnsettledStep step, string location, string version, string hash, IReadOnlyList<Finding> found)
    {
        var open = judging.Find(IncidentKind.Suspicious);
        if (found.Count > 0 && step.WasSuspicious is true)
        {
            // Told once: names that are made up anew each time would be told again each time.
            if (open is null)
                Tell(judging, open, version, hash, found);
        }
        else if (found.Count == 0 && step.WasSuspicious is false && open is not null && !IsElsewhere(judging.State, location))
        {
            Resolve(judging, open, IncidentRules.FindingsGone);
        }
    }

    // The first probe that saw this catalogue; for the baseline this one.
    private static DateTimeOffset? SinceOf(Judging judging, string version, string hash) =>
        judging.State.Drifted is { } drifted && (drifted.ProtocolVersion, drifted.Hash) == (version, hash) ? drifted.Slot
        : judging.Unsettled is null ? null
        : judging.State.SeenAt(judging.Probe!.Location)?.Unsettled?.Since;

    private static void Tell(Judging judging, Incident? open, string version, string hash, IReadOnlyList<Finding> found)
    {
        var told = judging.State.Suspicion;
        var now = new Suspicion(version, hash, SetOf(found));
        if (judging.IsQuiet || (open is not null && told == now))
            return;

        if (open is null)
            judging.Open(IncidentKind.Suspicious, IncidentRules.SuspiciousText, SummaryOf(found), findings: found, since: SinceOf(judging, version, hash));
        else if (told?.Findings != now.Findings)
            judging.Remind(open with { Summary = SummaryOf(found) }, IncidentRules.SuspiciousTextAgain, findings: found);
        judging.State = judging.State with { Suspicion = now };
    }

    private static void Resolve(Judging judging, Incident open, string rule)
    {
        if (judging.Resolve(open, rule))
            judging.State = judging.State with { Suspicion = null };
    }

    private static IReadOnlyList<Finding> Findings(EndpointState state, string hash, ProbeResult result)
    {
        var found = state.Shadowing is { } shadowing && shadowing.Hash == hash ? [.. result.Findings, .. shadowing.Findings] : result.Findings;
        // What only other clients are given.
        return state.Deep is { HardSince: not null } look ? [.. found, .. look.Findings.Where(finding => finding.Level is FindingLevel.Hard)] : found;
    }

    private static bool IsSettled(EndpointState state, string location, string version, string hash) =>
        state.SeenAt(location)?.Unsettled is null && DriftWatch.CurrentHash(state, location, version) == hash;

    /// <summary>Another location that reports still sees what the incident is about.</summary>
    private static bool IsElsewhere(EndpointState state, string location)
    {
        if (state.Suspicion is not { } told || state.Locations.Count < 2)
            return false;
        foreach (var other in state.Locations.Keys)
        {
            if (other != location && state.Reports(other)
                && (state.SeenAt(other)?.Unsettled?.Suspicious is true
                    || (DriftWatch.CurrentHash(state, other, told.ProtocolVersion) == told.Hash && !IsAccepted(state, told.ProtocolVersion, told.Hash))))
                return true;
        }

        return false;
    }

    /// <summary>A policy that accepts what breaks nobody has not read it.</summary>
    private static bool IsAccepted(EndpointState state, string version, string hash) =>
        state.Baseline is { } baseline && (baseline.ProtocolVersion, baseline.Reference.Hash) == (version, hash)
        && baseline.Reference.AcceptedBy is not (null or BaselineReference.ByPolicy)
        && !(state.Deep?.HardSince > baseline.Reference.At);

    /// <summary>Whether the catalogue of a probe holds what the policy asks for, and nobody has accepted it as it is.</summary>
    internal static bool IsSuspicious(Judging judging, string version, string hash, ProbeResult result) =>
        Relevant(judging.Policy.Suspicious, result.Findings).Count > 0 && !IsAccepted(judging.State, version, hash);

    private static IReadOnlyList<Finding> Relevant(SuspicionAlert policy, IReadOnlyList<Finding> findings) =>
        findings.Count == 0
            ? findings
            : [.. findings.Where(finding => finding.Level is FindingLevel.Hard || policy is SuspicionAlert.Soft && !finding.IsInterop)];

    private static string SetOf(IReadOnlyList<Finding> findings)
    {
        var keys = findings.Select(finding => $"{finding.Rule}\n{finding.Tool}\n{finding.Path}").Order(StringComparer.Ordinal);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', keys))));
    }

    private static string SummaryOf(IReadOnlyList<Finding> found) => found.Count == 1
        ? $"The catalogue holds suspicious text: {found[0].Message}"
        : $"The catalogue holds suspicious text in {found.Count} places: {found[0].Message}";
}
