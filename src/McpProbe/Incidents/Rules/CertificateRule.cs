using System.Globalization;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Incidents.Rules;

/// <summary>The TLS certificate ends soon; told again at each smaller number of days that the policy names.</summary>
internal static class CertificateRule
{
    internal static void Update(Judging judging, Observation probe)
    {
        if (judging.State.Certificate is not { } watch || !probe.IsConclusive || probe.Result.Certificate is not { } certificate || !IsWatched(judging.Endpoint))
            return;
        var longer = StepOf(judging.Policy, certificate) is null ? Math.Min(watch.Longer + 1, judging.Endpoint.SuccessThreshold) : 0;
        // The slot was counted already, by another location's probe.
        if (longer < watch.Longer || (longer > watch.Longer && !(probe.Slot <= watch.Slot)))
            judging.State = judging.State with { Certificate = watch with { Longer = longer, Slot = probe.Slot } };
    }

    internal static void Reconcile(Judging judging)
    {
        var open = judging.Find(IncidentKind.Certificate);
        if (open is not null && judging.State.Certificate?.Longer >= judging.Endpoint.SuccessThreshold)
        {
            if (judging.Resolve(open, IncidentRules.CertificateRenewed))
                judging.State = judging.State with { Certificate = null };
        }
        else if (judging.Probe is { IsConclusive: true, Result.Certificate: { } certificate } && !judging.IsQuiet && IsWatched(judging.Endpoint)
            && StepOf(judging.Policy, certificate) is { } step && !(open is not null && judging.State.Certificate?.Told <= step))
        {
            var summary = SummaryOf(certificate);
            if (open is null)
                judging.Open(IncidentKind.Certificate, IncidentRules.CertificateDays(step), summary);
            else
                judging.Remind(open with { Summary = summary }, IncidentRules.CertificateDays(step), worse: true);
            judging.State = judging.State with { Certificate = new CertificateWatch(step, Longer: 0) };
        }
    }

    /// <summary>Who accepts any certificate has said that its days do not matter.</summary>
    internal static bool IsWatched(Endpoint endpoint) =>
        endpoint is { Insecure: false, Alerts.CertificateDays.Count: > 0, Url.Scheme: "https" };

    /// <summary>The smallest of the policy's numbers that the days left have come down to; null while there are more than the most.</summary>
    private static int? StepOf(AlertPolicy policy, CertificateInfo certificate)
    {
        int? step = null;
        foreach (var days in policy.CertificateDays)
        {
            if (certificate.DaysLeft <= days && !(step <= days))
                step = days;
        }

        return step;
    }

    private static string SummaryOf(CertificateInfo certificate) => string.Create(
        CultureInfo.InvariantCulture,
        $"The {(certificate.ExpiresFirst is { } first ? $"{ForeignText.Brief(first)} that the TLS certificate" : "TLS certificate")} of {ForeignText.Brief(certificate.Subject)} {(certificate.ExpiresFirst is null ? "" : "depends on ")}{(certificate.DaysLeft < 0 ? "ended" : "ends")} on {certificate.NotAfter.UtcDateTime:yyyy-MM-dd HH:mm}Z, {Days(certificate.DaysLeft)}; renew it before clients refuse it.");

    private static string Days(int left) => left switch
    {
        < 0 => $"{-left} {(left == -1 ? "day" : "days")} ago",
        0 => "within a day",
        1 => "in 1 day",
        _ => $"in {left} days",
    };
}
