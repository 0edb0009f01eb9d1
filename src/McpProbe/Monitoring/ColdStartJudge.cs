using System.Globalization;
using McpProbe.Endpoints;
using McpProbe.Model;

namespace McpProbe.Monitoring;

/// <summary>Puts the two handshakes of a cold start together, and holds the first one to its budget. Pure.</summary>
internal static class ColdStartJudge
{
    /// <summary>The name of the condition that a cold handshake is within its budget.</summary>
    public const string Condition = ConditionResult.BudgetPrefix + "cold-start";

    /// <param name="warm">The probe right after the cold one: what is recorded.</param>
    /// <param name="cold">Without the time of the warm handshake.</param>
    /// <returns>The result, degraded where the server woke too slowly; and the sample, null where the second handshake is missing.</returns>
    public static (ProbeResult Result, ColdStartSample? Sample) Judge(Endpoint endpoint, ProbeResult warm, ColdStartSample cold)
    {
        if (warm.Timings.HandshakeMs is not { } took)
            return (warm, null);
        var sample = cold with { WarmMs = took };
        if (endpoint.ColdStart?.Budget is not { } budget)
            return (warm, sample);
        var late = cold.ColdMs > budget.TotalMilliseconds;
        var detail = late ? string.Create(CultureInfo.InvariantCulture, $"The cold handshake took {cold.ColdMs:0} ms of the {budget.TotalMilliseconds:0} ms allowed.") : null;
        var judged = warm with { Conditions = [.. warm.Conditions, new ConditionResult(Condition, !late, detail)] };
        // Any other failure outranks a budget's.
        return (late && judged.Failure is null
            ? judged with
            {
                Failure = new Failure(FailureKind.Budget, Phase.Handshake, $"The server works, and wakes up too slowly: {detail} Keep an instance ready, or allow more time."),
                Verdict = Verdict.Degraded,
            }
            : judged, sample);
    }
}
