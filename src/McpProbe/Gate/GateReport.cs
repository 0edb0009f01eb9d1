using McpProbe.Drift;
using McpProbe.Model;

namespace McpProbe.Gate;

/// <summary>What the post-deploy gate says: <c>mcpprobe verify --output json</c> (docs/schema/verify.schema.json).</summary>
/// <param name="ExitCode">0 exactly when it passed.</param>
/// <param name="Checks">Every check, in the order it is shown.</param>
/// <param name="Result">The probe that the checks are about.</param>
/// <param name="Drift">From the baseline to what the probe found.</param>
public sealed record GateReport(
    bool Passed, int ExitCode, IReadOnlyList<GateCheck> Checks, ProbeResult Result, Comparison Drift)
{
    public static GateReport Of(IReadOnlyList<GateCheck> checks, ProbeResult result, Comparison drift)
    {
        var exitCode = ExitCodes.First(checks.Select(check => check.ExitCode));
        return new GateReport(exitCode == ExitCodes.Ok, exitCode, checks, result, drift);
    }
}
