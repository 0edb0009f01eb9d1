using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Authorization;
using McpProbe.Probing.Cards;
using McpProbe.Probing.Checks;
using McpProbe.Probing.Deep;
using McpProbe.Probing.OAuth;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Probing;

/// <summary>
/// Looks at a server beyond what a probe asks: once a day, or when somebody wants to know (<c>check --deep</c>). One check after the
/// other, each within the endpoint's timeout; a stranger's server is left alone.
/// </summary>
public sealed class DeepProber(ProberOptions options, TimeProvider time)
{
    /// <summary>All that there is to look at. A feature that needs extra requests adds its check here.</summary>
    private static readonly IReadOnlyList<DeepCheck> Checks =
    [
        .. SpecificationChecks.All,
        CardCheck.Instance,
        AuthorizationCheck.Instance,
    ];

    private readonly Credentials _credentials = new();

    /// <summary>Whether there is anything to ask such a server.</summary>
    public static bool AppliesTo(Endpoint endpoint) => endpoint is { Url: not null, Deep: true, IsStrangers: false, Paused: false };

    /// <summary>Whether the server answered, in whatever way: otherwise there is nothing to look at.</summary>
    public static bool CanLook(ProbeResult result) =>
        result.Verdict is Verdict.Healthy or Verdict.Degraded or Verdict.Gated || (result is { Verdict: Verdict.Down, Failure.HttpStatus: not null });

    /// <summary>A result with what was found beyond it, which the condition <c>specification</c> then looks at too.</summary>
    public static ProbeResult Join(Endpoint endpoint, ProbeResult result, IReadOnlyList<Finding> findings)
    {
        if (findings.Count == 0)
            return result;
        result = result with { Specification = [.. result.Specification ?? [], .. findings] };
        if (endpoint.Conditions.Specification is not { } least || result.Verdict is not (Verdict.Healthy or Verdict.Degraded))
            return result;
        var (condition, failure) = ConditionJudge.JudgeSpecification(least, result.Specification);
        return failure is null ? result : result with
        {
            Verdict = Verdict.Down,
            Failure = failure,
            Conditions = [.. result.Conditions.Where(each => each.Name != condition.Name), condition],
        };
    }

    /// <param name="result">What a probe just found; one that could not reach the server leaves nothing to look at.</param>
    public Task<DeepLook> LookAsync(Endpoint endpoint, ProbeResult result, CancellationToken cancellationToken) =>
        LookAsync(endpoint, result, Checks, cancellationToken);

    internal async Task<DeepLook> LookAsync(
        Endpoint endpoint, ProbeResult result, IReadOnlyList<DeepCheck> checks, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        var unfinished = new List<string>();
        if (AppliesTo(endpoint) && CanLook(result))
        {
            foreach (var check in checks)
                await LookAsync(check, endpoint, result, findings, unfinished, cancellationToken);
            if (endpoint.Clients.Count > 0)
            {
                var compared = await ClientComparison.CompareAsync(endpoint, result, options, time, cancellationToken);
                // First what is hard: a list that is cut must not lose it.
                findings.InsertRange(0, compared.Findings.OrderByDescending(finding => finding.Level));
                unfinished.AddRange(compared.Unfinished);
            }
        }

        return new DeepLook(time.GetUtcNow(), [.. findings.Take(DeepLook.Most)]) { Unfinished = unfinished.Count == 0 ? null : unfinished };
    }

    private async Task LookAsync(
        DeepCheck check, Endpoint endpoint, ProbeResult result, List<Finding> findings, List<string> unfinished, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(endpoint.Timeout, time, cancellationToken);
        var run = new ProbeRun(endpoint, options, time, deadline);
        try
        {
            if (options.Refusal(endpoint) is { } refusal)
                throw new ProbeFailedException(FailureKind.Config, refusal);
            var way = await HttpWay.FindAsync(run, _credentials.Tls, _credentials.Tokens, deadline.Token);
            using var visit = new DeepVisit(run, result, way.Headers, way.Target, way.Tls) { Token = way.Sent?.Token };
            findings.AddRange(await check.LookAsync(visit, deadline.Token));
        }
        catch (ProbeFailedException failed)
        {
            unfinished.Add($"{check.Name}: {ForeignText.OneLine(failed.Failure.Message, 300)}");
        }
        catch (OperationCanceledException) when (deadline.HasExpired)
        {
            unfinished.Add($"{check.Name}: {run.Server} did not answer within {Durations.Format(endpoint.Timeout)}.");
        }
    }
}
