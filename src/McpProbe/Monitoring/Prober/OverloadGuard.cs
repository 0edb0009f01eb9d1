using System.Globalization;
using McpProbe.Endpoints;
using McpProbe.Model;

namespace McpProbe.Monitoring.Prober;

/// <summary>
/// Keeps the prober's own slowness from becoming an outage: where the process stood still during a probe, a failure says nothing of the
/// server, and its verdict becomes <see cref="Verdict.Unknown"/>; what worked did work, but its times say nothing.
/// </summary>
/// <param name="counted">Told of every probe during which the process stood still.</param>
public sealed class OverloadGuard(StandstillWatch watch, Action counted)
{
    /// <summary>So much of the timeout, and at least this long, is what a server may not be blamed for.</summary>
    private const int PartOfTimeout = 4;

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(500);

    /// <summary>The beginning of a probe, for <see cref="Check"/>.</summary>
    public TimeSpan Begin() => watch.Now;

    /// <summary>A fresh result as it is to be recorded: itself, or <c>prober-overloaded</c> in place of its failure.</summary>
    public ProbeResult Check(Endpoint endpoint, TimeSpan begun, ProbeResult result)
    {
        var stood = watch.StoodStill(begun);
        if (stood < LimitOf(endpoint) || result.Failure is { Kind: FailureKind.Cancelled })
            return result;

        counted();
        var seconds = stood.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        if (result.Verdict is not Verdict.Down)
            return WithoutTimes(result, seconds);
        var failure = new Failure(FailureKind.ProberOverloaded, result.Failure?.Phase,
            $"The prober itself stood still for {seconds} s during this probe, so nothing can be said of the server; give its machine more processor "
            + $"time or memory, or it fewer probes at once. What the probe found: {result.Failure?.Message}");
        return result with { Failure = failure, Verdict = failure.VerdictOf(), Cold = true };
    }

    /// <summary>Whether the process stood still for so long that a silence is no matter of the server's.</summary>
    public bool StoodStill(Endpoint endpoint, TimeSpan begun) => watch.StoodStill(begun) >= LimitOf(endpoint);

    private static TimeSpan LimitOf(Endpoint endpoint) => endpoint.Timeout / PartOfTimeout is var limit && limit > Least ? limit : Least;

    private static ProbeResult WithoutTimes(ProbeResult result, string seconds)
    {
        // Cold: its times stay out of baselines and percentiles.
        result = result with { Cold = true };
        if (!result.Conditions.Any(IsLate))
            return result;
        var conditions = result.Conditions
            .Select(condition => IsLate(condition)
                ? condition with { Passed = true, Detail = $"Not judged: the prober itself stood still for {seconds} s during this probe." }
                : condition)
            .ToList();
        result = result with { Conditions = conditions };
        // Any other failure outranks a budget's.
        if (result.Failure is not { Kind: FailureKind.Budget } budget)
            return result;
        return conditions.Find(condition => condition is { Passed: false, Name: ConditionResult.CertificateDays }) is { } certificate
            ? result with { Failure = budget with { Phase = Phase.Tls, Message = $"{certificate.Detail} Renew it." } }
            : result with { Failure = null, Verdict = Verdict.Healthy };
    }

    private static bool IsLate(ConditionResult condition) =>
        !condition.Passed && condition.Name.StartsWith(ConditionResult.BudgetPrefix, StringComparison.Ordinal);
}
