using System.Globalization;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Probing.Checks;

/// <summary>Judges how long the phases took and how long the certificate lasts: outside a budget a server works, degraded.</summary>
internal static class BudgetJudge
{
    /// <returns>
    /// A result for each budget whose phase happened, and a failure of kind <c>budget</c> that names every one exceeded. Any other
    /// failure outranks it.
    /// </returns>
    public static (IReadOnlyList<ConditionResult> Results, Failure? Failure) Judge(
        Endpoint endpoint, Timings timings, CertificateInfo? certificate, long tokens = 0)
    {
        if (endpoint.Conditions.Budgets == LatencyBudgets.None && certificate is null && endpoint.Conditions.MaxTokens is null)
            return ([], null);

        var results = new List<ConditionResult>();
        var exceeded = new List<string>();
        Phase? phase = null;
        foreach (var (name, budget) in endpoint.Conditions.Budgets.Named())
        {
            if (Measured(timings, name) is not { } measured)
                continue;
            var detail = measured <= budget.TotalMilliseconds ? null : string.Create(
                CultureInfo.InvariantCulture, $"the {(name == "total" ? "whole probe" : name + " phase")} took {measured:0.##} ms of the {budget.TotalMilliseconds:0} ms allowed");
            if (detail is not null && exceeded.Count == 0 && WireNames.TryParse<Phase>(name, out var first))
                phase = first;
            Add(ConditionResult.BudgetPrefix + name, detail);
        }

        // Who accepts any certificate has said that its days do not matter.
        if (certificate is not null && endpoint is { Insecure: false, Conditions.CertificateDays: > 0 and var days })
        {
            var detail = certificate.DaysLeft >= days ? null : string.Create(
                CultureInfo.InvariantCulture, $"the {certificate.ExpiresFirst ?? "TLS certificate"} {(certificate.ExpiresFirst is null ? "" : "in the TLS chain ")}has {certificate.DaysLeft} of the {days} days left that are asked for");
            if (detail is not null && exceeded.Count == 0)
                phase = Phase.Tls;
            Add(ConditionResult.CertificateDays, detail);
        }

        if (endpoint.Conditions.MaxTokens is { } most)
        {
            var detail = tokens <= most ? null : string.Create(
                CultureInfo.InvariantCulture, $"the catalogue takes about {tokens:N0} tokens of a model's context, where {most:N0} are allowed");
            if (detail is not null && exceeded.Count == 0)
                phase = Phase.Catalog;
            Add(ConditionResult.BudgetTokens, detail);
        }

        return (results, exceeded.Count == 0 ? null : new Failure(FailureKind.Budget, phase, Message(exceeded, results)));

        void Add(string name, string? detail)
        {
            results.Add(new ConditionResult(name, detail is null, detail is null ? null : $"T{detail[1..]}."));
            if (detail is not null)
                exceeded.Add(detail);
        }
    }

    private static string Message(List<string> exceeded, List<ConditionResult> results)
    {
        var late = results.Exists(result => !result.Passed && result.Name is not (ConditionResult.CertificateDays or ConditionResult.BudgetTokens));
        var old = results.Exists(result => !result.Passed && result.Name == ConditionResult.CertificateDays);
        var remedy = (late, old) switch
        {
            (false, false) => "offer fewer tools, or describe them in fewer words.",
            (true, false) => "look at the server's load, or allow more time.",
            (false, true) => "renew it.",
            _ => "look at the server's load, and renew the certificate.",
        };
        return $"The server works, outside its budgets: {string.Join(", ", exceeded)}; {remedy}";
    }

    private static double? Measured(Timings timings, string name) => name switch
    {
        "dns" => timings.DnsMs,
        "connect" => timings.ConnectMs,
        "tls" => timings.TlsMs,
        "handshake" => timings.HandshakeMs,
        "catalog" => timings.CatalogMs,
        "smoke" => timings.SmokeMs,
        _ => timings.TotalMs,
    };
}
