using System.Globalization;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Gate;

/// <summary>One probe's result as checks: each says what it saw, or why it was not reached.</summary>
public static class ProbeChecks
{
    public const string HandshakeName = "handshake";
    public const string ProtocolName = "protocol";
    public const string CatalogName = "catalog";
    public const string ConditionsName = "conditions";
    public const string SmokeName = "smoke";
    public const string CertificateName = "certificate";

    // A condition with a check of its own.
    private const string ExpectedProtocol = "expected-protocol";

    /// <summary>The checks of a probe without a baseline.</summary>
    /// <param name="strict">Whether being outside a latency or certificate budget fails.</param>
    public static IReadOnlyList<GateCheck> Of(Endpoint endpoint, ProbeResult result, bool strict) =>
    [
        Handshake(result),
        Protocol(result),
        Catalog(result),
        Conditions(result, strict),
        result.Catalog is null ? NotReached("findings", result) : DriftJudge.Findings(result.Findings, []),
        Smoke(endpoint, result),
        Certificate(result, strict),
    ];

    public static GateCheck Handshake(ProbeResult result)
    {
        var timings = result.Timings;
        var ms = (timings.DnsMs ?? 0) + (timings.ConnectMs ?? 0) + (timings.TlsMs ?? 0) + (timings.HandshakeMs ?? 0);
        if (FailedAt(result) is HandshakeName)
            return Failed(HandshakeName, result.Failure!).Taking(timings.TotalMs);

        var server = result.Server is { } identity ? $", {ForeignText.Brief($"{identity.Name ?? "(no name)"} {identity.Version}")}" : "";
        return GateCheck.Passed(HandshakeName, Text(
            $"{WireNames.Of(result.Era!.Value)} era over {WireNames.Of(result.Transport!.Value)} in {timings.HandshakeMs ?? 0:0.0} ms{server}")).Taking(ms);
    }

    /// <summary>The negotiated version against an expectation of the user's own; the gate adds the baseline's.</summary>
    public static GateCheck Protocol(ProbeResult result)
    {
        if (FailedAt(result) is ProtocolName)
            return Failed(ProtocolName, result.Failure!);
        return result.ProtocolVersion is not { } version ? NotReached(ProtocolName, result)
            : GateCheck.Passed(ProtocolName, result.Conditions.Any(condition => condition.Name == ExpectedProtocol) ? $"{version}, as expected" : version);
    }

    public static GateCheck Catalog(ProbeResult result)
    {
        if (FailedAt(result) is CatalogName)
            return Failed(CatalogName, result.Failure!).Taking(result.Timings.CatalogMs ?? 0);
        return result.Catalog is not { } catalog ? NotReached(CatalogName, result)
            : GateCheck.Passed(CatalogName, Text(
                $"{Count(catalog.Tools, "tool")} on {Count(catalog.Pages, "page")} in {result.Timings.CatalogMs ?? 0:0.0} ms, {catalog.Hash}")).Taking(result.Timings.CatalogMs ?? 0);
    }

    /// <param name="strict">Whether what only degrades fails.</param>
    /// <param name="usable">Whether tools that official clients cannot list fail, strict or not.</param>
    public static GateCheck Conditions(ProbeResult result, bool strict, bool usable = false)
    {
        var conditions = result.Conditions.Where(condition => condition.Name is not (ExpectedProtocol or ConditionResult.CertificateDays or SmokeName)).ToList();
        var failed = conditions.Where(condition => !condition.Passed).ToList();
        var details = string.Join(" ", failed.Select(condition => $"{condition.Name}: {ForeignText.OneLine(condition.Detail ?? "")}"));
        if (failed.Count == 0 && FailedAt(result) is ConditionsName)
            return Failed(ConditionsName, result.Failure!);
        if (failed.Count > 0)
        {
            // Outside a budget it still works.
            return !strict && result.Verdict is not Verdict.Down && failed.TrueForAll(condition => condition.OnlyDegrades && !(usable && condition.Name == ConditionResult.ToolsUsable))
                ? GateCheck.Warned(ConditionsName, details)
                : GateCheck.Failed(ConditionsName, ExitCodes.NotHealthy, details);
        }

        if (result.Catalog is null)
            return NotReached(ConditionsName, result);
        return conditions.Count == 0 ? GateCheck.Skipped(ConditionsName, "none asked for")
            : GateCheck.Passed(ConditionsName, string.Join(", ", conditions.Select(condition => condition.Name)));
    }

    public static GateCheck Smoke(Endpoint endpoint, ProbeResult result)
    {
        var ms = result.Timings.SmokeMs ?? 0;
        if (endpoint.Smoke is not { } smoke)
            return GateCheck.Skipped(SmokeName, "not asked for");
        if (FailedAt(result) is SmokeName)
            return Failed(SmokeName, result.Failure!).Taking(ms);
        if (result.Timings.SmokeMs is null)
            return NotReached(SmokeName, result);
        var said = result.Conditions.FirstOrDefault(condition => condition.Name == SmokeName)?.Detail;
        return GateCheck.Passed(SmokeName, Text(
            $"{(smoke.Tool is { } tool ? ForeignText.Brief(tool) : "a read-only tool")} answered in {ms:0.0} ms{(said is null ? "" : ": " + ForeignText.Brief(said))}")).Taking(ms);
    }

    public static GateCheck Certificate(ProbeResult result, bool strict)
    {
        if (result.Certificate is not { } certificate)
            return GateCheck.Skipped(CertificateName, result.Transport is null ? "none was seen" : "no TLS");
        if (result.Catalog is null)
            return NotReached(CertificateName, result);

        var text = string.Create(CultureInfo.InvariantCulture,
            $"{Count(certificate.DaysLeft, "day")} left, until {certificate.NotAfter:yyyy-MM-dd}, {ForeignText.Brief(certificate.Subject)}");
        return result.Conditions.FirstOrDefault(condition => condition.Name == ConditionResult.CertificateDays) switch
        {
            null => GateCheck.Skipped(CertificateName, $"not judged: {text}"),
            { Passed: true } => GateCheck.Passed(CertificateName, text),
            _ when strict => GateCheck.Failed(CertificateName, ExitCodes.NotHealthy, $"{text}: too few; renew it"),
            _ => GateCheck.Warned(CertificateName, $"{text}: too few; renew it"),
        };
    }

    /// <summary>What a later check says of a probe that did not come so far.</summary>
    public static GateCheck NotReached(string name, ProbeResult result) =>
        GateCheck.Skipped(name, FailedAt(result) is { } at ? $"not reached: the {at} check failed" : "not reached");

    /// <summary>The check that a probe's failure belongs to; null for a probe that works, inside its budgets or not.</summary>
    private static string? FailedAt(ProbeResult result) => result.Failure switch
    {
        null or { Kind: FailureKind.Budget or FailureKind.ToolsUsable } => null,
        { Kind: FailureKind.SmokeFailed } or { Phase: Phase.Smoke } => SmokeName,
        { Kind: FailureKind.ProtocolMismatch } when result.ProtocolVersion is not null => ProtocolName,
        _ when result.ProtocolVersion is null => HandshakeName,
        { Kind: FailureKind.EmptyCatalog or FailureKind.MissingTool or FailureKind.ForbiddenTool or FailureKind.ConditionFailed } => ConditionsName,
        _ => CatalogName,
    };

    private static GateCheck Failed(string name, Failure failure)
    {
        // A cancelled probe says nothing of the server; what ended the process has an exit code of its own.
        var exitCode = failure.ExitCodeOf() is var code and not ExitCodes.Ok ? code : ExitCodes.NotHealthy;
        // The message names the status, where there is one.
        return GateCheck.Failed(name, exitCode, $"{WireNames.Of(failure.Kind)}: {ForeignText.OneLine(failure.Message)}");
    }

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : Text($"{count} {noun}s");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
